import type { KubeObject, RawCluster } from '../../model/cluster.ts';
import { type Cache, startCache } from './cache.ts';
import { clientOf } from './client.ts';
import { conditionOf, microTime, timestamp, withAutomaticTaints, withConditions } from './conditions.ts';
import { approveRenewal } from './hub-approval.ts';
import { cleanUp, release } from './hub-deletion.ts';
import { deny, grant, revoke } from './hub-rights.ts';
import { type Condition, kinds, type ManagedCluster, names } from './kinds.ts';
import { type Clock, startLoop } from './loop.ts';
import type { Surroundings } from './programs.ts';

const automaticTaints = [names.unavailableTaint, names.unreachableTaint];
const accepted: Condition = {
  type: 'HubAcceptedManagedCluster',
  status: 'True',
  reason: 'HubClusterAdminAccepted',
  message: 'Accepted by hub cluster admin',
};
const denied: Condition = {
  type: 'HubAcceptedManagedCluster',
  status: 'False',
  reason: 'HubClusterAdminDenied',
  message: 'Denied by hub cluster admin',
};
const failed = (error: unknown): Condition => ({
  type: 'HubAcceptedManagedCluster',
  status: 'False',
  reason: 'Error',
  message: error instanceof Error ? error.message : 'unknown',
});
const leaseStopped: Condition = {
  type: 'ManagedClusterConditionAvailable',
  status: 'Unknown',
  reason: 'ManagedClusterLeaseUpdateStopped',
  message: 'Registration agent stopped updating its lease.',
};
const clockSynced: Condition = {
  type: 'ManagedClusterConditionClockSynced',
  status: 'True',
  reason: 'ManagedClusterClockSynced',
  message: 'The clock of the managed cluster is synced with the hub.',
};
const clockOutOfSync: Condition = {
  type: 'ManagedClusterConditionClockSynced',
  status: 'False',
  reason: 'ManagedClusterClockOutOfSync',
  message:
    'The clock of hub and agent is out of sync. This may cause the Unknown status and affect agent functionalities.',
};

/** The loop's key for what a hub has once; no cluster can have this name. */
const clusterSets = '/clustersets';
const defaultSets = [
  { name: 'default', clusterSelector: { selectorType: 'ExclusiveClusterSetLabel' } },
  { name: 'global', clusterSelector: { selectorType: 'LabelSelector', labelSelector: {} } },
].map(({ name, clusterSelector }) => ({
  apiVersion: kinds.clusterSet.apiVersion,
  kind: 'ManagedClusterSet',
  metadata: { name },
  spec: { clusterSelector },
}));

/** @returns which automatic taint a cluster carries: a fresh one counts as unreachable (facts/ocm 4.1) */
export const taintsFor = (conditions: readonly Condition[] | undefined): readonly string[] => {
  const available = conditionOf(conditions, 'ManagedClusterConditionAvailable')?.status ?? 'Unknown';
  if (available === 'True') return [];
  return [available === 'False' ? names.unavailableTaint : names.unreachableTaint];
};

/**
 * OCM's registration controller on a hub: finalizers, default cluster set, automatic taints, rights of accepted clusters, their lease
 * and what follows when it is no longer renewed, deletion, approval of renewals (facts/ocm 3.3, 3.6, 4, 5.3).
 * @param speed divides every duration: at 60 a minute's lease is a second's
 * @returns how to stop it
 */
