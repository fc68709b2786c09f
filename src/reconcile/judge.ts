import type { Reading, Readings, Ref } from '../model/readings.ts';
import type { Condition, Operand, Path } from '../model/step.ts';
import { lastWrite } from './managed-fields.ts';
import { valueAt } from './path.ts';

/** Three-valued: `unknown` wherever a reading that matters could not be had. */
export type Judgement =
  | { readonly is: 'holds' }
  | { readonly is: 'fails'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string; readonly next?: string };

const holds: Judgement = { is: 'holds' };

/** OCM takes 0 or nothing for 60 seconds. */
const defaultLeaseSeconds = 60;

/**
 * Judges a condition against readings.
 * @returns `holds`, `fails` with what does not hold, or `unknown` with what could not be read
 */
export function judge(condition: Condition, live: Readings): Judgement {
  if ('all' in condition) return judgeAll(condition.all.map((part) => judge(part, live)));
  if ('any' in condition) return judgeAny(condition.any.map((part) => judge(part, live)));
  if ('not' in condition) return negate(judge(condition.not, live), condition.says);
  const reading = live.get('ref' in condition ? condition.ref : condition.from);
  if (reading.is === 'unreadable') return unknown(reading);
  if ('ref' in condition) return judgeReading(condition, reading, live);
  const object = reading.is === 'found' ? reading.object : undefined;
  const value = valueAt(object, condition.path);
  const because = describe(condition.says, object === undefined ? `${nameOf(condition.from)} is absent` : undefined);
  const verdict = (yes: boolean, detail?: string): Judgement =>
    yes ? holds : { is: 'fails', because: detail === undefined ? because : describe(condition.says, detail) };

  if ('exists' in condition) return verdict((value !== undefined) === condition.exists);
  if ('sameSet' in condition) {
    const set = Array.isArray(value) ? value.map(String).toSorted() : undefined;
    return verdict(set !== undefined && JSON.stringify(set) === JSON.stringify(condition.sameSet.toSorted()));
  }
  if ('equals' in condition) {
    const operand = resolve(condition.equals, live);
    if ('unknown' in operand) return operand.unknown;
    return verdict(value !== undefined && value === operand.value, object && detailOf(condition, object, value));
  }
  if (object === undefined) return verdict(false);
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) return verdict(false, `${nameOf(condition.from)} does not say when`);
  if ('ahead' in condition) return verdict(time > Date.parse(reading.at), `it ended ${inSeconds(time)}`);
  if ('within' in condition) return judgeAge(condition, time, Date.parse(reading.at), live, verdict);
  for (const operand of condition.laterThan) {
    const other = resolve(operand, live);
    if ('unknown' in other) return other.unknown;
    const limit = typeof other.value === 'string' ? Date.parse(other.value) : Number.NaN;
    if (Number.isNaN(limit)) return verdict(false, other.missing);
    // managedFields count whole seconds: a renewal in the same second proves nothing.
    if (time < limit + 1000) return verdict(false, `renewed ${inSeconds(time)}, written ${inSeconds(limit)}`);
  }
  return holds;
}

/** People read no microseconds. @param time milliseconds since the epoch */
const inSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

function judgeReading(condition: Extract<Condition, { ref: Ref }>, reading: Reading, live: Readings): Judgement {
  const fails = (detail?: string): Judgement => ({ is: 'fails', because: describe(condition.says, detail) });
  if ('noneWhere' in condition) {
    const operand = resolve(condition.noneWhere.equals, live);
    if ('unknown' in operand) return operand.unknown;
    const items = reading.is === 'listed' ? reading.items : [];
    const hits = items.filter((item) => valueAt(item, condition.noneWhere.path) === operand.value);
    return hits.length === 0 ? holds : fails(`${hits.length} left: ${names(hits)}`);
  }
  if ('holdsOnly' in condition) {
    const items = reading.is === 'listed' ? reading.items : [];
    const others = items.filter(
      ({ kind, metadata }) =>
        !condition.holdsOnly.includes(`${kind}/${metadata.name}`) && !condition.holdsOnly.includes(`${kind}/*`),
    );
    return others.length === 0 ? holds : fails(others.map((item) => `${item.kind}/${item.metadata.name}`).join(', '));
  }
  switch (condition.is) {
    case 'found':
      return reading.is === 'found' ? holds : fails();
    case 'absent':
      return reading.is === 'absent' ? holds : fails();
    case 'yes':
      return reading.is === 'answered' && reading.yes ? holds : fails();
    case 'empty': {
      if (reading.is === 'absent') return holds;
      const items = reading.is === 'listed' ? reading.items : [];
      return reading.is === 'listed' && items.length === 0 ? holds : fails(`${items.length} left: ${names(items)}`);
    }
  }
}

