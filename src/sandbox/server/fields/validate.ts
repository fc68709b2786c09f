import { fieldSchema, type Schema } from './schema.ts';
import { canonicalJson, isFields } from './values.ts';

/** One thing wrong with an object, as one cause of a Status: `field` = path, `reason` = type. */
export interface Invalid {
  /** As in `spec.list[0].colour` */
  readonly path: string;
  /** kube-apiserver's words, without the path. */
  readonly message: string;
  /** `FieldValueInvalid`, `FieldValueRequired`, `FieldValueNotSupported`, … */
  readonly type: string;
}

/**
 * Checks an object against its schema; fields that are not declared are not its business (see prune).
 * @returns everything wrong, in the order of the schema; empty when the object is valid
 */
export function validate(schema: Schema | undefined, object: unknown): Invalid[] {
  return schema ? check(schema, object, '') : [];
}

function check(schema: Schema, value: unknown, path: string): Invalid[] {
  if (value === null && schema.nullable) return [];
  const mistyped = typeProblem(schema, value, path);
  if (mistyped) return [mistyped, ...checkEnum(schema, value, path)];
  if (typeof value === 'string') return [...checkEnum(schema, value, path), ...checkText(schema, value, path)];
  if (typeof value === 'number') return [...checkEnum(schema, value, path), ...checkNumber(schema, value, path)];
  if (Array.isArray(value)) return checkList(schema, value, path);
  if (!isFields(value)) return checkEnum(schema, value, path);
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
  const problems = missing.map(
    (name): Invalid => ({ path: fieldPath(path, name), message: 'Required value', type: 'FieldValueRequired' }),
  );
  for (const [name, child] of Object.entries(value)) {
    const typed = fieldSchema(schema, name);
    const childPath = fieldPath(path, name);
    if (typed && child !== undefined) problems.push(...check(typed, child, childPath));
  }
  return problems;
}

const fieldPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function typeProblem(schema: Schema, value: unknown, path: string): Invalid | undefined {
  const actual = typeOf(value);
  if (schema.intOrString) {
    return actual === 'integer' || actual === 'string' ? undefined : mistyped(path, 'integer,string', actual);
  }
  if (schema.type === undefined || actual === schema.type) return undefined;
  if (schema.type === 'number' && actual === 'integer') return undefined;
  return mistyped(path, schema.type, actual);
}

const mistyped = (path: string, wanted: string, actual: string): Invalid => ({
  path,
  message: `Invalid value: "${actual}": ${path} in body must be of type ${wanted}: "${actual}"`,
  type: 'FieldValueTypeInvalid',
});

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkEnum(schema: Schema, value: unknown, path: string): Invalid[] {
  if (!schema.enum || schema.enum.includes(value)) return [];
  const supported = schema.enum.map((entry) => JSON.stringify(entry)).join(', ');
  return [
    {
      path,
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      type: 'FieldValueNotSupported',
    },
  ];
}

function checkText(schema: Schema, value: string, path: string): Invalid[] {
  const problems: Invalid[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    problems.push({
      path,
      message: `Too long: may not be more than ${schema.maxLength} bytes`,
      type: 'FieldValueTooLong',
    });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    problems.push(invalid(path, value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    problems.push(invalid(path, value, `should match '${schema.pattern}'`));
  }
  const format = schema.format === undefined ? undefined : formats[schema.format];
  if (format && !format.test(value)) {
    problems.push({
      ...invalid(path, value, `must be of type ${schema.format}: ${JSON.stringify(value)}`),
      type: 'FieldValueTypeInvalid',
    });
  }
  return problems;
}

/** The formats that structural schemas use; others are not checked, by the server neither. */
const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
};

function checkNumber(schema: Schema, value: number, path: string): Invalid[] {
  const problems: Invalid[] = [];
  if (schema.minimum !== undefined && value < schema.minimum) {
    problems.push(invalid(path, value, `should be greater than or equal to ${schema.minimum}`));
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    problems.push(invalid(path, value, `should be less than or equal to ${schema.maximum}`));
  }
  return problems;
}

function checkList(schema: Schema, list: readonly unknown[], path: string): Invalid[] {
  const problems: Invalid[] = [];
  const { items, maxItems, minItems } = schema;
  if (maxItems !== undefined && list.length > maxItems) {
    problems.push({
      path,
      message: `Too many: ${list.length}: must have at most ${maxItems} items`,
      type: 'FieldValueTooMany',
    });
  }
  if (minItems !== undefined && list.length < minItems) {
    problems.push(invalid(path, list.length, `should have at least ${minItems} items`));
  }
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const at = `${path}[${index}]`;
    if (items) problems.push(...check(items, item, at));
    if (!schema.list) continue;
    const identity = canonicalJson(schema.list === 'map' && isFields(item) ? pick(item, schema.keys ?? []) : item);
    if (seen.has(identity))
      problems.push({ path: at, message: `Duplicate value: ${identity}`, type: 'FieldValueDuplicate' });
    seen.add(identity);
  }
  return problems;
}

const pick = (item: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, item[key]]));

const invalid = (path: string, value: unknown, rule: string): Invalid => ({
  path,
  message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${rule}`,
  type: 'FieldValueInvalid',
});
