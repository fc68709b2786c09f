import type { Seed } from './seed.ts';

const home = 'open-cluster-management';
const operator = 'klusterlet';
const rbac = 'rbac.authorization.k8s.io';

/** What Helm writes on everything it installs. */
const metadata = {
  name: operator,
  labels: { app: operator, 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': operator, 'meta.helm.sh/release-namespace': home },
};
const namespaced = { ...metadata, namespace: home };

const watch = ['get', 'list', 'watch'];
const all = ['create', ...watch, 'update', 'patch', 'delete'];
const rule = (
  apiGroups: readonly string[],
  resources: readonly string[],
  verbs: readonly string[],
  resourceNames?: readonly string[],
) => ({
  apiGroups,
  resources,
  verbs,
  ...(resourceNames && { resourceNames }),
});

/** Secrets that the operator may read and change; it may create any. */
const secrets = [
  'open-cluster-management-image-pull-credentials',
  'bootstrap-hub-kubeconfig',
  'hub-kubeconfig-secret',
  'external-managed-kubeconfig',
  'external-managed-kubeconfig-work',
  'external-managed-kubeconfig-registration',
  'external-managed-kubeconfig-agent',
];

/** facts/ocm 1.3 */
const rules = [
  rule([''], ['configmaps', 'serviceaccounts', 'namespaces'], all),
  rule([''], ['secrets'], ['create']),
  rule([''], ['secrets'], [...watch, 'update', 'delete'], secrets),
  rule([''], ['pods'], ['get']),
  rule([''], ['nodes'], watch),
  rule(['', 'events.k8s.io'], ['events'], ['create', 'patch', 'update']),
  rule(['apps'], ['replicasets'], ['get']),
  rule(['apps'], ['deployments'], all),
  rule(['coordination.k8s.io'], ['leases'], ['create', ...watch, 'update', 'patch']),
  rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  rule([rbac], ['clusterrolebindings', 'rolebindings'], all),
  rule([rbac], ['clusterroles', 'roles'], [...all, 'escalate', 'bind']),
  rule(['apiextensions.k8s.io'], ['customresourcedefinitions'], all),
  rule(['operator.open-cluster-management.io'], ['klusterlets'], [...watch, 'update', 'patch', 'delete']),
  rule(['operator.open-cluster-management.io'], ['klusterlets/status'], ['update', 'patch']),
  rule(['work.open-cluster-management.io'], ['appliedmanifestworks'], ['list', 'update', 'patch']),
];

const container = {
  name: operator,
  image: 'open-cluster-management/registration-operator:v1.3.1',
  args: ['/registration-operator', 'klusterlet'],
  env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  livenessProbe: { httpGet: { path: '/healthz', port: 8443, scheme: 'HTTPS' }, initialDelaySeconds: 2 },
  readinessProbe: { httpGet: { path: '/healthz', port: 8443, scheme: 'HTTPS' }, initialDelaySeconds: 2 },
  resources: { limits: { memory: '2Gi' }, requests: { cpu: '2m', memory: '16Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  },
  volumeMounts: [{ name: 'tmpdir', mountPath: '/tmp' }],
};

const condition = (type: string, reason: string) => ({
  type,
  status: 'True',
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  lastUpdateTime: '2026-01-01T00:00:00Z',
});

const deployment: Seed = {
  collection: `/apis/apps/v1/namespaces/${home}/deployments`,
  object: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: namespaced,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: operator } },
      template: {
        metadata: { labels: { app: operator } },
        spec: { serviceAccountName: operator, containers: [container], volumes: [{ name: 'tmpdir', emptyDir: {} }] },
      },
    },
  },
  status: {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions: [
      condition('Available', 'MinimumReplicasAvailable'),
      condition('Progressing', 'NewReplicaSetAvailable'),
    ],
  },
};

/** Everything on a member beside its kinds, in the order in which it can be created. */
export const memberObjects: readonly Seed[] = [
  { collection: '/api/v1/namespaces', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } } },
  {
    collection: `/api/v1/namespaces/${home}/serviceaccounts`,
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: namespaced },
  },
  {
    collection: `/apis/${rbac}/v1/clusterroles`,
    object: { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules },
  },
  {
    collection: `/apis/${rbac}/v1/clusterrolebindings`,
    object: {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: operator },
      subjects: [{ kind: 'ServiceAccount', name: operator, namespace: home }],
    },
  },
  deployment,
];
