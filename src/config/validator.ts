import type { ErrorObject } from 'ajv';
import fleetSchema from '../../fleet.schema.json' with { type: 'json' };
import { compileSchema } from './ajv.ts';

/** The part of ajv's result that is used; the precompiled module that a build puts in the place of this one has it too. */
interface Validator {
  (value: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

/** Checks a document against fleet.schema.json; `errors` afterwards holds what is wrong. */
export const validate: Validator = compileSchema(fleetSchema).validate;
