import { ClusterError } from '../model/errors.ts';
import type { ExecuteEvent, Outcome } from '../model/outcome.ts';
import type { Readings } from '../model/readings.ts';
import { judge, nameOf } from './judge.ts';
import { observe } from './observe.ts';
import { kubeSystemRef } from './record.ts';
import { refsOfCondition } from './steps/condition.ts';
import type { Context, Sites } from './steps/handler.ts';
import { handlerOf } from './steps/index.ts';
import type { Draft } from './subject.ts';
import type { Clock, HubWaker } from './wait.ts';

/** What one registration needs to be carried out. */
export interface Work {
  readonly draft: Draft;
  /** Writes to them are noted in `written`. */
  readonly sites: Sites;
  readonly written: readonly string[];
  readonly context: Context;
  readonly waker: HubWaker;
  readonly clock: Clock;
  /** Aborted = finish the step in flight, start nothing new. */
  readonly signal: AbortSignal;
  /** For the whole registration, in milliseconds. */
  readonly waitTimeoutMs: number;
  readonly onEvent: (event: ExecuteEvent) => void;
  /** Whether the hub's lock is still ours; asked before every write. */
  readonly mayWrite: () => Promise<boolean>;
}

interface Because {
  readonly reason: string;
  readonly next?: string;
}

/** How an attempt ended, without its frame (id, action, time). */
export type Ending =
  | { readonly is: 'done' }
  | ({ readonly is: 'failed'; readonly step: string } & Because)
  | ({ readonly is: 'blocked' } & Because)
  | ({ readonly is: 'refused' } & Because)
  | { readonly is: 'interrupted'; readonly step?: string };

/** What to do after most failures. */
export const rerun = 're-running is safe';

/** Puts an ending into its frame. */
export const outcomeOf = (draft: Draft, ending: Ending, written: readonly string[], tookMs: number): Outcome => ({
  id: draft.plan.id,
  action: draft.plan.verdict.is === 'change' ? draft.plan.verdict.action : 'none',
  tookMs,
  written: [...written],
  ...ending,
});

/** @returns blocked or refused as it is before the first write, failed after it: something was tried and is half done */
export function stopped(
  step: string,
  { is, reason, next }: { readonly is: 'blocked' | 'refused' } & Because,
  written: readonly string[],
): Ending {
  if (written.length > 0) return { is: 'failed', step, reason, next: next ?? rerun };
  return { is, reason, ...(next === undefined ? {} : { next }) };
}

/** The identity fence, again on every pass: another cluster may answer under the name by now. */
export function fenced(
  live: Readings,
  expected: string | undefined,
): ({ readonly is: 'blocked' | 'refused' } & Because) | undefined {
  const system = live.get(kubeSystemRef);
  if (system.is === 'unreadable') {
    return { is: 'blocked', reason: system.reason, ...(system.next === undefined ? {} : { next: system.next }) };
  }
  const uid = system.is === 'found' ? system.object.metadata.uid : undefined;
  if (uid !== undefined && uid === expected) return undefined;
  return {
    is: 'refused',
    reason: `another cluster answers: kube-system ${uid ?? '(none)'}, planned ${expected ?? '(none)'}`,
    next: 'plan again',
  };
}

/**
 * Asked before every write: whether the hub's lock is still ours, and before the first one whether things are as planned.
 * @param live the readings of this pass, whole
 * @returns why it may not write
 */
export async function mayWriteNow(work: Work, live: Readings): Promise<Ending | undefined> {
  const { written, mayWrite } = work;
  const stop = (reason: string, next: string = 'plan again'): Ending =>
    stopped('lock', { is: 'blocked', reason, next }, written);
  try {
    if (!(await mayWrite())) return stop('the lock on the hub was taken by another run');
    if (written.length > 0) return undefined;
    const changed = changedSincePlan(work, live) ?? (await worksAdded(work)) ?? (await aliveAgain(work));
    return changed === undefined ? undefined : { is: 'refused', reason: changed, next: 'plan again' };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return stop(error.message, error.next);
  }
}

/** Between plan and confirmation others work too: what has the names by now must be what was planned for. */
function changedSincePlan({ draft: { subject } }: Work, live: Readings): string | undefined {
  for (const step of subject.steps) {
    for (const ref of handlerOf(step).owned(step)) {
      const [before, now] = [subject.live.get(ref), live.get(ref)];
      if (before.is === 'unreadable' || now.is !== 'found') continue;
      if (before.is !== 'found') return `changed since the plan: ${nameOf(ref)} is there by now`;
      if (before.object.metadata.uid !== now.object.metadata.uid) {
        return `changed since the plan: ${nameOf(ref)} is another one by now`;
      }
    }
  }
  return undefined;
}

/** What an unjoin takes from the member was counted in the plan; nothing more goes. */
async function worksAdded({ draft: { plan, subject }, sites }: Work): Promise<string | undefined> {
  if (plan.consequences === undefined) return undefined;
  const { works } = subject.driver.consequences(subject.registration);
  const reading = (await observe({ hub: sites.hub }, [works])).get(works);
  if (reading.is === 'unreadable') return reading.reason;
  const names = reading.is === 'listed' ? reading.items.map(({ metadata }) => metadata.name) : [];
  const added = names.filter((name) => !plan.consequences?.workNames.includes(name));
  return added.length === 0 ? undefined : `changed since the plan: it did not count ${added.join(', ')}`;
}

/** A member given up for dead must still be dead. */
async function aliveAgain({ draft: { subject }, sites }: Work): Promise<string | undefined> {
  const { forget, rebuilt, record, memberUid, driver, registration } = subject;
  if (forget !== true && (rebuilt !== true || record === undefined || record.memberUid === memberUid)) return undefined;
  const { heartbeat } = driver.signs(registration);
  const judgement = judge(heartbeat, await observe({ hub: sites.hub }, refsOfCondition(heartbeat)));
  if (judgement.is === 'fails') return undefined;
  return judgement.is === 'unknown' ? judgement.because : 'changed since the plan: its agent renews its lease again';
}
