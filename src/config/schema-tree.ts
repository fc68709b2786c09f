import fleetSchema from '../../fleet.schema.json' with { type: 'json' };

export interface SchemaNode {
  readonly [keyword: string]: unknown;
}

export type SchemaPath = readonly (string | number)[];

/** One mistake: where, and in which words. */
export interface SchemaProblem {
  /** Path of the value in the document. */
  readonly path: SchemaPath;
  /** The key of the map at `path` that is wrong, where it is a key and not a value. */
  readonly key?: string;
  readonly rule: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** The part of the schema that describes a path, with `$ref` followed; undefined where the schema knows nothing. */
export function schemaAt(path: SchemaPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = fleetSchema;
  for (const part of path) {
    if (node === undefined) return undefined;
    const next: unknown =
      typeof part === 'number' ? node.items : (at(node.properties, part) ?? node.additionalProperties);
    node = resolveRef(next);
  }
  return node;
}

/** Name of the definition (`$defs`) that a path refers to, if it does. */
export function definitionAt(path: SchemaPath): string | undefined {
  const last = path.at(-1);
  const parent = schemaAt(path.slice(0, -1));
  if (parent === undefined || typeof last !== 'string') return undefined;
  return refName(at(parent.properties, last) ?? parent.additionalProperties);
}

/** Options of that a mode does not know, as the schema says. */
export function optionsUnknownTo(mode: string): readonly string[] {
  for (const branch of fleetSchema.$defs.registration.allOf) {
    if (branch.if.properties.mode.const === mode) return Object.keys(branch.then.properties.options.properties);
  }
  return [];
}

const isNode = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null;
const at = (node: unknown, key: string): unknown => (isNode(node) && Object.hasOwn(node, key) ? node[key] : undefined);

function refName(node: unknown): string | undefined {
  const ref = at(node, '$ref');
  return typeof ref === 'string' ? ref.replace('#/$defs/', '') : undefined;
}

function resolveRef(node: unknown): SchemaNode | undefined {
  const name = refName(node);
  const target = name === undefined ? node : at(fleetSchema.$defs, name);
  return isNode(target) ? target : undefined;
}
