import type { Cluster, KubeObject, ResourceType } from '../model/cluster.ts';
import { ClusterError, exitCodes, RunError } from '../model/errors.ts';
import { fleetLabel, markerLabel } from './compare.ts';
import { valueAt } from './path.ts';
import { rollcallNamespace } from './record.ts';

const leaseType: ResourceType = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
};
const namespaceType: ResourceType = { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };
const durationSeconds = 60;

/** The lock of one fleet on the hubs that a run writes to. */
export interface Lock {
  /** @returns whether the hub's lock is still ours, by a direct read */
  held(hub: string): Promise<boolean>;
  /** Renews on every hub; called on a timer well within the lease's 60 seconds. */
  renew(): Promise<void>;
  /** Gives the lock back where that is possible; what cannot be given back ends after 60 seconds. */
  release(): Promise<void>;
}

/**
 * Takes the fleet's lock on all the hubs or on none.
 * @param holder who and from where, for the next one to read; must differ from run to run
 * @throws RunError exit 4 when another run holds one of them
 */
export async function takeLock(hubs: ReadonlyMap<string, Cluster>, fleet: string, holder: string): Promise<Lock> {
  const taken = new Map<string, Cluster>();
  const lock: Lock = {
    held: async (hub) => {
      const cluster = taken.get(hub);
      if (cluster === undefined) return false;
      const { object } = await cluster.get(keyOf(fleet));
      return object !== undefined && holderOf(object) === holder;
    },
    renew: async () => {
      await Promise.all(
        [...taken].map(async ([hub, cluster]) => {
          const { object, at } = await cluster.get(keyOf(fleet));
          if (object === undefined || holderOf(object) !== holder) taken.delete(hub);
          else await write(cluster, object, { renewTime: micro(at) }, fleet);
        }),
      );
    },
    release: async () => {
      await Promise.all(
        [...taken.values()].map(async (cluster) => {
          try {
            const { object } = await cluster.get(keyOf(fleet));
            if (object?.metadata.uid !== undefined && holderOf(object) === holder) {
              await cluster.remove(keyOf(fleet), { uid: object.metadata.uid });
            }
          } catch (error) {
            // It ends by itself, and must not hide how the run ended.
            if (!(error instanceof ClusterError)) throw error;
          }
        }),
      );
      taken.clear();
    },
  };
  try {
    // One after the other, in the same order for every run: two runs can never hold half each.
    for (const [hub, cluster] of [...hubs].toSorted(([a], [b]) => a.localeCompare(b))) {
      await takeOne(hub, cluster, fleet, holder);
      taken.set(hub, cluster);
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
}

async function takeOne(hub: string, cluster: Cluster, fleet: string, holder: string): Promise<void> {
  await cluster.apply(
    namespaceType,
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: rollcallNamespace, labels: { [markerLabel]: 'rollcall' } },
    },
    { fieldManager: 'rollcall', force: false },
  );
  const { object, at } = await cluster.get(keyOf(fleet));
  const spec = {
    holderIdentity: holder,
    acquireTime: micro(at),
    renewTime: micro(at),
    leaseDurationSeconds: durationSeconds,
  };
  try {
    if (object === undefined) {
      // A field manager per run and no force: of two applies at once the second gets a conflict.
      await cluster.apply(
        leaseType,
        {
          apiVersion: leaseType.apiVersion,
          kind: leaseType.kind,
          metadata: {
            name: keyOf(fleet).name,
            namespace: rollcallNamespace,
            labels: { [markerLabel]: 'rollcall', [fleetLabel]: fleet },
          },
          spec,
        },
        { fieldManager: `rollcall.lock.${holder.slice(-12)}`, force: false },
      );
    } else if (holderOf(object) === '' || expired(object, at)) await write(cluster, object, spec, fleet);
    else throw busy(hub, object);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.kind !== 'conflict') throw error;
    const again = await cluster.get(keyOf(fleet));
    throw busy(hub, again.object);
  }
}

const keyOf = (fleet: string) => ({ type: leaseType, namespace: rollcallNamespace, name: `fleet-${fleet}` });

const holderOf = (lease: KubeObject): string => String(valueAt(lease, ['spec', 'holderIdentity']) ?? '');

const micro = (at: string): string => new Date(at).toISOString().replace(/(\.\d{3})Z$/, '$1000Z');

const expired = (lease: KubeObject, now: string): boolean => {
  const renewed = Date.parse(String(valueAt(lease, ['spec', 'renewTime'])));
  // Both times are the hub's own: one far ahead was written by no run, and would lock everybody out until then.
  return Number.isNaN(renewed) || Math.abs(Date.parse(now) - renewed) > durationOf(lease) * 1000;
};

const durationOf = (lease: KubeObject | undefined): number =>
  Number(valueAt(lease, ['spec', 'leaseDurationSeconds']) ?? durationSeconds);

const write = (cluster: Cluster, lease: KubeObject, spec: Readonly<Record<string, unknown>>, fleet: string) =>
  cluster.merge(
    keyOf(fleet),
    { spec },
    { fieldManager: 'rollcall.lock', resourceVersion: lease.metadata.resourceVersion ?? '' },
  );

function busy(hub: string, lease: KubeObject | undefined): RunError {
  const acquired = valueAt(lease, ['spec', 'acquireTime']);
  const since = typeof acquired === 'string' ? ` since ${acquired.replace(/\.\d+Z$/, 'Z')}` : '';
  const who = lease === undefined ? 'another run' : holderOf(lease);
  return new RunError(
    exitCodes.refused,
    `hub ${hub} is locked by ${who}${since}; nothing was changed`,
    `wait for that run; a lock that is not renewed ends after ${durationOf(lease)} s`,
  );
}
