import type { KubeObject } from '../../model/cluster.ts';

/** An OpenAPI v3 structural schema, as a CustomResourceDefinition carries it. */
export type Structural = Readonly<Record<string, unknown>>;

type Properties = Readonly<Record<string, Structural>>;

export const text = (rules: Structural = {}): Structural => ({ type: 'string', ...rules });
export const choice = (values: readonly string[], rules: Structural = {}): Structural =>
  text({ enum: values, ...rules });
export const flag: Structural = { type: 'boolean' };
export const integer = (rules: Structural = {}): Structural => ({ type: 'integer', format: 'int32', ...rules });
export const counter: Structural = { type: 'integer', format: 'int64' };
/** RFC 3339. */
export const time: Structural = text({ format: 'date-time' });

export const object = (properties: Properties, rules: Structural = {}): Structural => ({
  type: 'object',
  properties,
  ...rules,
});
/** @param required names of fields that must be there */
export const strict = (required: readonly string[], properties: Properties): Structural =>
  object(properties, { required });
/** A map with free keys. */
export const map = (values: Structural): Structural => ({ type: 'object', additionalProperties: values });
/** A list without a list type: whoever applies it owns all of it. */
export const list = (items: Structural, rules: Structural = {}): Structural => ({ type: 'array', items, ...rules });
/** A list whose entries are told apart by `keys` and merged one by one. */
const keyed = (keys: readonly string[], items: Structural): Structural =>
  list(items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
export const quantities: Structural = map({ 'x-kubernetes-int-or-string': true });

export const name = (rules: Structural = {}): Structural =>
  text({ pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63, ...rules });
export const duration: Structural = text({ pattern: '^([0-9]+(s|m|h))+$' });

export const condition: Structural = strict(['lastTransitionTime', 'message', 'reason', 'status', 'type'], {
  lastTransitionTime: time,
  message: text({ maxLength: 32768 }),
  observedGeneration: { ...counter, minimum: 0 },
  reason: text({ minLength: 1, maxLength: 1024 }),
  status: choice(['True', 'False', 'Unknown']),
  type: text({ maxLength: 316 }),
});
/** `status.conditions` as nearly every kind has it. */
export const conditions: Structural = keyed(['type'], condition);

interface Definition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Cluster' | 'Namespaced';
  readonly shortNames?: readonly string[];
  /** Column title → JSONPath; `kubectl get` shows them. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly spec: Structural;
  /** Left out: the kind has no status subresource. */
  readonly status?: Structural;
  /** Fields that must be there, of the whole object. */
  readonly required?: readonly string[];
}

/** @returns a CustomResourceDefinition with one version */
export function definition(written: Definition): KubeObject {
  const { group, version, kind, plural, scope, shortNames, columns = {}, spec, status, required } = written;
  const schema = object(
    { apiVersion: text(), kind: text(), metadata: { type: 'object' }, spec, ...(status && { status }) },
    required ? { required } : {},
  );
  const printed = Object.entries(columns).map(([title, jsonPath]) => ({
    name: title,
    type: title === 'Age' ? 'date' : 'string',
    jsonPath,
  }));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`, ...(shortNames && { shortNames }) },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          ...(status && { subresources: { status: {} } }),
          ...(printed.length > 0 && { additionalPrinterColumns: printed }),
        },
      ],
    },
  };
}
