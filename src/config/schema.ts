import { describeError } from './schema-messages.ts';
import type { SchemaProblem } from './schema-tree.ts';
import { validate } from './validator.ts';

/** What is wrong with a document by fleet.schema.json; one entry per mistake, empty when nothing is. */
export function validateDocument(value: unknown): readonly SchemaProblem[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).flatMap((error) => describeError(error, value) ?? []);
}