export const startHubController = (options: {
  readonly hub: RawCluster;
  readonly clock: Clock;
  readonly speed: number;
  readonly log: Surroundings['log'];
}): (() => Promise<void>) => {
  const { clock, speed, log } = options;
  const hub = clientOf(options.hub, 'registration');
  const clusters = startCache(hub, { type: kinds.managedCluster }, clock);
  const leases = startCache(hub, { type: kinds.lease, fieldSelector: `metadata.name=${names.lease}` }, clock);
  const works = startCache(hub, { type: kinds.manifestWork }, clock);
  const addOns = startCache(hub, { type: kinds.addOn }, clock);
  const requests = startCache(hub, { type: kinds.csr, labelSelector: names.clusterLabel }, clock);
  /** ManagedClusters (by UID) whose rights are in place; a restart of the hub controller looks again. */
  const granted = new Set<string>();
  const now = (): string => timestamp(clock.now());
  const inNamespace = <T extends KubeObject>(cache: Cache<T>, name: string): readonly T[] =>
    cache.items().filter(({ metadata }) => metadata.namespace === name);

  const setConditions = (cluster: ManagedCluster, wanted: readonly Condition[]): Promise<ManagedCluster | undefined> =>
    hub.edit(
      { type: kinds.managedCluster, name: cluster.metadata.name },
      (live) => {
        const conditions = withConditions(live.status?.conditions, wanted, now());
        return conditions && { status: { conditions } };
      },
      { subresource: 'status', known: cluster },
    );

  /** Finalizers, default cluster set, automatic taints: what every ManagedCluster gets. */
  const dress = (cluster: ManagedCluster): Promise<ManagedCluster | undefined> =>
    hub.edit(
      { type: kinds.managedCluster, name: cluster.metadata.name },
      ({ metadata, spec, status }) => {
        const wanted = [names.resourceCleanup, ...(spec?.hubAcceptsClient === true ? [names.apiResourceCleanup] : [])];
        const missing = wanted.filter((name) => !metadata.finalizers?.includes(name));
        const taints = withAutomaticTaints(spec?.taints, automaticTaints, taintsFor(status?.conditions));
        const unset = (metadata.labels?.[names.clusterSetLabel] ?? '') === '';
        if (missing.length === 0 && taints === undefined && !unset) return undefined;
        return {
          metadata: {
            ...(missing.length === 0 ? {} : { finalizers: [...(metadata.finalizers ?? []), ...missing] }),
            ...(unset ? { labels: { [names.clusterSetLabel]: 'default' } } : {}),
          },
          ...(taints === undefined ? {} : { spec: { taints } }),
        };
      },
      { known: cluster },
    );

  const accept = async (cluster: ManagedCluster): Promise<void> => {
    const { name, uid = '' } = cluster.metadata;
    if (granted.has(uid)) return;
    try {
      await grant(hub, name);
      const spec = { holderIdentity: names.lease, renewTime: microTime(clock.now()) };
      const metadata = { name: names.lease, namespace: name, labels: { [names.clusterLabel]: name } };
      await hub.ensure(kinds.lease, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    } catch (error) {
      await setConditions(cluster, [failed(error)]);
      throw error;
    }
    granted.add(uid);
  };

  /** Judges the lease. @returns what it says, and when to look again, in milliseconds */
  const judgeLease = (cluster: ManagedCluster): { readonly says: readonly Condition[]; readonly again?: number } => {
    const renewed = leases.get(names.lease, cluster.metadata.name)?.spec?.renewTime;
    if (renewed === undefined) return { says: [] };
    const grace = (5_000 * (cluster.spec?.leaseDurationSeconds || 60)) / speed;
    const age = clock.now() - Date.parse(renewed);
    if (age >= grace) return { says: [leaseStopped] };
    return { says: [age > -grace ? clockSynced : clockOutOfSync], again: grace - age + 1 };
  };

  const remove = async (cluster: ManagedCluster): Promise<void> => {
    const { name, uid = '' } = cluster.metadata;
    granted.delete(uid);
    const left = inNamespace(works, name);
    await revoke(hub, name, left.length > 0);
    const remaining = [
      { type: kinds.addOn, objects: inNamespace(addOns, name) },
      { type: kinds.manifestWork, objects: left },
    ].find(({ objects }) => objects.length > 0);
    await (remaining === undefined ? release(hub, cluster) : cleanUp(hub, cluster, remaining, now()));
  };

  const reconcile = async (name: string): Promise<number | undefined> => {
    const known = clusters.get(name);
    if (known === undefined) return undefined;
    if (known.metadata.deletionTimestamp !== undefined) {
      await remove(known);
      return undefined;
    }
    const cluster = await dress(known);
    if (cluster?.spec?.hubAcceptsClient === true) {
      await accept(cluster);
      const { says, again } = judgeLease(cluster);
      await setConditions(cluster, [accepted, ...says]);
      return again;
    }
    if (cluster !== undefined && conditionOf(cluster.status?.conditions, accepted.type) !== undefined) {
      granted.delete(cluster.metadata.uid ?? '');
      await deny(hub, name, inNamespace(works, name).length > 0);
      await setConditions(cluster, [denied]);
    }
    return undefined;
  };

  const loop = startLoop({
    clock,
    onError: (key, error) => log(`hub controller ${key === clusterSets ? 'cluster sets' : key}`, error),
    async reconcile(key) {
      if (key !== clusterSets) return reconcile(key);
      for (const set of defaultSets) await hub.ensure(kinds.clusterSet, set);
      return undefined;
    },
  });
  const approvals = startLoop({
    clock,
    onError: (name, error) => log(`hub approval ${name}`, error),
    async reconcile(name) {
      const request = requests.get(name);
      const isAccepted = (cluster: string): boolean => clusters.get(cluster)?.spec?.hubAcceptsClient === true;
      if (request !== undefined) await approveRenewal(hub, request, isAccepted, now());
      return undefined;
    },
  });
  const caches = [clusters, leases, works, addOns, requests];
  // Not before everything has been read: a cluster whose works are not known yet must not be let go.
  void Promise.all(caches.map(({ ready }) => ready)).then(() => {
    const byName = ({ metadata }: ManagedCluster): void => loop.wake(metadata.name);
    clusters.subscribe(byName);
    for (const cache of [leases, works, addOns]) cache.subscribe(({ metadata }) => loop.wake(metadata.namespace ?? ''));
    requests.subscribe(({ metadata }) => approvals.wake(metadata.name));
    loop.wake(clusterSets);
    for (const cluster of clusters.items()) byName(cluster);
    for (const { metadata } of requests.items()) approvals.wake(metadata.name);
  });
  return async () => {
    await Promise.all(caches.map((cache) => cache.stop()));
    await Promise.all([loop.stop(), approvals.stop()]);
  };
};
