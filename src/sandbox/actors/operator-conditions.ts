import type { Condition, Deployment, Klusterlet } from './kinds.ts';

const registrationGates = [
  'ClusterClaim',
  'AddonManagement',
  'ClusterProperty',
  'V1beta1CSRAPICompatibility',
  'MultipleHubs',
];
const workGates = ['ExecutorValidatingCaches', 'RawFeedbackJsonString'];

const degraded = (
  type: string,
  deployments: readonly Deployment[],
  name: string,
  generation: number | undefined,
): Condition => {
  const own = deployments.find(({ metadata }) => metadata.name === name);
  const replicas = own?.spec?.replicas ?? 1;
  const missing = own === undefined || (own.status?.availableReplicas ?? 0) < replicas;
  return {
    type,
    status: missing ? 'True' : 'False',
    reason: missing ? 'UnavailablePods' : 'DeploymentsFunctional',
    message: missing
      ? `${name} has fewer available replicas than ${replicas}`
      : `deployments replicas are desired: ${replicas}`,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
};

const available = (deployments: readonly Deployment[], generation: number | undefined): Condition => {
  const empty = deployments.find(({ status }) => (status?.availableReplicas ?? 0) === 0);
  return {
    type: 'Available',
    status: empty === undefined ? 'True' : 'False',
    reason: empty === undefined ? 'KlusterletAvailable' : 'NoAvailablePods',
    message:
      empty === undefined
        ? 'deployments are available'
        : `0 of requested instances are available of deployment "${empty.metadata.namespace}" "${empty.metadata.name}"`,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
};

const gates = (klusterlet: Klusterlet): Condition => {
  const { registrationConfiguration: registration, workConfiguration: work } = klusterlet.spec ?? {};
  const unknown = [
    ...(registration?.featureGates ?? []).filter(({ feature }) => !registrationGates.includes(feature)),
    ...(work?.featureGates ?? []).filter(({ feature }) => !workGates.includes(feature)),
  ].map(({ feature }) => feature);
  return {
    type: 'ValidFeatureGates',
    status: unknown.length === 0 ? 'True' : 'False',
    reason: unknown.length === 0 ? 'FeatureGatesAllValid' : 'InvalidFeatureGatesExisting',
    message:
      unknown.length === 0
        ? 'Feature gates are all valid'
        : `There are some invalid feature gates: ${unknown.join(', ')}`,
  };
};

/**
 * What a Klusterlet says once everything is applied (facts/ocm 1.5). Deployments are all that it looks at: whether the agent reaches the
 * hub shows nowhere here.
 * @param deployments those of the Klusterlet's mode; the first registers, the last works
 */
export const klusterletConditions = (
  klusterlet: Klusterlet,
  deployments: readonly Deployment[],
): readonly Condition[] => {
  const { generation } = klusterlet.metadata;
  const registration = deployments[0]?.metadata.name ?? '';
  const work = deployments.at(-1)?.metadata.name ?? '';
  return [
    gates(klusterlet),
    { type: 'Applied', status: 'True', reason: 'KlusterletApplied', message: 'Klusterlet Component Applied' },
    available(deployments, generation),
    degraded('RegistrationDesiredDegraded', deployments, registration, generation),
    degraded('WorkDesiredDegraded', deployments, work, generation),
  ];
};
