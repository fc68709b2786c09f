import type { Step, StepKind } from '../../model/step.ts';
import { approvalHandler } from './approval.ts';
import { conditionHandler } from './condition.ts';
import { credentialHandler } from './credential.ts';
import type { StepHandler } from './handler.ts';
import { objectHandler } from './object.ts';

/** Every step kind and its handler. Leaving a kind out does not compile. */
const handlers = {
  object: objectHandler,
  credential: credentialHandler,
  approval: approvalHandler,
  condition: conditionHandler,
} as const satisfies { readonly [K in StepKind]: StepHandler<Extract<Step, { kind: K }>> };

/** @returns the handler of a step, for that very step */
export function handlerOf<S extends Step>(step: S): StepHandler<S> {
  // The table is keyed by kind, which TypeScript cannot follow through a union.
  return handlers[step.kind] as unknown as StepHandler<S>;
}
