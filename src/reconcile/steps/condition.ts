import type { Condition, ConditionStep, Operand } from '../../model/step.ts';
import type { Ref } from '../../model/readings.ts';
import { judge } from '../judge.ts';
import type { StepHandler } from './handler.ts';

/** @returns every ref that judging a condition may read */
export function refsOfCondition(condition: Condition | undefined): readonly Ref[] {
  if (condition === undefined) return [];
  if ('all' in condition) return condition.all.flatMap(refsOfCondition);
  if ('any' in condition) return condition.any.flatMap(refsOfCondition);
  if ('not' in condition) return refsOfCondition(condition.not);
  const operands = [
    ...('equals' in condition ? [condition.equals] : []),
    ...('laterThan' in condition ? condition.laterThan : []),
    ...('noneWhere' in condition ? [condition.noneWhere.equals] : []),
    ...('within' in condition && 'duration' in condition.within ? [condition.within.duration] : []),
  ];
  return ['ref' in condition ? condition.ref : condition.from, ...operands.flatMap(refsOfOperand)];
}

/** @returns what must be read to know an operand */
export const refsOfOperand = (operand: Operand): readonly Ref[] =>
  'from' in operand ? [operand.from] : 'lastWriteTo' in operand ? [operand.lastWriteTo] : [];

/** What somebody else must make true. */
export const conditionHandler: StepHandler<ConditionStep> = {
  refs: (step) => refsOfCondition(step.condition),
  owned: () => [],
  rights: () => [],
  assess(step, live) {
    const judgement = judge(step.condition, live);
    const next = step.next === undefined ? {} : { next: step.next };
    if (judgement.is === 'holds') return { is: 'satisfied' };
    if (judgement.is === 'unknown') {
      return {
        is: 'unknown',
        reason: judgement.because,
        ...(judgement.next === undefined ? {} : { next: judgement.next }),
      };
    }
    if (step.required === true && step.otherwise !== 'pending') {
      return { is: 'refused', reason: `needs ${judgement.because}`, ...next };
    }
    return { is: 'pending', waitingFor: judgement.because };
  },
  perform: () => Promise.reject(new Error('a condition is performed by nobody')),
};
