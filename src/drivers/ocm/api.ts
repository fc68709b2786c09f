import type { ResourceType } from '../../model/cluster.ts';

const type = (apiVersion: string, kind: string, resource: string, namespaced: boolean): ResourceType => ({
  apiVersion,
  kind,
  resource,
  namespaced,
});

/** The resource types that the OCM modes touch (facts: OCM 1.3, API groups of clusters, works, add-ons and operator). */
export const api = {
  managedCluster: type('cluster.open-cluster-management.io/v1', 'ManagedCluster', 'managedclusters', false),
  managedClusterSet: type(
    'cluster.open-cluster-management.io/v1beta2',
    'ManagedClusterSet',
    'managedclustersets',
    false,
  ),
  manifestWork: type('work.open-cluster-management.io/v1', 'ManifestWork', 'manifestworks', true),
  addOn: type('addon.open-cluster-management.io/v1alpha1', 'ManagedClusterAddOn', 'managedclusteraddons', true),
  klusterlet: type('operator.open-cluster-management.io/v1', 'Klusterlet', 'klusterlets', false),
  appliedManifestWork: type('work.open-cluster-management.io/v1', 'AppliedManifestWork', 'appliedmanifestworks', false),
  namespace: type('v1', 'Namespace', 'namespaces', false),
  secret: type('v1', 'Secret', 'secrets', true),
  serviceAccount: type('v1', 'ServiceAccount', 'serviceaccounts', true),
  deployment: type('apps/v1', 'Deployment', 'deployments', true),
  lease: type('coordination.k8s.io/v1', 'Lease', 'leases', true),
  clusterRoleBinding: type('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  signingRequest: type('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', false),
} as const;

/** Label that OCM puts on everything that belongs to one cluster. */
export const clusterNameLabel = 'open-cluster-management.io/cluster-name';
export const addOnNameLabel = 'open-cluster-management.io/addon-name';
export const clusterSetLabel = 'cluster.open-cluster-management.io/clusterset';
/** The namespace of the operators, and on the hub of the bootstrap identities: clusteradm looks for them there. */
export const operatorNamespace = 'open-cluster-management';
