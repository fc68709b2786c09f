/** The fleet as resolved from fleet.yaml: defaults, groups and templates are already applied. */

export const modes = ['ocm-default', 'ocm-singleton'] as const;
export type Mode = (typeof modes)[number];

export const hubTypes = ['ocm'] as const;
export type HubType = (typeof hubTypes)[number];

/** Where something was written: shown in messages and in the plan. Lines and columns count from 1. */
export interface Source {
  /** As the user named it, relative to the working folder where possible. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** How Rollcall reaches a cluster. Paths are absolute. */
export type Access =
  | {
      readonly via: 'kubeconfig';
      readonly kubeconfig?: string;
      readonly context: string;
      readonly insideFleetFolder: boolean;
    }
  | { readonly via: 'in-cluster' }
  | { readonly via: 'server'; readonly server: string; readonly caFile?: string; readonly tokenFile: string };

/** How other clusters reach a cluster. What is left out comes from the access; `lookup` takes it from kube-public/cluster-info. */
export interface Endpoint {
  readonly server?: string;
  /** PEM text, read from `caFile` by `config/`. */
  readonly ca?: string;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly lookup?: 'cluster-info';
}

export interface Hub {
  readonly name: string;
  readonly type: HubType;
  readonly access: Access;
  readonly endpoint?: Endpoint;
  readonly source: Source;
}

export interface Member {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly access: Access;
  readonly endpoint?: Endpoint;
  readonly source: Source;
}

export interface FeatureGate {
  readonly feature: string;
  readonly mode: 'Enable' | 'Disable';
}

/** Options of the OCM modes. Names follow the Klusterlet and ManagedCluster APIs; what is left out is never touched. */
export interface OcmOptions {
  /** Name on the hub; default the member's name. Pinned: a change is refused, unjoin first. */
  readonly clusterName?: string;
  readonly clusterSet?: string;
  readonly leaseDurationSeconds?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** ManagedCluster.spec.managedClusterClientConfigs. caBundle: PEM text, read from `caFile` by `config/`. */
  readonly clientConfigs?: readonly { readonly url: string; readonly caBundle?: string }[];
  /** Klusterlet object name (default `klusterlet`) and spec.namespace (default `open-cluster-management-agent`). Pinned. */
  readonly klusterletName?: string;
  readonly klusterletNamespace?: string;
  readonly resources?: {
    readonly qosClass: 'Default' | 'BestEffort' | 'ResourceRequirement';
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  readonly nodePlacement?: {
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly {
      readonly key?: string;
      readonly operator?: 'Exists' | 'Equal';
      readonly value?: string;
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      readonly tolerationSeconds?: number;
    }[];
  };
  readonly priorityClassName?: string;
  readonly externalServerURL?: string;
  readonly hubApiServerHostAlias?: { readonly ip: string; readonly hostname: string };
  readonly registrationImagePullSpec?: string;
  readonly workImagePullSpec?: string;
  readonly imagePullSpec?: string;
  readonly registrationConfiguration?: {
    readonly clientCertExpirationSeconds?: number;
    readonly featureGates?: readonly FeatureGate[];
    /** Keys get the prefix `agent.open-cluster-management.io/` when they lack it. Used by the agent at creation only. */
    readonly clusterAnnotations?: Readonly<Record<string, string>>;
    readonly kubeAPIQPS?: number;
    readonly kubeAPIBurst?: number;
    readonly bootstrapKubeConfigs?: Readonly<Record<string, unknown>>;
    readonly addOnKubeClientRegistrationDriver?: {
      readonly authType: 'csr' | 'token';
      readonly token?: { readonly expirationSeconds: number };
    };
    readonly clusterClaimConfiguration?: {
      readonly maxCustomClusterClaims: number;
      readonly reservedClusterClaimSuffixes?: readonly string[];
    };
  };
  readonly workConfiguration?: {
    readonly featureGates?: readonly FeatureGate[];
    readonly kubeAPIQPS?: number;
    readonly kubeAPIBurst?: number;
    readonly hubKubeAPIQPS?: number;
    readonly hubKubeAPIBurst?: number;
    readonly appliedManifestWorkEvictionGracePeriod?: string;
    readonly statusSyncInterval?: string;
  };
}

/** The unit of everything: one member joined to one hub in one mode. */
export interface Registration {
  /** `hub/member` */
  readonly id: string;
  readonly hub: Hub;
  readonly member: Member;
  readonly mode: Mode;
  readonly state: 'present' | 'absent';
  readonly works: 'refuse' | 'drain';
  readonly adopt: boolean;
  /** Overrides the hub's endpoint for this registration. */
  readonly hubEndpoint?: Endpoint;
  readonly options: OcmOptions;
  readonly source: Source;
}

export interface Fleet {
  readonly name: string;
  readonly hubs: readonly Hub[];
  readonly members: readonly Member[];
  readonly registrations: readonly Registration[];
}

/** The name a registration has on its hub: `options.clusterName`, or the member's name. */
export const nameOnHub = (registration: Registration): string =>
  registration.options.clusterName ?? registration.member.name;
