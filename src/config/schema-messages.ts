import type { ErrorObject } from 'ajv';
import { definitionAt, schemaAt, type SchemaPath, type SchemaProblem } from './schema-tree.ts';
import { didYouMean, list } from './words.ts';

/** What a pattern stands for, by definition or by the last key of the path. */
const shapes: Readonly<Record<string, string>> = {
  dnsLabel: 'a name of at most 63 lower case letters, digits and "-", beginning and ending with a letter or digit',
  dnsLabelOrTemplate:
    'a name of at most 63 lower case letters, digits and "-", beginning and ending with a letter or digit',
  labelKey:
    'a label key: letters, digits, "-", "_" and ".", at most 63, with an optional prefix as in acme.example/owner',
  labelValue:
    'a label value: letters, digits, "-", "_" and ".", at most 63, beginning and ending with a letter or digit',
  quantity: 'a quantity, as in 300m, 1.5 or 512Mi',
  klusterletNamespace:
    'a namespace that begins with open-cluster-management- and has at most 57 lower case letters, digits and "-"',
  ip: 'an IPv4 address',
  hostname: 'a host name',
  appliedManifestWorkEvictionGracePeriod: 'a duration, as in 90s, 60m or 1h30m',
  statusSyncInterval: 'a duration, as in 90s, 60m or 1h30m',
};

const types: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
};

/** One of ajv's errors in plain words; undefined for those that only repeat another one. */
export function describeError(error: ErrorObject, document: unknown): SchemaProblem | undefined {
  const path = parsePointer(error.instancePath, document);
  const params: Readonly<Record<string, unknown>> = error.params;
  const problem: Make = (rule, message, more = {}) => {
    const { suggestion, ...place } = more;
    const said = message.startsWith('must') ? `${subject(path)} ${message}` : message;
    return { path, rule, message: said, ...place, ...(suggestion === undefined ? {} : { suggestion }) };
  };
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const known = Object.keys(schemaAt(path)?.properties ?? {});
      return problem('unknown-key', `unknown key "${key}"`, {
        key,
        suggestion: didYouMean(key, known) ?? `known here: ${list(known)}`,
      });
    }
    case 'required':
      return problem('missing-key', `"${String(params.missingProperty)}" is missing`);
    case 'false schema':
      return unknownToMode(path, document);
    case 'type':
      return problem('wrong-type', wrongType(params.type, valueAt(document, path)));
    case 'const':
      return problem('wrong-value', `must be ${String(params.allowedValue)}`);
    case 'enum':
      return wrongChoice(params.allowedValues, valueAt(document, path), problem);
    case 'pattern':
      return wrongShape(path, error, problem);
    case 'minimum':
      return problem('wrong-value', `must be at least ${String(params.limit)}`);
    case 'maximum':
      return problem('wrong-value', `must be at most ${String(params.limit)}`);
    case 'maxLength':
      return problem('wrong-value', `must have at most ${String(params.limit)} characters`);
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return problem('wrong-value', 'must not be empty');
    case 'maxItems':
      return problem('wrong-value', `must have at most ${String(params.limit)} entries`);
    case 'if':
    case 'propertyNames':
      return undefined; // the mistake itself is another error
    default:
      return problem('wrong-value', error.message ?? 'is not valid');
  }
}

type Make = (rule: string, message: string, more?: { key?: string; suggestion?: string | undefined }) => SchemaProblem;

/** How a sentence about the value at a path begins. */
function subject(path: SchemaPath): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'string' ? last : `${String(path.at(-2) ?? '')}[${last}]`;
}

function unknownToMode(path: SchemaPath, document: unknown): SchemaProblem {
  const mode = valueAt(document, [...path.slice(0, -2), 'mode']);
  const key = String(path.at(-1));
  return {
    path: path.slice(0, -1),
    key,
    rule: 'option-of-other-mode',
    message: `"${key}" is no option of ${String(mode)}`,
  };
}

function wrongType(expected: unknown, found: unknown): string {
  const wanted = (Array.isArray(expected) ? expected : [expected])
    .filter((type) => type !== 'null')
    .map((type) => types[String(type)]);
  const isNumberOrBoolean = typeof found === 'number' || typeof found === 'boolean';
  const hint = wanted.includes('text') && isNumberOrBoolean ? `; write it in quotes: "${String(found)}"` : '';
  return `must be ${wanted.join(' or ')}, not ${nameOf(found)}${hint}`;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}

function wrongChoice(allowed: unknown, found: unknown, problem: Make): SchemaProblem {
  const choices = (Array.isArray(allowed) ? allowed : []).filter((choice) => choice !== null).map(String);
  const suggestion = typeof found === 'string' ? didYouMean(found, choices) : undefined;
  return problem('wrong-value', `must be ${choices.length === 1 ? choices[0] : `one of ${list(choices)}`}`, {
    suggestion,
  });
}

function wrongShape(path: SchemaPath, error: ErrorObject, problem: Make): SchemaProblem {
  const key = error.propertyName;
  const shape =
    shapes[key === undefined ? (definitionAt(path) ?? String(path.at(-1))) : 'labelKey'] ?? 'written otherwise';
  return key === undefined
    ? problem('wrong-value', `must be ${shape}`)
    : problem('wrong-value', `key "${key}" must be ${shape}`, { key });
}

/** The JSON pointer as a path, with numbers where the document has a list. */
function parsePointer(pointer: string, document: unknown): SchemaPath {
  const path: (string | number)[] = [];
  let value = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = valueAt(value, path.slice(-1));
  }
  return path;
}

function valueAt(document: unknown, path: SchemaPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, document);
}
