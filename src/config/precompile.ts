import standalone from 'ajv/dist/standalone/index.js';
import fleetSchema from '../../fleet.schema.json' with { type: 'json' };
import { compileSchema } from './ajv.ts';

/**
 * Source of an ES module that exports the same `validate` as validator.ts, compiled ahead: a bundle that has it in that
 * module's place needs no ajv at run time. It says `require("ajv/dist/runtime/…")`, so it must pass through the bundler.
 */
export function precompiledValidator(): string {
  const { ajv, validate } = compileSchema(fleetSchema);
  return standalone.default(ajv, validate);
}
