import type { KubeObject } from '../../model/cluster.ts';
import type { PolicyRule } from './rbac-rules.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const group = 'rbac.authorization.k8s.io';
const bootstrapped = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

const clusterRole = (
  name: string,
  rules: readonly PolicyRule[],
  labels: Readonly<Record<string, string>> = {},
): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...bootstrapped, ...labels }, annotations },
  rules,
});

const aggregated = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...clusterRole(name, [], labels),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(name)]: 'true' } }] },
});

const binding = (name: string, groups: readonly string[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels: bootstrapped, annotations },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name },
  subjects: groups.map((subject) => ({ apiGroup: group, kind: 'Group', name: subject })),
});

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const health = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const namespaced = (verbs: readonly string[], secrets: boolean): readonly PolicyRule[] => [
  { apiGroups: [''], resources: ['configmaps', 'events', 'pods', 'serviceaccounts', 'services'], verbs },
  ...(secrets ? [{ apiGroups: [''], resources: ['secrets'], verbs: [...read, ...verbs] }] : []),
  { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale', 'replicasets'], verbs },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs },
];

/**
 * The roles and bindings that a new cluster starts with, as far as anything here needs them: the administrator's, those of
 * every authenticated user, what anybody may see, and `admin`, `edit`, `view` with their aggregation labels.
 */
export const starterRbac: readonly KubeObject[] = [
  clusterRole('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  binding('cluster-admin', ['system:masters']),
  clusterRole('system:basic-user', [
    {
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  binding('system:basic-user', ['system:authenticated']),
  clusterRole('system:discovery', [
    { nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...health], verbs: ['get'] },
  ]),
  binding('system:discovery', ['system:authenticated']),
  clusterRole('system:public-info-viewer', [{ nonResourceURLs: health, verbs: ['get'] }]),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  aggregated('admin'),
  aggregated('edit', { [aggregateTo('admin')]: 'true' }),
  aggregated('view', { [aggregateTo('edit')]: 'true' }),
  clusterRole(
    'system:aggregate-to-admin',
    [{ apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: [...read, ...write] }],
    { [aggregateTo('admin')]: 'true' },
  ),
  clusterRole('system:aggregate-to-edit', namespaced(write, true), { [aggregateTo('edit')]: 'true' }),
  clusterRole(
    'system:aggregate-to-view',
    [...namespaced(read, false), { apiGroups: [''], resources: ['namespaces'], verbs: read }],
    { [aggregateTo('view')]: 'true' },
  ),
];
