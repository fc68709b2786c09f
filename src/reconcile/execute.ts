import { ClusterError } from '../model/errors.ts';
import type { Ref } from '../model/readings.ts';
import type { Assessment, Step } from '../model/step.ts';
import { assess, refsOfSteps } from './assess.ts';
import { observe, overlaid, ReadingsMap } from './observe.ts';
import { canonical, kubeSystemRef, recordStepId } from './record.ts';
import { handlerOf } from './steps/index.ts';
import type { Draft } from './subject.ts';
import { type Ending, fenced, mayWriteNow, rerun, stopped, type Work } from './work.ts';

const membersPatience = { first: 250, factor: 1.5, most: 5_000 } as const;
/** While something is waited for, everything is read again this often: an earlier step may need us again. */
const wholePassMs = 10_000;
/** How often a step may be performed, or run into somebody else's write, before it is given up. */
const attempts = 5;

/**
 * Joins, repairs or adopts one registration. Level-triggered: assess the whole list, carry out the first step that is not
 * satisfied, assess the whole list again; done when a pass carries out nothing.
 */
export async function converge(work: Work): Promise<Ending> {
  const { draft, sites, waker, clock, signal, written } = work;
  const planned = new Set(draft.plan.steps.map(({ step }) => step));
  const steps = stepsOf(draft, planned);
  const refs = [kubeSystemRef, ...refsOfSteps(steps)];
  const watched = refsOfSteps(
    steps.filter(({ kind, site }) => site === 'hub' && (kind === 'approval' || kind === 'condition')),
  ).filter(({ site }) => site === 'hub');
  const deadline = clock.now() + work.waitTimeoutMs;
  const progress = new Progress();
  let live = new ReadingsMap();
  let next: readonly Ref[] = refs;
  let wholeAt = 0;

  for (;;) {
    const alarm = waker.arm(watched);
    try {
      const whole = next === refs;
      live = overlaid(live, await observe(sites, next));
      if (whole) wholeAt = clock.now();
      const fence = fenced(live, draft.subject.memberUid);
      if (fence !== undefined) return stopped('identity', fence, written);
      const open = firstOpen(steps, live);
      // What is acted upon was read in one piece.
      if (!whole && open?.assessment.is !== 'pending') {
        next = refs;
        continue;
      }
      if (open === undefined) return { is: 'done' };
      const { step, assessment } = open;
      if (assessment.is === 'unknown') return stopped(step.id, { ...assessment, is: 'blocked' }, written);
      if (assessment.is === 'refused') return stopped(step.id, assessment, written);
      if (signal.aborted) return { is: 'interrupted', step: step.id };
      if (assessment.is === 'pending') {
        const { waitingFor } = assessment;
        if (clock.now() >= deadline) return timedOut(step, waitingFor);
        if (progress.waitsAnew(step, waitingFor))
          work.onEvent({ type: 'waiting', id: draft.plan.id, step: step.id, waitingFor });
        const own = refsOfSteps([step]);
        const members = own.filter(({ site }) => site === 'member');
        const ends = Math.min(deadline, wholeAt + wholePassMs);
        const patience = members.length === 0 ? wholePassMs : progress.patience();
        const woken = await alarm.changed(Math.max(1, Math.min(patience, ends - clock.now())), signal);
        next = clock.now() >= ends ? refs : woken ? [...own, ...watched] : members;
        continue;
      }
      if (!isPlanned(draft, step, assessment)) return unplanned(step);
      if (progress.isStuck(step, assessment)) return notKept(step, assessment);
      const refusal = await mayWriteNow(work, live);
      if (refusal !== undefined) return refusal;
      work.onEvent({ type: 'performing', id: draft.plan.id, step: step.id, title: step.title });
      next = refs;
      try {
        await carryOut(step, assessment, live, work);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        const raced = error.kind === 'conflict' && error.conflicts.length === 0;
        if (raced && progress.mayRetry(step)) continue;
        return { is: 'failed', step: step.id, reason: error.message, next: error.next ?? rerun };
      }
    } finally {
      alarm.disarm();
    }
  }
}