type Resolved = { readonly value: unknown; readonly missing: string } | { readonly unknown: Judgement };

function resolve(operand: Operand, live: Readings): Resolved {
  if ('value' in operand) return { value: operand.value, missing: '' };
  const ref = 'from' in operand ? operand.from : operand.lastWriteTo;
  const reading = live.get(ref);
  if (reading.is === 'unreadable') return { unknown: unknown(reading) };
  const missing = `${nameOf(ref)} is absent`;
  if (reading.is !== 'found') return { value: undefined, missing };
  return { value: 'from' in operand ? valueAt(reading.object, operand.path) : lastWrite(reading.object), missing };
}

/** @returns what an operand reads now, as text, or undefined when it is absent or unreadable */
export function textOf(operand: Operand, live: Readings): string | undefined {
  const resolved = resolve(operand, live);
  return 'value' in resolved && resolved.value !== undefined ? String(resolved.value) : undefined;
}

function judgeAge(
  condition: Extract<Condition, { within: unknown }>,
  time: number,
  now: number,
  live: Readings,
  verdict: (yes: boolean, detail?: string) => Judgement,
): Judgement {
  let seconds: number;
  if ('seconds' in condition.within) seconds = condition.within.seconds;
  else {
    const duration = resolve(condition.within.duration, live);
    if ('unknown' in duration) return duration.unknown;
    seconds = condition.within.leaseFactor * (Number(duration.value) || defaultLeaseSeconds);
  }
  // The moment and not the age: the same live state reads the same a second later.
  return verdict(now - time <= seconds * 1000, `last at ${inSeconds(time)}`);
}

function detailOf(condition: { from: Ref; path: Path }, object: unknown, value: unknown): string | undefined {
  if (condition.path.at(-1) !== 'status' || typeof condition.path.at(-2) !== 'object') {
    return value === undefined ? undefined : `now ${String(value)}`;
  }
  const entry = condition.path.slice(0, -1);
  const reason = valueAt(object, [...entry, 'reason']);
  const message = valueAt(object, [...entry, 'message']);
  if (value === undefined) return undefined;
  return `now ${String(value)}${reason === undefined ? '' : `, ${String(reason)}`}${message === undefined ? '' : `: ${String(message)}`}`;
}

function judgeAll(parts: readonly Judgement[]): Judgement {
  return parts.find(({ is }) => is === 'fails') ?? parts.find(({ is }) => is === 'unknown') ?? holds;
}

function judgeAny(parts: readonly Judgement[]): Judgement {
  return parts.find(({ is }) => is === 'holds') ?? parts.find(({ is }) => is === 'unknown') ?? parts[0] ?? holds;
}

function negate(judgement: Judgement, says: string): Judgement {
  if (judgement.is === 'unknown') return judgement;
  return judgement.is === 'holds' ? { is: 'fails', because: says } : holds;
}

const unknown = (reading: Extract<Reading, { is: 'unreadable' }>): Judgement => ({
  is: 'unknown',
  because: reading.reason,
  ...(reading.next === undefined ? {} : { next: reading.next }),
});

const describe = (says: string, detail: string | undefined): string =>
  detail === undefined ? says : `${says} (${detail})`;

const names = (items: readonly { metadata: { name: string } }[]): string => {
  const shown = items.slice(0, 3).map(({ metadata }) => metadata.name);
  return items.length > 3 ? `${shown.join(', ')}, +${items.length - 3}` : shown.join(', ');
};

/** @returns what a ref names, for messages: `Lease/edge-1/managed-cluster-lease` */
export function nameOf(ref: Ref): string {
  switch (ref.read) {
    case 'object':
      return `${ref.key.type.kind}/${ref.key.namespace === undefined ? '' : `${ref.key.namespace}/`}${ref.key.name}`;
    case 'list':
      return `the list of ${ref.key.type.resource}`;
    case 'served':
      return `${ref.groupVersion} ${ref.kind}`;
    case 'access':
      return `the right to ${ref.question.verb} ${ref.question.resource}`;
    case 'contents':
      return `the contents of namespace ${ref.namespace}`;
  }
}
