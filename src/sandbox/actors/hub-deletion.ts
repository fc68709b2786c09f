import type { KubeObject, ResourceType } from '../../model/cluster.ts';
import type { Client } from './client.ts';
import { withConditions } from './conditions.ts';
import { type Condition, kinds, type ManagedCluster, names } from './kinds.ts';

/** What is left in a cluster's namespace, in the order in which it is cleaned up (facts/ocm 5.3). */
export interface Remaining {
  readonly type: ResourceType;
  readonly objects: readonly KubeObject[];
}

/** 0–100, lower goes first; missing or invalid is 0. */
const priorityOf = (object: KubeObject): number => {
  const written = object.metadata.annotations?.[names.cleanupPriority];
  const priority = written !== undefined && /^\d+$/.test(written) ? Number(written) : 0;
  return priority <= 100 ? priority : 0;
};

/** @returns the objects of the lowest priority: the next group is touched only once these are gone */
export const nextGroup = (objects: readonly KubeObject[]): readonly KubeObject[] => {
  const lowest = Math.min(...objects.map(priorityOf));
  return objects.filter((object) => priorityOf(object) === lowest);
};

/** The condition that tells how a deletion is getting on, in the words of the real program, misspelling included. */
export const remainingCondition = ({ type, objects }: Remaining): Condition => {
  const pending = objects.filter(
    ({ metadata }) => metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length > 0,
  );
  return {
    type: 'Deleting',
    status: 'False',
    reason: 'ResourceRemaining',
    message: `The resource ${type.resource} is remaning, the remaining count is ${objects.length}, the finalizer pending count is ${pending.length}`,
  };
};

/** One more step of the cleanup: asks for the next group to go and says what remains. */
export const cleanUp = async (
  hub: Client,
  cluster: ManagedCluster,
  remaining: Remaining,
  at: string,
): Promise<void> => {
  for (const { metadata } of nextGroup(remaining.objects)) {
    if (metadata.deletionTimestamp !== undefined) continue;
    await hub.remove({
      type: remaining.type,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    });
  }
  const key = { type: kinds.managedCluster, name: cluster.metadata.name };
  await hub.edit(
    key,
    (live) => {
      const conditions = withConditions(live.status?.conditions, [remainingCondition(remaining)], at);
      return conditions && { status: { conditions } };
    },
    { subresource: 'status', known: cluster },
  );
};

/** Nothing remains: OCM's finalizers go, and with them the object. Its namespace and lease stay. */
export const release = (hub: Client, cluster: ManagedCluster): Promise<ManagedCluster | undefined> => {
  const ours: readonly string[] = [names.resourceCleanup, names.apiResourceCleanup];
  return hub.edit(
    { type: kinds.managedCluster, name: cluster.metadata.name },
    ({ metadata }) => {
      const finalizers = (metadata.finalizers ?? []).filter((name) => !ours.includes(name));
      return finalizers.length === metadata.finalizers?.length ? undefined : { metadata: { finalizers } };
    },
    { known: cluster },
  );
};
