import type { ReadYaml } from './actors/kubeconfig.ts';
import type { SandboxCluster } from './cluster.ts';
import { administrator } from './server/authority.ts';

/** The mark on every cluster entry of a kubeconfig that the sandbox wrote. */
const mark = 'rollcall.dev/sandbox';
const encode = (pem: string): string => Buffer.from(pem).toString('base64');

/**
 * Writes a kubeconfig with one context per cluster, each with its own administrator's certificate, the first one current.
 * @returns JSON, which every reader of kubeconfigs takes; it holds private keys
 */
export async function sandboxKubeconfig(clusters: readonly SandboxCluster[]): Promise<string> {
  const entries = await Promise.all(
    clusters.map(async ({ context: name, url, authority }) => {
      const { certificate, key } = await authority.client(administrator);
      return {
        cluster: {
          name,
          cluster: {
            server: url,
            'certificate-authority-data': encode(authority.ca),
            extensions: [{ name: mark, extension: { sandbox: true } }],
          },
        },
        user: { name, user: { 'client-certificate-data': encode(certificate), 'client-key-data': encode(key) } },
        context: { name, context: { cluster: name, user: name } },
      };
    }),
  );
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.context ?? '',
    clusters: entries.map(({ cluster }) => cluster),
    users: entries.map(({ user }) => user),
    contexts: entries.map(({ context }) => context),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

interface Kubeconfig {
  readonly clusters?: readonly {
    readonly cluster?: {
      readonly server?: string;
      readonly extensions?: readonly { readonly name?: string }[];
    };
  }[];
}

/**
 * Whether every cluster in a kubeconfig is the sandbox's own: it carries the mark, and its server is on this machine. Nothing
 * that can be read otherwise counts as such.
 * @param readYaml parses YAML; may throw
 */
export function isSandboxKubeconfig(text: string, readYaml: ReadYaml): boolean {
  try {
    const clusters = ((readYaml(text) ?? {}) as Kubeconfig).clusters ?? [];
    const own = clusters.every(({ cluster }) => {
      const marked = cluster?.extensions?.some((extension) => extension.name === mark) ?? false;
      return marked && new URL(cluster?.server ?? '').hostname === '127.0.0.1';
    });
    return own && clusters.length > 0;
  } catch {
    return false;
  }
}
