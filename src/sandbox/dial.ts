import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ClusterError } from '../model/errors.ts';
import type { Dial, ReadYaml } from './actors/kubeconfig.ts';
import type { SandboxCluster } from './cluster.ts';
import { anonymous, type Presented, unauthorized } from './server/authentication.ts';
import { inProcess } from './server/in-process.ts';

interface Kubeconfig {
  readonly 'current-context': string;
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string };
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: {
      readonly token?: string;
      readonly 'client-certificate-data'?: string;
      readonly 'client-key-data'?: string;
    };
  }[];
}

const decode = (data: string): string => Buffer.from(data, 'base64').toString();

/**
 * Connects to clusters of the sandbox in process, by the text of a kubeconfig: the server's URL finds the cluster, its CA must
 * be the cluster's, and every request is authenticated anew by the token or certificate, so that expiry and revocation count.
 * @throws ClusterError `unreachable`: no cluster of the sandbox has that URL; `tls`: the CA is not its own; `auth`: the
 * kubeconfig is broken
 */
export const dialer =
  (clusters: readonly SandboxCluster[], readYaml: ReadYaml): Dial =>
  async (kubeconfig) => {
    const { cluster, user } = currentContext(kubeconfig, readYaml);
    const found = clusters.find(({ url }) => url === cluster.server);
    if (!found) throw new ClusterError('unreachable', `connect ECONNREFUSED ${cluster.server}`, { retryable: true });
    const ca = decode(cluster['certificate-authority-data'] ?? '');
    if (ca.trim() !== found.authority.ca.trim())
      throw new ClusterError('tls', 'unable to verify the first certificate');
    const presented = presentedBy(user);
    const handler: Parameters<typeof inProcess>[0] = {
      async handle(request) {
        const whose = await found.authenticate(presented);
        return whose ? found.server.handle({ ...request, user: whose }) : unauthorized();
      },
    };
    return inProcess(handler, anonymous);
  };

function currentContext(text: string, readYaml: ReadYaml) {
  try {
    const config = readYaml(text) as Kubeconfig;
    const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
    const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
    const user = config.users.find(({ name }) => name === context?.user)?.user;
    if (cluster && user) return { cluster, user };
  } catch {
    // Told below: what is in a kubeconfig is nobody's to print.
  }
  throw new ClusterError('auth', 'the kubeconfig has no usable current context');
}

function presentedBy(user: Kubeconfig['users'][number]['user']): Presented {
  const { token, 'client-certificate-data': certificate, 'client-key-data': key } = user;
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  if (certificate === undefined || key === undefined) return { authorization };
  try {
    const parsed = new X509Certificate(decode(certificate));
    if (parsed.checkPrivateKey(createPrivateKey(decode(key)))) return { certificate: parsed, authorization };
  } catch {
    // As below.
  }
  throw new ClusterError('auth', 'the kubeconfig holds a client certificate without its private key');
}
