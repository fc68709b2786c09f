import type { KubeObject, ObjectKey } from '../model/cluster.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Leave, Step } from '../model/step.ts';
import { judge, nameOf } from './judge.ts';
import { valueAt } from './path.ts';
import { refsOfCondition } from './steps/condition.ts';
import { handlerOf } from './steps/index.ts';

/** One object that an unjoin removes. */
export interface Target {
  readonly site: Step['site'];
  readonly key: ObjectKey;
  readonly object: KubeObject;
  readonly name: string;
}

/**
 * The order of an unjoin, read from the join's list: the step marked `first`, the rest backwards, the record (step 0) last.
 */
export function removalOrder(steps: readonly Step[]): readonly Step[] {
  const [record, ...rest] = steps;
  const first = rest.filter((step) => step.removal?.first === true);
  const others = rest.filter((step) => step.removal?.first !== true).toReversed();
  return [...first, ...others, ...(record === undefined ? [] : [record])];
}

/** @returns everything that must be read to remove the steps */
export const refsOfRemoval = (steps: readonly Step[]): readonly Ref[] =>
  steps.flatMap((step) => [
    ...handlerOf(step).owned(step),
    ...(step.leaves ?? []).map(({ ref }) => ref),
    ...(step.removal?.guards ?? []).flatMap(refsOfCondition),
    ...refsOfCondition(step.removal?.onlyIf),
  ]);

/** What is there to be removed, what stays although it is there (with the reason), or why that cannot be said. */
export type Targets = { readonly present: readonly Target[]; readonly stays?: string } | { readonly unknown: string };

/** @returns the objects of a step that are there, none of them where its `onlyIf` does not hold */
export function targetsOf(step: Step, live: Readings): Targets {
  const present: Target[] = [];
  for (const ref of handlerOf(step).owned(step)) {
    const reading = live.get(ref);
    if (reading.is === 'unreadable') return { unknown: reading.reason };
    if (reading.is === 'found')
      present.push({ site: ref.site, key: ref.key, object: reading.object, name: nameOf(ref) });
  }
  const { onlyIf } = step.removal ?? {};
  if (onlyIf === undefined || present.length === 0) return { present };
  const judgement = judge(onlyIf, live);
  if (judgement.is === 'holds') return { present };
  if (judgement.is === 'unknown') return { unknown: judgement.because };
  return {
    present: [],
    stays: `${present.map(({ name }) => name).join(', ')}, not ours any more: ${judgement.because}`,
  };
}

/** @returns what others made on behalf of a step and is still there, `onlyIf` not yet judged */
export function leftoversOf(leave: Leave, live: Readings): Targets {
  const { ref, evidence } = leave;
  const reading = live.get(ref);
  if (reading.is === 'unreadable') return { unknown: reading.reason };
  if (ref.read === 'object') {
    return {
      present:
        reading.is === 'found' ? [{ site: ref.site, key: ref.key, object: reading.object, name: nameOf(ref) }] : [],
    };
  }
  if (ref.read !== 'list' || reading.is !== 'listed') return { present: [] };
  const { type } = ref.key;
  const proven = reading.items.filter(
    (item) => evidence === undefined || String(valueAt(item, evidence.path)).startsWith(evidence.startsWith),
  );
  return {
    present: proven.map((object) => ({
      site: ref.site,
      key: {
        type,
        name: object.metadata.name,
        ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      },
      object,
      name: `${type.kind}/${object.metadata.name}`,
    })),
  };
}
