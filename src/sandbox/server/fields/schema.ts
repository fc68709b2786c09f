import { canonicalQuantity } from './quantity.ts';
import { type Fields, isFields } from './values.ts';

/**
 * How one value of an object is typed: what may be in it, how it merges, what it must satisfy. A missing schema means
 * "untyped": maps merge key by key, lists are replaced as a whole, anything is allowed.
 */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Type of the values of a map whose keys are free. */
  readonly values?: Schema;
  readonly items?: Schema;
  /** How a list merges; left out: as a whole. */
  readonly list?: 'set' | 'map';
  /** Fields that identify an item of a `map` list. */
  readonly keys?: readonly string[];
  /** A map that merges as a whole. */
  readonly atomic?: true;
  /** Fields that are not declared are allowed and kept. */
  readonly open?: true;
  /** The server's own type always has this field, even when empty: nobody gets to own the field itself by a write. */
  readonly present?: true;
  /** The server's own type leaves this field out when it is empty. */
  readonly omitEmpty?: true;
  readonly intOrString?: true;
  readonly nullable?: true;
  /** A quantity of a built-in kind: stored in canonical form. */
  readonly quantity?: true;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'object', values: text };

/** `metadata` as every kind has it. */
export const metadataSchema: Schema = {
  type: 'object',
  present: true,
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { type: 'integer' },
    creationTimestamp: { ...text, nullable: true },
    deletionTimestamp: { ...text, nullable: true },
    deletionGracePeriodSeconds: { type: 'integer', nullable: true },
    labels: { ...texts, nullable: true, omitEmpty: true },
    annotations: { ...texts, nullable: true, omitEmpty: true },
    finalizers: { type: 'array', items: text, list: 'set', nullable: true, omitEmpty: true },
    ownerReferences: {
      type: 'array',
      list: 'map',
      keys: ['uid'],
      nullable: true,
      omitEmpty: true,
      items: {
        type: 'object',
        atomic: true,
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    managedFields: { type: 'array', nullable: true, items: { type: 'object', open: true } },
  },
};

const numberRules = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;
const types = ['object', 'array', 'string', 'integer', 'number', 'boolean'] as const;

/**
 * Reads the structural schema of one version of a CustomResourceDefinition.
 * @param openAPIV3Schema as written in the CRD
 * @returns the schema of whole objects of that version; apiVersion, kind and metadata are typed as for every kind
 */
export function schemaFromCrd(openAPIV3Schema: unknown): Schema {
  const root = fromStructural(openAPIV3Schema);
  return {
    ...root,
    type: 'object',
    properties: { ...root.properties, apiVersion: text, kind: text, metadata: metadataSchema },
  };
}

function fromStructural(written: unknown): Schema {
  if (!isFields(written)) return { open: true };
  const type = types.find((known) => known === written['type']);
  const properties = mapped(written['properties']);
  const additional = written['additionalProperties'];
  const listType = written['x-kubernetes-list-type'];
  const keys = strings(written['x-kubernetes-list-map-keys']);
  const required = strings(written['required']);
  const schema: Schema = {
    ...(type && { type }),
    ...(properties && { properties }),
    ...(isFields(additional) && { values: fromStructural(additional) }),
    ...(additional === true && { open: true }),
    ...(written['items'] !== undefined && { items: fromStructural(written['items']) }),
    ...((listType === 'set' || listType === 'map') && { list: listType }),
    ...(keys && { keys }),
    ...(written['x-kubernetes-map-type'] === 'atomic' && { atomic: true }),
    ...(written['x-kubernetes-preserve-unknown-fields'] === true && { open: true }),
    ...(written['x-kubernetes-int-or-string'] === true && { intOrString: true }),
    ...(written['nullable'] === true && { nullable: true }),
    ...(written['default'] !== undefined && { default: written['default'] }),
    ...(Array.isArray(written['enum']) && { enum: written['enum'] }),
    ...(typeof written['pattern'] === 'string' && { pattern: written['pattern'] }),
    ...(typeof written['format'] === 'string' && { format: written['format'] }),
    ...(required && { required }),
    ...numbers(written),
  };
  if (written['x-kubernetes-embedded-resource'] !== true) return schema;
  return { ...schema, properties: { ...properties, apiVersion: text, kind: text, metadata: metadataSchema } };
}

function mapped(written: unknown): Record<string, Schema> | undefined {
  if (!isFields(written)) return undefined;
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, fromStructural(value)]));
}

