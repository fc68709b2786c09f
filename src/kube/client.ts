import type { Cluster, ClusterEndpoint, RawCluster } from '../model/cluster.ts';
import { type Clock, systemClock } from './clock.ts';
import { may, namespacedTypes, served } from './discovery.ts';
import { get, list } from './reads.ts';
import { Requests } from './requests.ts';
import { watch } from './watch.ts';
import { apply, applySecret, approve, merge, remove, token } from './writes.ts';

export interface ClientOptions {
  /** Objects per list page; default 500. */
  readonly limit?: number;
  /** Further attempts after the first, where repeating is safe; default 3. */
  readonly retries?: number;
  readonly clock?: Clock;
  /** How many connections `raw` opened so far; default: none are known. */
  readonly connections?: () => number;
  /** Why the server does not want our credential, if its dates tell; `now` in milliseconds. */
  readonly rejection?: (now: number) => string | undefined;
}

/**
 * The typed cluster on top of any RawCluster.
 * @param endpoint what {@link Cluster.endpoint} says
 */
export function clusterOf(raw: RawCluster, endpoint: ClusterEndpoint, options: ClientOptions = {}): Cluster {
  const { limit = 500, retries = 3, clock = systemClock, connections = () => 0, rejection = () => undefined } = options;
  const requests = new Requests(raw, { retries, clock, rejection });
  return {
    endpoint,
    get usage() {
      return { connections: connections(), requests: { ...requests.counts } };
    },
    get: (key, facts) => get(requests, key, facts),
    list: (key, facts) => list(requests, key, limit, facts),
    served: (groupVersion) => served(requests, groupVersion),
    namespacedTypes: () => namespacedTypes(requests),
    may: (question) => may(requests, question),
    apply: (type, object, how) => apply(requests, type, object, how),
    merge: (key, patch, how) => merge(requests, key, patch, how),
    remove: (key, how) => remove(requests, key, how),
    approve: (name, how) => approve(requests, name, how),
    token: (account, how) => token(requests, account, how),
    applySecret: (secret, how) => applySecret(requests, secret, how),
    watch: (key, how) => watch(requests, key, how),
    close: () => raw.close(),
  };
}
