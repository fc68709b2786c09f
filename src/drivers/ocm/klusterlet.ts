import type { KubeObject } from '../../model/cluster.ts';
import type { OcmOptions } from '../../model/fleet.ts';
import type { FieldRule } from '../../model/step.ts';
import { api } from './api.ts';

const annotationPrefix = 'agent.open-cluster-management.io/';

/** Leaves out what is undefined, so that what the file does not say is never applied. */
function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

const prefixed = (annotations: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key.startsWith(annotationPrefix) ? key : `${annotationPrefix}${key}`,
      value,
    ]),
  );

/** `cpu: 0.5` is a number in YAML; the CRD takes integers and strings. */
const quantities = (amounts: Readonly<Record<string, string | number>> | undefined): object | undefined =>
  amounts && Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]));

function resourceRequirement(resources: OcmOptions['resources']): Record<string, unknown> | undefined {
  if (resources === undefined) return undefined;
  return given({
    type: resources.qosClass,
    resourceRequirements: given({ requests: quantities(resources.requests), limits: quantities(resources.limits) }),
  });
}

function registrationConfiguration(options: OcmOptions): Record<string, unknown> | undefined {
  const configuration = options.registrationConfiguration;
  if (configuration === undefined) return undefined;
  const { clusterAnnotations } = configuration;
  return given({ ...configuration, clusterAnnotations: clusterAnnotations && prefixed(clusterAnnotations) });
}

/**
 * @param mode `Default` or `Singleton`, spelled as the operator compares it (the CRD has no enum)
 * @returns the Klusterlet with the fields that the file declares and no others
 */
export function klusterlet(
  names: { klusterlet: string; cluster: string; agentNamespace: string },
  mode: 'Default' | 'Singleton',
  options: OcmOptions,
): KubeObject {
  return {
    apiVersion: api.klusterlet.apiVersion,
    kind: api.klusterlet.kind,
    metadata: { name: names.klusterlet },
    spec: given({
      clusterName: names.cluster,
      namespace: names.agentNamespace,
      deployOption: { mode },
      externalServerURLs: options.externalServerURL === undefined ? undefined : [{ url: options.externalServerURL }],
      registrationImagePullSpec: options.registrationImagePullSpec,
      workImagePullSpec: options.workImagePullSpec,
      imagePullSpec: options.imagePullSpec,
      nodePlacement: options.nodePlacement,
      priorityClassName: options.priorityClassName,
      hubApiServerHostAlias: options.hubApiServerHostAlias,
      resourceRequirement: resourceRequirement(options.resources),
      registrationConfiguration: registrationConfiguration(options),
      workConfiguration: options.workConfiguration,
    }),
  };
}

export const klusterletRules: readonly FieldRule[] = [
  {
    path: ['spec', 'clusterName'],
    rule: 'pinned',
    says: 'the Klusterlet belongs to another cluster name; unjoin that registration first',
  },
  {
    path: ['spec', 'namespace'],
    rule: 'pinned',
    says: 'the agent lives in another namespace; unjoin first, or set klusterletNamespace',
  },
  { path: ['spec', 'resourceRequirement', 'resourceRequirements'], rule: 'quantity' },
];
