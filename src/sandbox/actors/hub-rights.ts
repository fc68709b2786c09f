import type { ObjectMeta } from '../../model/cluster.ts';
import type { Client, Draft } from './client.ts';
import { kinds, names } from './kinds.ts';

/** What the hub makes for an accepted cluster, and takes away again (facts/ocm 3.3, samples of the real programs). */

const rbac = 'rbac.authorization.k8s.io';
const prefix = 'open-cluster-management:managedcluster:';

const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]) => ({
  apiGroups,
  resources,
  verbs,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});

const cluster = 'cluster.open-cluster-management.io';

const sharedRoles: readonly Draft[] = [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `${prefix}registration` },
    rules: [
      rule(['coordination.k8s.io'], ['leases'], ['get', 'list', 'watch', 'update']),
      rule(['addon.open-cluster-management.io'], ['managedclusteraddons'], ['get', 'list', 'watch']),
      rule(['addon.open-cluster-management.io'], ['managedclusteraddons/status'], ['patch', 'update']),
      rule(['events.k8s.io'], ['events'], ['create']),
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `${prefix}work` },
    rules: [
      rule(['', 'events.k8s.io'], ['events'], ['create', 'patch', 'update']),
      rule(['work.open-cluster-management.io'], ['manifestworks'], ['get', 'list', 'watch', 'update', 'patch']),
      rule(['work.open-cluster-management.io'], ['manifestworks/status'], ['patch', 'update']),
    ],
  },
];

const labels = (name: string) => ({ [names.clusterLabel]: name });

/** The rights of an agent over its own ManagedCluster; `denied` leaves it only a look at it. */
const ownRole = (name: string, denied: boolean): Draft => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name: `${prefix}${name}`, labels: labels(name) },
  rules: denied
    ? [rule([cluster], ['managedclusters'], ['get', 'list', 'watch'], [name])]
    : [
        rule(['certificates.k8s.io'], ['certificatesigningrequests'], ['create', 'get', 'list', 'watch']),
        rule(['register.open-cluster-management.io'], ['managedclusters/clientcertificates'], ['renew']),
        rule([cluster], ['managedclusters'], ['get', 'list', 'update', 'watch'], [name]),
        rule([cluster], ['managedclusters/status'], ['patch', 'update'], [name]),
      ],
});

const binding = (
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  clusterName: string,
  name: string,
  role: string,
  metadata: Partial<ObjectMeta>,
): Draft => ({
  apiVersion: `${rbac}/v1`,
  kind,
  metadata: { name, labels: labels(clusterName), ...metadata },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
  subjects: [`${names.identity}${clusterName}`, `open-cluster-management:${clusterName}`].map((group) => ({
    apiGroup: rbac,
    kind: 'Group',
    name: group,
  })),
});

/** Namespace, roles and bindings, in the order the hub writes them. Throws while the namespace is Terminating. */
export const grant = async (hub: Client, name: string): Promise<void> => {
  const namespace = { namespace: name };
  for (const role of sharedRoles) await hub.ensure(kinds.clusterRole, role);
  await hub.ensure(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels(name) } });
  await restoreRole(hub, ownRole(name, false));
  const own = `${prefix}${name}`;
  await hub.ensure(kinds.clusterRoleBinding, binding('ClusterRoleBinding', name, own, own, {}));
  await hub.ensure(
    kinds.roleBinding,
    binding('RoleBinding', name, `${own}:registration`, `${prefix}registration`, namespace),
  );
  const finalizers = [names.workCleanup];
  await hub.ensure(
    kinds.roleBinding,
    binding('RoleBinding', name, `${own}:work`, `${prefix}work`, { ...namespace, finalizers }),
  );
};

const restoreRole = async (hub: Client, role: Draft): Promise<void> => {
  if (await hub.ensure(kinds.clusterRole, role)) return;
  const key = { type: kinds.clusterRole, name: role.metadata.name ?? '' };
  await hub.edit(key, (live) =>
    JSON.stringify(live['rules']) === JSON.stringify(role['rules']) ? undefined : { rules: role['rules'] },
  );
};

const roleBinding = (name: string, part: 'registration' | 'work') => ({
  type: kinds.roleBinding,
  namespace: name,
  name: `${prefix}${name}:${part}`,
});

/** Deletes both bindings; the work one stays Terminating while `works` says that there are any, so that they can be finished. */
const withdrawBindings = async (hub: Client, name: string, works: boolean): Promise<void> => {
  await hub.remove(roleBinding(name, 'registration'));
  const key = roleBinding(name, 'work');
  if ((await hub.remove(key)) && !works) await hub.edit(key, () => ({ metadata: { finalizers: null } }));
};

/** Acceptance taken back: namespace, lease and works stay. */
export const deny = async (hub: Client, name: string, works: boolean): Promise<void> => {
  await restoreRole(hub, ownRole(name, true));
  await withdrawBindings(hub, name, works);
};

/** The cluster is going: its ClusterRole and binding go at once. */
export const revoke = async (hub: Client, name: string, works: boolean): Promise<void> => {
  await hub.remove({ type: kinds.clusterRoleBinding, name: `${prefix}${name}` });
  await hub.remove({ type: kinds.clusterRole, name: `${prefix}${name}` });
  await withdrawBindings(hub, name, works);
};
