import fleetSchema from '../../fleet.schema.json' with { type: 'json' };
import planSchema from '../../plan.schema.json' with { type: 'json' };
import type { Io } from './io.ts';

/** `rollcall schema`: the JSON Schema of fleet.yaml, or of the plan document. @returns the exit code */
export function schema(options: { readonly plan: boolean }, io: Io): Promise<number> {
  io.stdout.write(`${JSON.stringify(options.plan ? planSchema : fleetSchema, undefined, 2)}\n`);
  return Promise.resolve(0);
}
