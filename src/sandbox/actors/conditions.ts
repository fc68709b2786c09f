import type { Condition, Taint } from './kinds.ts';

/**
 * A condition list with `wanted` in it. `at` (RFC 3339) becomes the transition time of what changed its status.
 * @returns undefined when `live` already says all of it
 */
export const withConditions = (
  live: readonly Condition[] | undefined,
  wanted: readonly Condition[],
  at: string,
): readonly Condition[] | undefined => {
  let changed = false;
  const next = [...(live ?? [])];
  for (const want of wanted) {
    const index = next.findIndex(({ type }) => type === want.type);
    const had = next[index];
    if (
      had !== undefined &&
      had.status === want.status &&
      had.reason === want.reason &&
      had.message === want.message &&
      had.observedGeneration === want.observedGeneration
    )
      continue;
    changed = true;
    const lastTransitionTime = (had?.status === want.status ? had.lastTransitionTime : undefined) ?? at;
    next.splice(index < 0 ? next.length : index, index < 0 ? 0 : 1, { ...want, lastTransitionTime });
  }
  return changed ? next : undefined;
};

/** @returns the condition of this type, if the list has one */
export const conditionOf = (live: readonly Condition[] | undefined, type: string): Condition | undefined =>
  live?.find((condition) => condition.type === type);

/**
 * The taint list with exactly the automatic taints of `keys`, everyone else's entries untouched and no `timeAdded` on new
 * ones: the webhook refuses it and adds its own (facts/ocm 3.4, 4.1).
 * @returns undefined when nothing changes
 */
export const withAutomaticTaints = (
  live: readonly Taint[] | undefined,
  automatic: readonly string[],
  keys: readonly string[],
): readonly Taint[] | undefined => {
  const kept = (live ?? []).filter(({ key }) => !automatic.includes(key) || keys.includes(key));
  const added = keys
    .filter((key) => !kept.some((taint) => taint.key === key))
    .map((key) => ({ key, effect: 'NoSelect' }));
  return added.length === 0 && kept.length === (live ?? []).length ? undefined : [...kept, ...added];
};

/** @returns a time (milliseconds since the epoch) as API servers write it: RFC 3339, whole seconds */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** @returns a time as leases carry it, in microseconds */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