/**
 * What must hold in the end: everything, when the agent takes part in the change; otherwise what the plan names. A label
 * repair waits for nothing.
 */
function stepsOf({ plan, subject }: Draft, planned: ReadonlySet<string>): readonly Step[] {
  const { verdict } = plan;
  const isAwaited =
    (verdict.is === 'change' && verdict.action === 'join') ||
    subject.steps.some(({ id, awaited }) => awaited === true && planned.has(id));
  if (isAwaited) return subject.steps;
  return subject.steps.filter((step) => planned.has(step.id) || (step.kind === 'condition' && step.required === true));
}

/** What one registration has been through in this run. */
class Progress {
  readonly #performed = new Map<string, string[]>();
  readonly #races = new Map<string, number>();
  #waiting = '';
  #patience: number = membersPatience.first;

  /** @returns whether this is not what was waited for already */
  waitsAnew(step: Step, waitingFor: string): boolean {
    const waiting = `${step.id} ${waitingFor}`;
    if (waiting === this.#waiting) return false;
    this.#waiting = waiting;
    this.#patience = membersPatience.first;
    return true;
  }

  /** @returns milliseconds until the next look at a member, growing while nothing changes */
  patience(): number {
    const patience = this.#patience;
    this.#patience = Math.min(patience * membersPatience.factor, membersPatience.most);
    return patience;
  }

  /** @returns whether performing the step again is of no use: it led here before, or has been performed too often */
  isStuck(step: Step, assessment: Assessment): boolean {
    const before = this.#performed.get(step.id) ?? [];
    const fingerprint = canonical(assessment);
    this.#performed.set(step.id, [...before, fingerprint]);
    return before.at(-1) === fingerprint || before.length >= attempts;
  }

  /** Somebody wrote between our read and our write. */
  mayRetry(step: Step): boolean {
    const races = (this.#races.get(step.id) ?? 0) + 1;
    this.#races.set(step.id, races);
    this.#performed.delete(step.id);
    return races < attempts;
  }
}

/** Whether the plan names the step, the direction that it takes now, and every field that it would change. */
function isPlanned({ plan }: Draft, step: Step, assessment: Assessment): boolean {
  const planned = plan.steps.find((one) => one.step === step.id);
  if (planned === undefined) return false;
  if (planned.does === 'remove') return assessment.is === 'surplus';
  if (assessment.is !== 'drifted' || planned.does !== 'change' || step.id === recordStepId) return true;
  const named = new Set(planned.fields.map(({ object, path }) => `${object} ${path}`));
  return assessment.fields.every(({ object, path }) => named.has(`${object} ${path}`));
}

/** What is required comes first, before the record too: until it holds nothing is written. */
const isRequired = (step: Step): boolean => step.kind === 'condition' && step.required === true;

function firstOpen(
  steps: readonly Step[],
  live: ReadingsMap,
): { step: Step; assessment: Exclude<Assessment, { is: 'satisfied' }> } | undefined {
  for (const step of [...steps.filter(isRequired), ...steps.filter((other) => !isRequired(other))]) {
    const assessment = assess(step, live);
    if (assessment.is !== 'satisfied') return { step, assessment };
  }
  return undefined;
}

async function carryOut(
  step: Step,
  assessment: Assessment,
  live: ReadingsMap,
  { sites, context }: Work,
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

const timedOut = (step: Step, waitingFor: string): Ending => ({
  is: 'failed',
  step: step.id,
  reason: `timed out waiting for: ${waitingFor}`,
  next: rerun,
});

const unplanned = (step: Step): Ending => ({
  is: 'failed',
  step: step.id,
  reason: `changed since the plan: ${step.title} now needs a write that the plan does not name`,
  next: 'plan again',
});

const notKept = (step: Step, assessment: Assessment): Ending => ({
  is: 'failed',
  step: step.id,
  reason: `not kept by the server: ${describe(assessment)}`,
  next: 'look for a webhook or controller that changes it back',
});

const describe = (assessment: Assessment): string =>
  'fields' in assessment
    ? assessment.fields.map(({ object, path }) => `${object} ${path}`).join(', ')
    : 'objects' in assessment
      ? assessment.objects.join(', ')
      : assessment.is;
