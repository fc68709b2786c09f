import { Ajv2020 } from 'ajv/dist/2020.js';
import planSchema from '../../plan.schema.json' with { type: 'json' };

const ajv = new Ajv2020({ allErrors: true, strict: true });
ajv.addSchema(planSchema, 'plan');

/** @returns a function from a document to what is wrong with it, by plan.schema.json */
export function definition(name: 'Plan' | 'Status' | 'Summary' | 'Validation'): (document: unknown) => unknown[] {
  const validate = ajv.getSchema(name === 'Plan' ? 'plan' : `plan#/$defs/${name}`);
  if (validate === undefined) throw new Error(`plan.schema.json has no ${name}`);
  return (document) => (validate(document) === true ? [] : (validate.errors ?? []));
}