function strings(written: unknown): string[] | undefined {
  return Array.isArray(written) ? written.filter((entry) => typeof entry === 'string') : undefined;
}

function numbers(written: Fields): Partial<Record<(typeof numberRules)[number], number>> {
  return Object.fromEntries(
    numberRules.flatMap((rule) => (typeof written[rule] === 'number' ? [[rule, written[rule]]] : [])),
  );
}

/** @returns the schema of the field `name` of an object typed by `schema`; undefined = untyped or not declared */
export function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  return ownProperty(schema, name) ?? schema?.values;
}

/** @returns the schema of a field that is declared by name, not as a free key of a map */
export function ownProperty(schema: Schema | undefined, name: string): Schema | undefined {
  return schema?.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
}

/** @returns whether a field may be there at all */
export function isDeclared(schema: Schema | undefined, name: string): boolean {
  if (schema === undefined || schema.open || schema.values) return true;
  if (schema.type === undefined && !schema.properties) return true;
  return ownProperty(schema, name) !== undefined;
}

/**
 * Brings an object into the form in which it is stored: defaults of missing fields filled in, nulls left out where they
 * may not be, empty fields left out where the server's own type does that, quantities of built-in kinds canonical.
 * @returns the object itself when nothing changes
 */
export function withDefaults<T>(schema: Schema | undefined, object: T): T {
  return withCanonicalQuantities(schema, withMissing(schema, object));
}

function withMissing<T>(schema: Schema | undefined, object: T): T;
function withMissing(schema: Schema | undefined, object: unknown): unknown {
  if (!schema || !isFields(object)) return mapChildren(schema, object, withMissing);
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const typed = fieldSchema(schema, name);
    const nothing = value === null && typed?.type && !typed.nullable;
    if (nothing || (typed?.omitEmpty && isEmpty(value))) changes[name] = undefined;
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const missing = object[name] === undefined || name in changes;
    if (missing && property.default !== undefined) changes[name] = structuredClone(property.default);
  }
  if (Object.keys(changes).length === 0) return mapChildren(schema, object, withMissing);
  const entries = Object.entries({ ...object, ...changes }).filter(([, value]) => value !== undefined);
  return mapChildren(schema, Object.fromEntries(entries), withMissing);
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * Brings quantities of built-in kinds into canonical form (`0.5` → `500m`); custom resources keep theirs as written.
 * @returns the object itself when nothing changes
 */
export function withCanonicalQuantities<T>(schema: Schema | undefined, object: T): T;
export function withCanonicalQuantities(schema: Schema | undefined, object: unknown): unknown {
  return schema?.quantity ? canonicalQuantity(object) : mapChildren(schema, object, withCanonicalQuantities);
}

function mapChildren(
  schema: Schema | undefined,
  value: unknown,
  map: (schema: Schema | undefined, child: unknown) => unknown,
): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => map(schema.items, item));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(([name, child]) => [name, map(fieldSchema(schema, name), child)] as const);
  return entries.some(([name, child]) => child !== value[name]) ? Object.fromEntries(entries) : value;
}

/**
 * Drops fields that the schema does not declare, as the server does on create, update and patch.
 * @returns the object (itself when nothing was dropped) and the dropped paths, as in `spec.list[0].colour`
 */
export function prune<T>(schema: Schema | undefined, object: T): { object: T; dropped: string[] };
export function prune(schema: Schema | undefined, object: unknown): { object: unknown; dropped: string[] } {
  const dropped: string[] = [];
  return { object: pruned(schema, object, '', dropped), dropped };
}

function pruned(schema: Schema | undefined, value: unknown, path: string, dropped: string[]): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => pruned(schema.items, item, `${path}[${index}]`, dropped));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isFields(value)) return value;
  const kept: Record<string, unknown> = {};
  let changed = false;
  for (const [name, child] of Object.entries(value)) {
    const childPath = path === '' ? name : `${path}.${name}`;
    if (!isDeclared(schema, name)) {
      dropped.push(childPath);
      changed = true;
      continue;
    }
    kept[name] = pruned(fieldSchema(schema, name), child, childPath, dropped);
    changed ||= kept[name] !== child;
  }
  return changed ? kept : value;
}
