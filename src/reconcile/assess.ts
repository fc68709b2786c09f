import type { Readings, Ref } from '../model/readings.ts';
import type { Assessment, Step } from '../model/step.ts';
import { judge, nameOf } from './judge.ts';
import { refsOfCondition } from './steps/condition.ts';
import { handlerOf } from './steps/index.ts';

/** @returns everything that must be read to assess the steps */
export const refsOfSteps = (steps: readonly Step[]): readonly Ref[] =>
  steps.flatMap((step) => [
    ...handlerOf(step).refs(step),
    ...refsOfCondition(step.unless),
    ...refsOfCondition(step.until),
  ]);

/**
 * Where a step stands, `unless` and `until` taken into account. An unreadable ref never makes a step satisfied.
 */
export function assess(step: Step, live: Readings): Assessment {
  if (step.until !== undefined) {
    const done = judge(step.until, live);
    if (done.is === 'unknown') return { is: 'unknown', reason: done.because };
    if (done.is === 'holds') return assessSurplus(step, live);
  }
  if (step.unless !== undefined) {
    const moot = judge(step.unless, live);
    if (moot.is === 'unknown')
      return { is: 'unknown', reason: moot.because, ...(moot.next === undefined ? {} : { next: moot.next }) };
    if (moot.is === 'holds') return { is: 'satisfied' };
  }
  return handlerOf(step).assess(step, live);
}

function assessSurplus(step: Step, live: Readings): Assessment {
  const unread = handlerOf(step)
    .owned(step)
    .map((ref) => live.get(ref))
    .find(({ is }) => is === 'unreadable');
  if (unread?.is === 'unreadable') return { is: 'unknown', reason: unread.reason };
  const objects = presentOf(step, live);
  return objects.length > 0 ? { is: 'surplus', objects } : { is: 'satisfied' };
}

/** @returns the names of a step's objects that are there */
export const presentOf = (step: Step, live: Readings): readonly string[] =>
  handlerOf(step)
    .owned(step)
    .filter((ref) => live.get(ref).is === 'found')
    .map(nameOf);
