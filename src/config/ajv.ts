import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { SchemaNode } from './schema-tree.ts';

/** Compiles a JSON Schema 2020-12. `code.source` keeps what a build needs to write the validator out as a module. */
export function compileSchema(schema: SchemaNode): { readonly ajv: Ajv2020; readonly validate: ValidateFunction } {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    messages: false,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  return { ajv, validate: ajv.compile(withoutAnnotations(schema)) };
}

/** Keywords that tell people something and a validator nothing; a compiled validator would carry them along. */
const annotations = new Set(['title', 'description', 'examples', 'default']);
/** Keywords whose keys are names of the document, not keywords. */
const named = new Set(['properties', '$defs']);

function withoutAnnotations(schema: SchemaNode): SchemaNode {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
      if (annotations.has(keyword)) return [];
      if (!named.has(keyword) || !isNode(value)) return [[keyword, strip(value)]];
      return [[keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strip(inner)]))]];
    }),
  );
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  return isNode(value) ? withoutAnnotations(value) : value;
}

const isNode = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
