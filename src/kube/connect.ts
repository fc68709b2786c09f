import type { Cluster, RawCluster } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { Access } from '../model/fleet.ts';
import { loadAccess, loadContext } from './access.ts';
import { clusterOf } from './client.ts';
import type { Environment } from './environment.ts';
import { parseKubeconfig } from './kubeconfig.ts';
import { connectRaw, type TransportOptions } from './transport.ts';

export interface ConnectOptions extends Omit<TransportOptions, 'contexts' | 'now'> {
  /** Objects per list page; default 500. */
  readonly limit?: number;
  /** Further attempts after the first, where repeating is safe; default 3. */
  readonly retries?: number;
}

/**
 * The door to a cluster. Reads the access at once and opens the connection with the first request; close it when its turn is over.
 * @throws ClusterError at once when the access cannot be used (no kubeconfig, no such context, not supported)
 */
export function connect(access: Access, environment: Environment, options: ConnectOptions = {}): Cluster {
  const { clock, contexts } = environment;
  const { limit, retries, ...transport } = options;
  const { target, endpoint } = loadAccess(access, environment);
  const raw = connectRaw(target, { ...transport, contexts, now: () => clock.now() });
  return clusterOf(raw, endpoint, {
    clock,
    connections: () => raw.connections,
    rejection: (now) => raw.rejection(now),
    ...(limit !== undefined && { limit }),
    ...(retries !== undefined && { retries }),
  });
}

/**
 * Connects with the bytes of a kubeconfig, as an agent does with what a Secret holds: its current context counts.
 * Text from a cluster may neither start a program nor name files of this machine.
 * @param files what it may name as files, by name (`tls.crt`)
 * @throws ClusterError `auth` when it cannot be used
 */
export function dialKubeconfig(
  text: string,
  environment: Environment,
  options: ConnectOptions & { readonly files?: Readonly<Record<string, string>> } = {},
): RawCluster {
  const { limit: _, retries: __, files = {}, ...transport } = options;
  const config = parseKubeconfig(text, 'the kubeconfig', undefined, files);
  if (config.currentContext === undefined) throw new ClusterError('auth', 'the kubeconfig has no current context');
  const { target } = loadContext(config, config.currentContext, environment, 'it may start no program');
  return connectRaw(target, { ...transport, contexts: environment.contexts, now: () => environment.clock.now() });
}
