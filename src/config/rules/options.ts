import { quantityValue } from '../../model/quantity.ts';
import { type DocNode, mapAt, mapsAt } from '../document.ts';
import { numberAt, type Rule, textAt } from './rule.ts';

export const qosClass: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const resources = mapAt(options, 'resources');
    if (resources === undefined) continue;
    const chosen = textAt(resources, 'qosClass');
    const hasAmounts = ['requests', 'limits'].some((key) => (mapAt(resources, key)?.entries.size ?? 0) > 0);
    if (hasAmounts && chosen?.value !== 'ResourceRequirement') {
      say(
        { node: chosen?.node ?? resources, message: 'requests and limits need qosClass: ResourceRequirement' },
        member,
      );
    }
    if (!hasAmounts && chosen?.value === 'ResourceRequirement') {
      say({ node: chosen.node, message: 'qosClass: ResourceRequirement needs requests or limits' }, member);
    }
  }
};

export const requestAboveLimit: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const resources = mapAt(options, 'resources');
    const limits = mapAt(resources, 'limits');
    for (const [name, { node }] of mapAt(resources, 'requests')?.entries ?? []) {
      const request = quantityOf(node);
      const limit = quantityOf(limits?.entries.get(name)?.node);
      if (request?.value === undefined || limit?.value === undefined || request.value <= limit.value) continue;
      const also = [{ label: 'limit', node: limit.node }];
      say(
        { node, message: `the request of ${name} (${request.written}) is above its limit (${limit.written})`, also },
        member,
      );
    }
  }
};

/** The schema knows the shape only where nothing had to be filled in. */
export const invalidQuantity: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    for (const key of ['requests', 'limits']) {
      for (const { node } of mapAt(mapAt(options, 'resources'), key)?.entries.values() ?? []) {
        const quantity = quantityOf(node);
        if (quantity === undefined || (quantity.value !== undefined && quantity.value >= 0n)) continue;
        say({ node, message: `"${quantity.written}" is no amount; write a quantity as in 300m, 1.5 or 512Mi` }, member);
      }
    }
  }
};

function quantityOf(
  node: DocNode | undefined,
): { node: DocNode; written: string | number; value: bigint | undefined } | undefined {
  if (node?.kind !== 'scalar' || (typeof node.value !== 'string' && typeof node.value !== 'number')) return undefined;
  return { node, written: node.value, value: quantityValue(node.value) };
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const shapes = [
  { key: 'clusterName', shape: dnsLabel, is: 'a name of at most 63 lower case letters, digits and "-"' },
  { key: 'clusterSet', shape: dnsLabel, is: 'a name of at most 63 lower case letters, digits and "-"' },
  { key: 'klusterletName', shape: dnsLabel, is: 'a name of at most 63 lower case letters, digits and "-"' },
  {
    key: 'klusterletNamespace',
    shape: /^open-cluster-management-[-a-z0-9]{0,32}[a-z0-9]$/,
    is: 'a namespace that begins with open-cluster-management- and has at most 57 lower case letters, digits and "-"',
  },
];

/** Names that were filled in: the schema saw only the template. */
export const filledName: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    for (const { key, shape, is } of shapes) {
      const name = textAt(options, key);
      if (name !== undefined && !shape.test(name.value))
        say({ node: name.node, message: `${key} must be ${is}; here it is "${name.value}"` }, member);
    }
  }
};

/** An agent that is told 1 to 3599 does not start. */
export const certificateLifetime: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const seconds = numberAt(mapAt(options, 'registrationConfiguration'), 'clientCertExpirationSeconds');
    if (seconds !== undefined && seconds.value > 0 && seconds.value < 3600) {
      say({ node: seconds.node, message: 'clientCertExpirationSeconds must be 0 or at least 3600' }, member);
    }
  }
};

/** The agent takes them as one flag that it splits at commas. */
export const annotationWithComma: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    for (const [key, { node }] of mapAt(mapAt(options, 'registrationConfiguration'), 'clusterAnnotations')?.entries ??
      []) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string' || !node.value.includes(',')) continue;
      say(
        { node, message: `the value of cluster annotation ${key} must not have a comma: the agent would split it` },
        member,
      );
    }
  }
};

/** With the gate and without the Secrets the klusterlet operator fails. */
export const multipleHubs: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const configuration = mapAt(options, 'registrationConfiguration');
    const gate = mapsAt(configuration, 'featureGates').find(
      (entry) => textAt(entry, 'feature')?.value === 'MultipleHubs',
    );
    const isOn = textAt(gate, 'mode')?.value === 'Enable';
    const bootstrap = mapAt(configuration, 'bootstrapKubeConfigs');
    const hasSecrets =
      textAt(bootstrap, 'type')?.value === 'LocalSecrets' && mapAt(bootstrap, 'localSecretsConfig') !== undefined;
    if (isOn && !hasSecrets && gate !== undefined) {
      say(
        {
          node: gate,
          message: 'MultipleHubs needs bootstrapKubeConfigs with type: LocalSecrets and localSecretsConfig',
        },
        member,
      );
    }
    if (!isOn && textAt(bootstrap, 'type')?.value === 'LocalSecrets' && bootstrap !== undefined) {
      say({ node: bootstrap, message: 'bootstrapKubeConfigs needs the feature gate MultipleHubs' }, member);
    }
  }
};

export const addOnToken: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const driver = mapAt(mapAt(options, 'registrationConfiguration'), 'addOnKubeClientRegistrationDriver');
    if (driver?.entries.has('token') && textAt(driver, 'authType')?.value !== 'token') {
      say({ node: driver, key: 'token', message: 'token needs authType: token' }, member);
    }
  }
};

/** Seconds that one unit of a duration has. */
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

export const statusSyncInterval: Rule = (fleet, say) => {
  for (const { member, options } of fleet.options) {
    const interval = textAt(mapAt(options, 'workConfiguration'), 'statusSyncInterval');
    const parts = [...(interval?.value ?? '').matchAll(/(\d+)([smh])/g)];
    const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0);
    if (interval !== undefined && parts.length > 0 && (seconds < 5 || seconds > 3600)) {
      say({ node: interval.node, message: 'statusSyncInterval must be between 5s and 1h' }, member);
    }
  }
};
