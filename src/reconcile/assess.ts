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
  const present: string[] = [];
  for (const ref of handlerOf(step).owned(step)) {
    const reading = live.get(ref);
    if (reading.is === 'unreadable') return { is: 'unknown', reason: reading.reason };
    if (reading.is === 'found') present.push(nameOf(ref));
  }
  return present.length > 0 ? { is: 'surplus', objects: present } : { is: 'satisfied' };
}
