import type { RawCluster } from '../../model/cluster.ts';

/** Parses YAML or JSON; injected, because this room does not own a YAML parser. Throws on bad input. */
export type ReadYaml = (text: string) => unknown;

/** Makes a connection out of the text of a kubeconfig with everything embedded. */
export type Dial = (kubeconfig: string) => Promise<RawCluster>;

/** What the agents compare of two kubeconfigs (facts/ocm 1.7): the current context's cluster. */
export interface HubAddress {
  readonly clusterName: string;
  readonly server: string;
  readonly proxyUrl?: string;
  readonly caFile?: string;
  readonly caData?: string;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name: string; readonly context?: { readonly cluster?: string } }[];
  readonly clusters?: readonly {
    readonly name: string;
    readonly cluster?: {
      readonly server?: string;
      readonly 'proxy-url'?: string;
      readonly 'certificate-authority'?: string;
      readonly 'certificate-authority-data'?: string;
    };
  }[];
}

/** @returns where the current context of a kubeconfig leads; undefined when the text is missing or leads nowhere */
export const addressIn = (text: string | undefined, readYaml: ReadYaml): HubAddress | undefined => {
  if (text === undefined) return undefined;
  let config: Kubeconfig | undefined;
  try {
    config = readYaml(text) ?? undefined;
  } catch {
    return undefined;
  }
  const context = config?.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const entry = config?.clusters?.find(({ name }) => name === context?.cluster);
  if (entry?.cluster?.server === undefined) return undefined;
  const proxyUrl = entry.cluster['proxy-url'];
  const caFile = entry.cluster['certificate-authority'];
  const caData = entry.cluster['certificate-authority-data'];
  return {
    clusterName: entry.name,
    server: entry.cluster.server,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(caData === undefined ? {} : { caData }),
  };
};

/** @returns whether the agent would keep using a credential made for `a` when its bootstrap kubeconfig says `b` */
export const sameAddress = (a: HubAddress, b: HubAddress): boolean =>
  a.clusterName === b.clusterName &&
  a.server === b.server &&
  a.proxyUrl === b.proxyUrl &&
  a.caFile === b.caFile &&
  a.caData === b.caData;

/** A kubeconfig for `address` (JSON, which is YAML) with this user. */
export const kubeconfigFor = (address: HubAddress, user: Readonly<Record<string, string>>): string =>
  `${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: address.clusterName,
        cluster: {
          server: address.server,
          ...(address.proxyUrl === undefined ? {} : { 'proxy-url': address.proxyUrl }),
          ...(address.caFile === undefined ? {} : { 'certificate-authority': address.caFile }),
          ...(address.caData === undefined ? {} : { 'certificate-authority-data': address.caData }),
        },
      },
    ],
    users: [{ name: 'default-auth', user }],
    contexts: [
      {
        name: 'default-context',
        context: { cluster: address.clusterName, user: 'default-auth', namespace: 'configuration' },
      },
    ],
    'current-context': 'default-context',
  })}\n`;

/** @returns a dialable kubeconfig out of the data of `hub-kubeconfig-secret` (decoded): its key files embedded */
export const withEmbeddedKey = (data: Readonly<Record<string, string>>, address: HubAddress): string =>
  kubeconfigFor(address, {
    'client-certificate-data': Buffer.from(data['tls.crt'] ?? '').toString('base64'),
    'client-key-data': Buffer.from(data['tls.key'] ?? '').toString('base64'),
  });

/** @returns the values of a Secret, decoded */
export const decoded = (data: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
