import type { KubeObject, ResourceType } from '../../model/cluster.ts';

/** The resources that OCM's programs speak about, and the names they give things (facts/ocm 0, 1.6, 3.3). */

/** A resource type that knows what its objects look like. */
export interface Kind<T extends KubeObject = KubeObject> extends ResourceType {
  /** Never there: it ties the type of the objects to the resource. */
  readonly of?: T;
}

const kind = <T extends KubeObject = KubeObject>(
  apiVersion: string,
  name: string,
  resource: string,
  namespaced: boolean,
): Kind<T> => ({ apiVersion, kind: name, resource, namespaced });

export const kinds = {
  namespace: kind('v1', 'Namespace', 'namespaces', false),
  secret: kind<Secret>('v1', 'Secret', 'secrets', true),
  serviceAccount: kind('v1', 'ServiceAccount', 'serviceaccounts', true),
  deployment: kind<Deployment>('apps/v1', 'Deployment', 'deployments', true),
  lease: kind<Lease>('coordination.k8s.io/v1', 'Lease', 'leases', true),
  csr: kind<CertificateRequest>(
    'certificates.k8s.io/v1',
    'CertificateSigningRequest',
    'certificatesigningrequests',
    false,
  ),
  selfAccess: kind<AccessReview>(
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    'selfsubjectaccessreviews',
    false,
  ),
  clusterRole: kind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false),
  clusterRoleBinding: kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  roleBinding: kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', true),
  customResource: kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false),
  klusterlet: kind<Klusterlet>('operator.open-cluster-management.io/v1', 'Klusterlet', 'klusterlets', false),
  managedCluster: kind<ManagedCluster>(
    'cluster.open-cluster-management.io/v1',
    'ManagedCluster',
    'managedclusters',
    false,
  ),
  clusterSet: kind('cluster.open-cluster-management.io/v1beta2', 'ManagedClusterSet', 'managedclustersets', false),
  manifestWork: kind<ManifestWork>('work.open-cluster-management.io/v1', 'ManifestWork', 'manifestworks', true),
  appliedWork: kind<AppliedWork>(
    'work.open-cluster-management.io/v1',
    'AppliedManifestWork',
    'appliedmanifestworks',
    false,
  ),
  addOn: kind('addon.open-cluster-management.io/v1alpha1', 'ManagedClusterAddOn', 'managedclusteraddons', true),
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

export type AccessReview = KubeObject & { readonly status?: { readonly allowed?: boolean } };

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

interface FeatureGate {
  readonly feature: string;
}

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
      readonly featureGates?: readonly FeatureGate[];
      readonly [field: string]: unknown;
    };
    readonly workConfiguration?: { readonly featureGates?: readonly FeatureGate[]; readonly [field: string]: unknown };
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
