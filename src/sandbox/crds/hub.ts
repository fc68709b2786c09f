import type { KubeObject } from '../../model/cluster.ts';
import {
  choice,
  condition,
  conditions,
  counter,
  definition,
  flag,
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

const age = { Age: '.metadata.creationTimestamp' };
const conditionStatus = (type: string): string => `.status.conditions[?(@.type=="${type}")].status`;
const orphaned = strict(['name', 'resource'], {
  group: text(),
  name: text({ minLength: 1 }),
  namespace: text(),
  resource: text(),
});

const managedCluster = definition({
  group: 'cluster.open-cluster-management.io',
  version: 'v1',
  kind: 'ManagedCluster',
  plural: 'managedclusters',
  scope: 'Cluster',
  shortNames: ['mcl', 'mcls'],
  columns: {
    'Hub Accepted': '.spec.hubAcceptsClient',
    'Managed Cluster URLs': '.spec.managedClusterClientConfigs[*].url',
    Joined: conditionStatus('ManagedClusterJoined'),
    Available: conditionStatus('ManagedClusterConditionAvailable'),
    ...age,
  },
  spec: object({
    hubAcceptsClient: flag,
    leaseDurationSeconds: integer({ default: 60 }),
    managedClusterClientConfigs: list(strict(['url'], { caBundle: text({ format: 'byte' }), url: text() })),
    taints: list(
      strict(['effect', 'key'], {
        effect: choice(['NoSelect', 'PreferNoSelect', 'NoSelectIfNew']),
        key: text({ maxLength: 316 }),
        timeAdded: { ...time, nullable: true },
        value: text({ maxLength: 1024 }),
      }),
    ),
  }),
  status: object({
    allocatable: quantities,
    capacity: quantities,
    clusterClaims: list(
      object({ name: text({ minLength: 1, maxLength: 253 }), value: text({ minLength: 1, maxLength: 1024 }) }),
    ),
    conditions,
    version: object({ kubernetes: text() }),
  }),
});

const atomic = { 'x-kubernetes-list-type': 'atomic' };
const exclusive = { selectorType: 'ExclusiveClusterSetLabel' };
const managedClusterSet = definition({
  group: 'cluster.open-cluster-management.io',
  version: 'v1beta2',
  kind: 'ManagedClusterSet',
  plural: 'managedclustersets',
  scope: 'Cluster',
  shortNames: ['mclset', 'mclsets'],
  columns: { Empty: conditionStatus('ClusterSetEmpty'), ...age },
  spec: object(
    {
      clusterSelector: object(
        {
          labelSelector: object(
            {
              matchExpressions: list(
                strict(['key', 'operator'], { key: text(), operator: text(), values: list(text(), atomic) }),
                atomic,
              ),
              matchLabels: map(text()),
            },
            { 'x-kubernetes-map-type': 'atomic' },
          ),
          selectorType: choice(['ExclusiveClusterSetLabel', 'LabelSelector'], { default: 'ExclusiveClusterSetLabel' }),
        },
        { default: exclusive, required: ['selectorType'] },
      ),
    },
    { default: { clusterSelector: exclusive } },
  ),
  // Alone of all kinds here, its conditions have no list type.
  status: object({ conditions: list(condition) }),
});

const workStatus = object({
  conditions,
  resourceStatus: object({
    manifests: list(
      strict(['conditions', 'resourceMeta'], {
        conditions,
        resourceMeta: strict(['ordinal'], {
          group: text(),
          kind: text(),
          name: text(),
          namespace: text(),
          ordinal: integer(),
          resource: text(),
          version: text(),
        }),
      }),
    ),
  }),
});
const manifestWork = definition({
  group: 'work.open-cluster-management.io',
  version: 'v1',
  kind: 'ManifestWork',
  plural: 'manifestworks',
  scope: 'Namespaced',
  spec: object({
    deleteOption: object({
      propagationPolicy: choice(['Foreground', 'Orphan', 'SelectivelyOrphan'], { default: 'Foreground' }),
      selectivelyOrphans: object({ orphaningRules: list(orphaned) }),
      ttlSecondsAfterFinished: counter,
    }),
    workload: object({
      manifests: list({
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      }),
    }),
  }),
  status: workStatus,
});

const managedClusterAddOn = definition({
  group: 'addon.open-cluster-management.io',
  version: 'v1alpha1',
  kind: 'ManagedClusterAddOn',
  plural: 'managedclusteraddons',
  scope: 'Namespaced',
  shortNames: ['mca', 'mcas'],
  columns: { Available: conditionStatus('Available'), Degraded: conditionStatus('Degraded') },
  required: ['spec'],
  spec: object({
    configs: list(
      strict(['name', 'resource'], {
        group: text({ default: '' }),
        name: text({ minLength: 1 }),
        namespace: text(),
        resource: text({ minLength: 1 }),
      }),
    ),
    installNamespace: name({ default: 'open-cluster-management-agent-addon' }),
  }),
  status: object({ conditions, namespace: text() }),
});

const clusterManager = definition({
  group: 'operator.open-cluster-management.io',
  version: 'v1',
  kind: 'ClusterManager',
  plural: 'clustermanagers',
  scope: 'Cluster',
  spec: object({
    registrationImagePullSpec: text(),
    workImagePullSpec: text(),
    registrationConfiguration: object({
      featureGates: list(
        strict(['feature'], { feature: text(), mode: choice(['Enable', 'Disable'], { default: 'Disable' }) }),
      ),
    }),
  }),
  status: object({
    conditions,
    observedGeneration: counter,
  }),
});

/** The kinds of a hub, as far as Rollcall and the actors use them. */
export const hubDefinitions: readonly KubeObject[] = [
  managedCluster,
  managedClusterSet,
  manifestWork,
  managedClusterAddOn,
  clusterManager,
];
