import type { KubeObject } from '../../model/cluster.ts';
import {
  choice,
  conditions,
  counter,
  definition,
  duration,
  integer,
  list,
  map,
  name,
  object,
  quantities,
  strict,
  text,
  time,
} from './definition.ts';

const gates = list(
  strict(['feature'], { feature: text(), mode: choice(['Enable', 'Disable'], { default: 'Disable' }) }),
);
const qps = integer({ default: 50 });
const burst = integer({ default: 100 });
const related = { group: text(), name: text(), namespace: text(), resource: text(), version: text() };
const identifying = ['group', 'name', 'resource', 'version'];

const registrationConfiguration = object({
  addOnKubeClientRegistrationDriver: object({
    authType: choice(['csr', 'token']),
    token: object({ expirationSeconds: counter }),
  }),
  bootstrapKubeConfigs: strict(['type'], {
    type: choice(['None', 'LocalSecrets'], { default: 'None' }),
    localSecretsConfig: strict(['kubeConfigSecrets'], {
      hubConnectionTimeoutSeconds: integer({ default: 600, minimum: 180 }),
      kubeConfigSecrets: list(strict(['name'], { name: text() })),
    }),
  }),
  clientCertExpirationSeconds: integer(),
  clusterAnnotations: map(text()),
  clusterClaimConfiguration: strict(['maxCustomClusterClaims'], {
    maxCustomClusterClaims: integer({ default: 20 }),
    reservedClusterClaimSuffixes: list(text({ minLength: 1, maxLength: 64 }), { maxItems: 10 }),
  }),
  clusterLabels: map(text()),
  featureGates: gates,
  kubeAPIBurst: burst,
  kubeAPIQPS: qps,
  registrationDriver: strict(['authType'], {
    authType: choice(['csr', 'awsirsa', 'grpc'], { default: 'csr' }),
  }),
});

const workConfiguration = object({
  appliedManifestWorkEvictionGracePeriod: duration,
  featureGates: gates,
  hubKubeAPIBurst: burst,
  hubKubeAPIQPS: qps,
  kubeAPIBurst: burst,
  kubeAPIQPS: qps,
  statusSyncInterval: duration,
});

const klusterlet = definition({
  group: 'operator.open-cluster-management.io',
  version: 'v1',
  kind: 'Klusterlet',
  plural: 'klusterlets',
  scope: 'Cluster',
  spec: object({
    clusterName: name(),
    // Any text is taken, as on a real member: an unknown mode is treated like Default.
    deployOption: object({ mode: text() }),
    externalServerURLs: list(strict(['url'], { caBundle: text({ format: 'byte' }), url: text() })),
    hubApiServerHostAlias: strict(['hostname', 'ip'], {
      hostname: text({
        pattern: '^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*$',
      }),
      ip: text({ pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}$' }),
    }),
    imagePullSpec: text(),
    namespace: text({ maxLength: 57, pattern: '^open-cluster-management-[-a-z0-9]*[a-z0-9]$' }),
    nodePlacement: object({
      nodeSelector: map(text()),
      tolerations: list(
        object({ effect: text(), key: text(), operator: text(), tolerationSeconds: counter, value: text() }),
      ),
    }),
    priorityClassName: text(),
    registrationConfiguration,
    registrationImagePullSpec: text(),
    resourceRequirement: object({
      resourceRequirements: object({ limits: quantities, requests: quantities }),
      type: choice(['Default', 'BestEffort', 'ResourceRequirement'], { default: 'Default' }),
    }),
    workConfiguration,
    workImagePullSpec: text(),
  }),
  status: object({
    conditions,
    generations: list(strict([...identifying, 'lastGeneration'], { ...related, lastGeneration: counter })),
    observedGeneration: counter,
    relatedResources: list(strict(identifying, related)),
  }),
});

const appliedManifestWork = definition({
  group: 'work.open-cluster-management.io',
  version: 'v1',
  kind: 'AppliedManifestWork',
  plural: 'appliedmanifestworks',
  scope: 'Cluster',
  spec: strict(['hubHash', 'manifestWorkName'], { agentID: text(), hubHash: text(), manifestWorkName: text() }),
  status: object({
    appliedResources: list(
      strict(
        identifying.filter((field) => field !== 'group'),
        { ...related, uid: text() },
      ),
    ),
    evictionStartTime: time,
  }),
});

const clusterClaim = definition({
  group: 'cluster.open-cluster-management.io',
  version: 'v1alpha1',
  kind: 'ClusterClaim',
  plural: 'clusterclaims',
  scope: 'Cluster',
  spec: object({ value: text({ minLength: 1, maxLength: 1024 }) }),
});

/** The kinds of a member, as far as Rollcall and the actors use them. */
export const memberDefinitions: readonly KubeObject[] = [klusterlet, appliedManifestWork, clusterClaim];
