import { createHash } from 'node:crypto';
import type { HubPlan, Plan, RegistrationPlan, Unmanaged } from '../model/plan.ts';
import { canonical } from './record.ts';

/**
 * Puts a plan together. The hash covers what will be done, not who wrote a value or when.
 * @param registrations in the order of the file, orphans last
 */
export function assemblePlan(parts: {
  fleet: string;
  members: number;
  hubs: readonly HubPlan[];
  registrations: readonly RegistrationPlan[];
  unmanaged: readonly Unmanaged[];
}): Plan {
  const actions = parts.registrations.map(({ id, verdict, steps, held }) => ({
    id,
    verdict: verdict.is === 'change' ? verdict.action : verdict.is,
    held,
    steps: steps.map(({ step, does, objects, fields }) => ({
      step,
      does,
      objects,
      fields: fields.map(({ object, path, live, desired }) => ({ object, path, live, desired })),
    })),
  }));
  const hash = createHash('sha256')
    .update(
      canonical({ fleet: parts.fleet, actions, hubs: parts.hubs.map(({ name, observed }) => ({ name, observed })) }),
    )
    .digest('hex');
  return { apiVersion: 'rollcall.dev/v1alpha1', kind: 'Plan', hash, ...parts };
}

/** @returns the registrations that a run would change: planned, and not held back by its options */
export const toExecute = (plan: Plan): readonly RegistrationPlan[] =>
  plan.registrations.filter(({ verdict, held }) => verdict.is === 'change' && held === undefined);

/** @returns how many of them remove something that `--allow-removals` must name */
export const removalsOf = (plan: Plan): number =>
  toExecute(plan).filter(({ verdict }) => verdict.is === 'change' && verdict.action === 'unjoin').length;
