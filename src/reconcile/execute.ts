import { ClusterError } from '../model/errors.ts';
import type { ExecuteEvent, Outcome } from '../model/outcome.ts';
import type { Readings } from '../model/readings.ts';
import type { Assessment, Step } from '../model/step.ts';
import { assess, refsOfSteps } from './assess.ts';
import type { Draft } from './subject.ts';
import { observe } from './observe.ts';
import { canonical, kubeSystemRef } from './record.ts';
import type { Context, Sites } from './steps/handler.ts';
import { handlerOf } from './steps/index.ts';
import type { Clock, HubWaker } from './wait.ts';

/** What one registration needs to be carried out. */
export interface Work {
  readonly draft: Draft;
  readonly sites: Sites;
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

/** How an attempt ended, without its frame (id, action, time). */
export type Ending =
  | { readonly is: 'done' }
  | { readonly is: 'failed'; readonly step: string; readonly reason: string; readonly next?: string }
  | { readonly is: 'blocked'; readonly reason: string; readonly next?: string }
  | { readonly is: 'refused'; readonly reason: string; readonly next?: string }
  | { readonly is: 'interrupted'; readonly step?: string };

const membersPatience = { first: 250, factor: 1.5, most: 5_000 } as const;
/** The hub is watched; this is for a watch that broke. */
const hubsPatienceMs = 10_000;
const conflictsBeforeGivingUp = 5;

/**
 * Joins, repairs or adopts one registration. Level-triggered: assess the whole list, carry out the first step that is not
 * satisfied, assess the whole list again; done when a pass carries out nothing.
 */
export async function converge(work: Work, written: string[]): Promise<Ending> {
  const { draft, sites, context, waker, clock, signal } = work;
  const { plan, subject } = draft;
  const planned = new Set(plan.steps.map(({ step }) => step));
  const adopting = plan.verdict.is === 'change' && plan.verdict.action === 'adopt';
  // A take-over leaves what would restart the agent to the next plan.
  const steps = subject.steps.filter((step) => !adopting || planned.has(step.id) || !('restarts' in step));
  const refs = [kubeSystemRef, ...refsOfSteps(steps)];
  const watched = refsOfSteps(
    steps.filter(({ kind, site }) => site === 'hub' && (kind === 'approval' || kind === 'condition')),
  );
  const deadline = clock.now() + work.waitTimeoutMs;
  const performed = new Map<string, string>();
  let patience: number = membersPatience.first;
  let conflicts = 0;
  let waiting = '';

  for (;;) {
    const alarm = waker.arm(watched);
    try {
      const live = await observe(sites, refs);
      const fence = fenced(live, subject.memberUid);
      if (fence !== undefined) return fence;
      const open = firstOpen(steps, live);
      if (open === undefined) return { is: 'done' };
      const { step, assessment } = open;
      if (assessment.is === 'unknown' || assessment.is === 'refused') {
        const { reason, next } = assessment;
        const because = { reason, ...(next === undefined ? {} : { next }) };
        if (written.length > 0) return { is: 'failed', step: step.id, ...because };
        return { is: assessment.is === 'unknown' ? 'blocked' : 'refused', ...because };
      }
      if (assessment.is === 'pending') {
        if (signal.aborted) return { is: 'interrupted', step: step.id };
        if (clock.now() >= deadline)
          return {
            is: 'failed',
            step: step.id,
            reason: `timed out waiting for: ${assessment.waitingFor}`,
            next: 're-running is safe',
          };
        if (waiting !== `${step.id} ${assessment.waitingFor}`) {
          waiting = `${step.id} ${assessment.waitingFor}`;
          patience = membersPatience.first;
          work.onEvent({ type: 'waiting', id: plan.id, step: step.id, waitingFor: assessment.waitingFor });
        }
        const longest = step.site === 'hub' ? hubsPatienceMs : patience;
        patience = Math.min(patience * membersPatience.factor, membersPatience.most);
        await alarm.changed(Math.min(longest, Math.max(deadline - clock.now(), 1)), signal);
        continue;
      }
      if (signal.aborted) return { is: 'interrupted', step: step.id };
      if (!planned.has(step.id)) {
        return {
          is: 'failed',
          step: step.id,
          reason: `changed since the plan: ${step.title} now needs a write that the plan does not name`,
          next: 'plan again',
        };
      }
      const fingerprint = canonical(assessment);
      if (performed.get(step.id) === fingerprint) {
        return {
          is: 'failed',
          step: step.id,
          reason: `not kept by the server: ${describe(assessment)}`,
          next: 'look for a webhook or controller that changes it back',
        };
      }
      if (written.length === 0 && !(await work.mayWrite())) {
        return { is: 'blocked', reason: 'the lock on the hub was taken by another run', next: 'plan again' };
      }
      work.onEvent({ type: 'performing', id: plan.id, step: step.id, title: step.title });
      try {
        await carryOut(step, assessment, live, sites, context);
        performed.set(step.id, fingerprint);
        written.push(...objectsOf(step, assessment));
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        conflicts += 1;
        if (error.kind === 'conflict' && error.conflicts.length === 0 && conflicts < conflictsBeforeGivingUp) continue;
        return {
          is: 'failed',
          step: step.id,
          reason: error.message,
          ...(error.next === undefined ? {} : { next: error.next }),
        };
      }
    } finally {
      alarm.disarm();
    }
  }
}

/** The identity fence, again on every pass: another cluster may answer under the name by now. */
export function fenced(live: Readings, expected: string | undefined): Ending | undefined {
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

function firstOpen(
  steps: readonly Step[],
  live: Readings,
): { step: Step; assessment: Exclude<Assessment, { is: 'satisfied' }> } | undefined {
  for (const step of steps) {
    const assessment = assess(step, live);
    if (assessment.is !== 'satisfied') return { step, assessment };
  }
  return undefined;
}

async function carryOut(
  step: Step,
  assessment: Assessment,
  live: Readings,
  sites: Sites,
  context: Context,
): Promise<void> {
  if (assessment.is !== 'surplus') {
    await handlerOf(step).perform(step, live, sites, context);
    return;
  }
  for (const ref of handlerOf(step).owned(step)) {
    const reading = live.get(ref);
    const uid = reading.is === 'found' ? reading.object.metadata.uid : undefined;
    if (uid !== undefined) await sites[ref.site].remove(ref.key, { uid });
  }
}

const objectsOf = (step: Step, assessment: Assessment): readonly string[] => {
  const names =
    'objects' in assessment
      ? assessment.objects
      : 'fields' in assessment
        ? assessment.fields.map(({ object }) => object)
        : [];
  return [...new Set(names)].map((name) => `${step.site} ${name}`);
};

const describe = (assessment: Assessment): string =>
  'fields' in assessment
    ? assessment.fields.map(({ object, path }) => `${object} ${path}`).join(', ')
    : 'objects' in assessment
      ? assessment.objects.join(', ')
      : assessment.is;

/** Puts an ending into its frame. */
export const outcomeOf = (draft: Draft, ending: Ending, written: readonly string[], tookMs: number): Outcome => ({
  id: draft.plan.id,
  action: draft.plan.verdict.is === 'change' ? draft.plan.verdict.action : 'none',
  tookMs,
  written,
  ...ending,
});
