import type { Cluster } from '../model/cluster.ts';
import type { ClusterError } from '../model/errors.ts';

/** @returns a cluster that answers every call with the error that its access gave: unreadable, never absent */
export function unreachable(error: ClusterError): Cluster {
  const fail = (): Promise<never> => Promise.reject(error);
  return {
    get: fail,
    list: fail,
    served: fail,
    namespacedTypes: fail,
    may: fail,
    apply: fail,
    merge: fail,
    remove: fail,
    approve: fail,
    token: fail,
    applySecret: fail,
    watch: () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }),
    endpoint: { server: '' },
    usage: { connections: 0, requests: {} },
    close: () => Promise.resolve(),
  };
}
