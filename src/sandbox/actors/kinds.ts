import type { KubeObject, ResourceType } from '../../model/cluster.ts';

/** The resources that OCM's programs speak about, and the names they give things (facts/ocm 0, 1.6, 3.3). */

const type = (apiVersion: string, kind: string, resource: string, namespaced: boolean): ResourceType => ({
  apiVersion,
  kind,
  resource,
  namespaced,
});

export const kinds = {
  namespace: type('v1', 'Namespace', 'namespaces', false),
  secret: type('v1', 'Secret', 'secrets', true),
  serviceAccount: type('v1', 'ServiceAccount', 'serviceaccounts', true),
  deployment: type('apps/v1', 'Deployment', 'deployments', true),
  lease: type('coordination.k8s.io/v1', 'Lease', 'leases', true),
  csr: type('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', false),
  selfAccess: type('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', false),
  clusterRole: type('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false),
  clusterRoleBinding: type('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  roleBinding: type('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', true),
  customResource: type('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false),
  klusterlet: type('operator.open-cluster-management.io/v1', 'Klusterlet', 'klusterlets', false),
  managedCluster: type('cluster.open-cluster-management.io/v1', 'ManagedCluster', 'managedclusters', false),
  clusterSet: type('cluster.open-cluster-management.io/v1beta2', 'ManagedClusterSet', 'managedclustersets', false),
  manifestWork: type('work.open-cluster-management.io/v1', 'ManifestWork', 'manifestworks', true),
  appliedWork: type('work.open-cluster-management.io/v1', 'AppliedManifestWork', 'appliedmanifestworks', false),
  addOn: type('addon.open-cluster-management.io/v1alpha1', 'ManagedClusterAddOn', 'managedclusteraddons', true),
} as const;

export const names = {
  clusterLabel: 'open-cluster-management.io/cluster-name',
  addOnLabel: 'open-cluster-management.io/addon-name',
  clusterSetLabel: 'cluster.open-cluster-management.io/clusterset',
  createdByLabel: 'open-cluster-management.io/created-by-klusterlet',
  agentNamespaceLabel: 'operator.open-cluster-management.io/klusterlet',
  cleanupPriority: 'open-cluster-management.io/cleanup-priority',
  unavailableTaint: 'cluster.open-cluster-management.io/unavailable',
  unreachableTaint: 'cluster.open-cluster-management.io/unreachable',
  resourceCleanup: 'cluster.open-cluster-management.io/resource-cleanup',
  apiResourceCleanup: 'cluster.open-cluster-management.io/api-resource-cleanup',
  workCleanup: 'cluster.open-cluster-management.io/manifest-work-cleanup',
  appliedWorkCleanup: 'cluster.open-cluster-management.io/applied-manifest-work-cleanup',
  klusterletCleanup: 'operator.open-cluster-management.io/klusterlet-cleanup',
  bootstrapSecret: 'bootstrap-hub-kubeconfig',
  hubSecret: 'hub-kubeconfig-secret',
  lease: 'managed-cluster-lease',
  signer: 'kubernetes.io/kube-apiserver-client',
  /** Prefix of users and groups of all agents; the organization of one cluster is this and its name. */
  identity: 'system:open-cluster-management:',
  everyAgent: 'system:open-cluster-management:managed-clusters',
  addOnNamespace: 'open-cluster-management-agent-addon',
} as const;

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export type ManagedCluster = KubeObject & {
  readonly spec?: {
    readonly hubAcceptsClient?: boolean;
    readonly leaseDurationSeconds?: number;
    readonly taints?: readonly Taint[];
    readonly managedClusterClientConfigs?: readonly { readonly url: string; readonly caBundle?: string }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly version?: { readonly kubernetes?: string } };
};

export type Lease = KubeObject & { readonly spec?: { readonly renewTime?: string; readonly holderIdentity?: string } };

export type CertificateRequest = KubeObject & {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly username?: string;
    readonly usages?: readonly string[];
  };
  readonly status?: { readonly certificate?: string; readonly conditions?: readonly Condition[] };
};

export type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

export type Deployment = KubeObject & {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly args?: readonly string[] }[];
        readonly volumes?: readonly { readonly secret?: { readonly secretName?: string } }[];
      };
    };
  };
  readonly status?: { readonly availableReplicas?: number; readonly observedGeneration?: number };
};

export type Klusterlet = KubeObject & {
  readonly spec?: {
    readonly clusterName?: string;
    readonly namespace?: string;
    readonly deployOption?: { readonly mode?: string };
    readonly externalServerURLs?: readonly { readonly url: string }[];
    readonly imagePullSpec?: string;
    readonly registrationImagePullSpec?: string;
    readonly workImagePullSpec?: string;
    readonly hubApiServerHostAlias?: { readonly ip: string; readonly hostname: string };
    readonly nodePlacement?: Readonly<Record<string, unknown>>;
    readonly priorityClassName?: string;
    readonly resourceRequirement?: Readonly<Record<string, unknown>>;
    readonly registrationConfiguration?: {
      readonly clientCertExpirationSeconds?: number;
      readonly clusterAnnotations?: Readonly<Record<string, string>>;
      readonly [field: string]: unknown;
    };
    readonly workConfiguration?: Readonly<Record<string, unknown>>;
  };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
};

export interface AppliedResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly name: string;
  readonly namespace?: string;
}

export type ManifestWork = KubeObject & {
  readonly spec?: {
    readonly workload?: { readonly manifests?: readonly KubeObject[] };
    readonly deleteOption?: { readonly propagationPolicy?: string };
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
};

export type AppliedWork = KubeObject & {
  readonly spec?: { readonly agentID?: string; readonly hubHash: string; readonly manifestWorkName: string };
  readonly status?: { readonly appliedResources?: readonly AppliedResource[] };
};
