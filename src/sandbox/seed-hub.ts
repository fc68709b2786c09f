import type { KubeObject } from '../model/cluster.ts';
import type { Seed } from './seed.ts';

/** How members reach a hub. */
export interface HubAddress {
  readonly server: string;
  /** PEM */
  readonly ca: string;
}

const core = '/api/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const rbacVersion = 'rbac.authorization.k8s.io/v1';

const namespace = (name: string): Seed => ({
  collection: `${core}/namespaces`,
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const clusterRole = (name: string, rules: readonly Rule[]): Seed => ({
  collection: `${rbac}/clusterroles`,
  object: { apiVersion: rbacVersion, kind: 'ClusterRole', metadata: { name }, rules },
});

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});

const cluster = 'cluster.open-cluster-management.io';
const watch = ['get', 'list', 'watch'];

/** facts/ocm 2.5: what a bootstrap identity may do. It reads every ConfigMap of the hub. */
const bootstrapRules = [
  rule('', ['configmaps'], ['get']),
  rule('certificates.k8s.io', ['certificatesigningrequests'], ['create', ...watch]),
  rule(cluster, ['managedclusters'], ['create', ...watch]),
  rule(cluster, ['managedclustersets/join'], ['create']),
];

const registrationRules = [
  rule('coordination.k8s.io', ['leases'], [...watch, 'update']),
  rule('addon.open-cluster-management.io', ['managedclusteraddons'], watch),
  rule('addon.open-cluster-management.io', ['managedclusteraddons/status'], ['patch', 'update']),
  rule('events.k8s.io', ['events'], ['create']),
];

const workRules = [
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  rule('work.open-cluster-management.io', ['manifestworks'], [...watch, 'update', 'patch']),
  rule('work.open-cluster-management.io', ['manifestworks/status'], ['patch', 'update']),
];

const clusterSet = (name: string, clusterSelector: Readonly<Record<string, unknown>>): Seed => ({
  collection: `/apis/${cluster}/v1beta2/managedclustersets`,
  object: {
    apiVersion: `${cluster}/v1beta2`,
    kind: 'ManagedClusterSet',
    metadata: { name },
    spec: { clusterSelector },
  },
});

const condition = (type: string, status: 'True' | 'False', reason: string) => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const clusterManager: Seed = {
  collection: '/apis/operator.open-cluster-management.io/v1/clustermanagers',
  object: {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'ClusterManager',
    metadata: { name: 'cluster-manager' },
    spec: {},
  },
  status: {
    observedGeneration: 1,
    conditions: [
      condition('Applied', 'True', 'ClusterManagerApplied'),
      condition('HubRegistrationDegraded', 'False', 'RegistrationFunctional'),
      condition('HubPlacementDegraded', 'False', 'PlacementFunctional'),
      condition('ValidFeatureGates', 'True', 'FeatureGatesAllValid'),
    ],
  },
};

/** The ConfigMap in which a cluster tells how it is reached, as kubeadm writes it: a kubeconfig without users. */
function clusterInfo({ server, ca }: HubAddress): KubeObject {
  const kubeconfig = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${Buffer.from(ca).toString('base64')}`,
    `    server: ${server}`,
    '  name: ""',
    'contexts: null',
    'current-context: ""',
    'users: null',
    '',
  ].join('\n');
  const metadata = { name: 'cluster-info', namespace: 'kube-public' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { kubeconfig } };
}

/** @returns everything on a hub beside its kinds, in the order in which it can be created */
export const hubObjects = (address: HubAddress): readonly Seed[] => [
  namespace('kube-public'),
  namespace('open-cluster-management'),
  namespace('open-cluster-management-hub'),
  { collection: `${core}/namespaces/kube-public/configmaps`, object: clusterInfo(address) },
  clusterRole('open-cluster-management:bootstrap', bootstrapRules),
  clusterRole('open-cluster-management:managedcluster:registration', registrationRules),
  clusterRole('open-cluster-management:managedcluster:work', workRules),
  clusterSet('default', { selectorType: 'ExclusiveClusterSetLabel' }),
  clusterSet('global', { selectorType: 'LabelSelector', labelSelector: {} }),
  clusterManager,
];
