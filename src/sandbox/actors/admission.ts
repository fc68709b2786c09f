import type { KubeObject } from '../../model/cluster.ts';
import type { Admit, AdmissionReview, Attributes, Authorize, Chance } from '../server/types.ts';
import { timestamp } from './conditions.ts';
import { type ManagedCluster, names, type Taint } from './kinds.ts';

const mutating = 'managedclustermutators.admission.cluster.open-cluster-management.io';
const validating = 'managedclustervalidators.admission.cluster.open-cluster-management.io';

type Denial = { readonly webhook: string; readonly denied: string; readonly code: number; readonly reason: string };

const badRequest = (webhook: string, denied: string): Denial => ({ webhook, denied, code: 400, reason: 'BadRequest' });
const forbidden = (denied: string): Denial => ({ webhook: validating, denied, code: 403, reason: 'Forbidden' });

const setOf = (cluster: KubeObject | undefined): string => cluster?.metadata.labels?.[names.clusterSetLabel] ?? '';

/**
 * The taint list as the mutating webhook lets it through: it alone writes `timeAdded`, and whoever sends the list must send back every
 * untouched entry with exactly the time it has (facts/ocm 3.4).
 * @returns undefined when the list is refused
 */
export const stampTaints = (
  old: readonly Taint[] | undefined,
  wanted: readonly Taint[],
  now: string,
): readonly Taint[] | undefined => {
  const stamped: Taint[] = [];
  for (const taint of wanted) {
    const had = old?.find(({ key }) => key === taint.key);
    const same = had !== undefined && had.value === taint.value && had.effect === taint.effect;
    if (old !== undefined && taint.timeAdded !== (same ? had.timeAdded : undefined)) return undefined;
    stamped.push(same ? taint : { ...taint, timeAdded: now });
  }
  return stamped;
};

const mutate = (
  review: AdmissionReview,
  cluster: ManagedCluster,
  now: string,
): { readonly object: ManagedCluster } | Denial => {
  const labels =
    setOf(cluster) === ''
      ? { ...cluster.metadata.labels, [names.clusterSetLabel]: 'default' }
      : cluster.metadata.labels;
  const before: ManagedCluster | undefined = review.old;
  const old = review.operation === 'CREATE' ? undefined : (before?.spec?.taints ?? []);
  const wanted = cluster.spec?.taints;
  const taints = wanted && stampTaints(old, wanted, now);
  if (wanted !== undefined && taints === undefined)
    return badRequest(mutating, 'It is not allowed to set TimeAdded of Taint');
  const metadata = { ...cluster.metadata, ...(labels && { labels }) };
  return { object: { ...cluster, metadata, ...(taints && { spec: { ...cluster.spec, taints } }) } };
};

/**
 * The two webhooks of OCM's hub for ManagedClusters, as one in-process hook for the sandbox's API server (facts/ocm 3.4, 13).
 * @param authorize what the webhook's SubjectAccessReviews ask
 */
export const ocmAdmission =
  (authorize: Authorize, chance: Pick<Chance, 'now'>): Admit =>
  (review, stored) => {
    const isCluster = review.group === 'cluster.open-cluster-management.io' && review.resource === 'managedclusters';
    if (!isCluster || review.subresource !== undefined || review.new === undefined) return undefined;
    const verdict = mutate(review, review.new, timestamp(chance.now()));
    if ('denied' in verdict) return verdict;
    const cluster = verdict.object;
    const before: ManagedCluster | undefined = review.old;
    const { name } = cluster.metadata;
    const may = (verb: string, group: string, resource: string, subresource: string, object: string): boolean => {
      const attributes: Attributes = { verb, group, resource, subresource, name: object };
      return authorize(stored, review.user, attributes);
    };

    const configs = cluster.spec?.managedClusterClientConfigs ?? [];
    if (configs.length > 0 && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      return badRequest(
        validating,
        `metadata.name format is not correct, the name must be a valid namespace name: ${name}`,
      );
    const odd = configs.find(({ url }) => !URL.canParse(url) || new URL(url).protocol !== 'https:');
    if (odd !== undefined) return badRequest(validating, `url "${odd.url}" is invalid in client configs`);

    if (cluster.spec?.hubAcceptsClient === true && before?.spec?.hubAcceptsClient !== true) {
      const phase = (stored.get('', 'namespaces', undefined, name)?.['status'] as { phase?: string } | undefined)
        ?.phase;
      if (!may('update', 'register.open-cluster-management.io', 'managedclusters', 'accept', name))
        return forbidden(`user "${review.user.name}" cannot update the HubAcceptsClient field`);
      if (phase === 'Terminating') return forbidden(`cluster namespace "${name}" is terminating`);
    }
    if (setOf(cluster) !== setOf(before)) {
      const group = 'cluster.open-cluster-management.io';
      const sets = [setOf(cluster), setOf(before)].filter((set) => set !== '');
      const refused = sets.find((set) => !may('create', group, 'managedclustersets', 'join', set));
      if (refused !== undefined)
        return forbidden(
          `user "${review.user.name}" cannot add/remove a ManagedCluster to/from ManagedClusterSet "${refused}"`,
        );
    }
    return verdict;
  };
