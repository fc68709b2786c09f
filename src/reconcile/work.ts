import { ClusterError } from '../model/errors.ts';
import type { ExecuteEvent, Outcome } from '../model/outcome.ts';
import type { Readings } from '../model/readings.ts';
import { kubeSystemRef } from './record.ts';
import type { Context, Sites } from './steps/handler.ts';
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
  /** Whether the hub's lock is still ours; asked before the first write. */
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

/** Asks, before the first write of a registration, whether the hub's lock is still ours. @returns why it may not write */
export async function mayStart({ written, mayWrite }: Work): Promise<Ending | undefined> {
  if (written.length > 0) return undefined;
  try {
    if (await mayWrite()) return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { is: 'blocked', reason: error.message, next: error.next ?? 'plan again' };
  }
  return { is: 'blocked', reason: 'the lock on the hub was taken by another run', next: 'plan again' };
}
