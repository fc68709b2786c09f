import { ClusterError } from '../model/errors.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import { judge, type Judgement, nameOf } from './judge.ts';
import { observe } from './observe.ts';
import { valueAt } from './path.ts';
import { kubeSystemRef, recordStep, recordStepId } from './record.ts';
import { leftoversOf, refsOfRemoval, removalOrder, type Target, targetsOf } from './removal.ts';
import { refsOfCondition } from './steps/condition.ts';
import { handlerOf } from './steps/index.ts';
import { type Ending, fenced, mayWriteNow, rerun, stopped, type Work } from './work.ts';

const pollMs = { hub: 5_000, member: 1_000 } as const;

/**
 * Removes one registration, reading the join's own list backwards. Everything that is removed was read as present just
 * before and is deleted by its UID; a step is done when its objects read absent.
 */
export async function remove(work: Work): Promise<Ending> {
  const { draft, sites, waker, clock, signal, written } = work;
  const { plan, subject } = draft;
  const forget = subject.forget === true;
  const order = removalOrder(subject.steps).filter((step) => !forget || step.site === 'hub');
  const reads: readonly Ref[] = [...(forget ? [] : [kubeSystemRef]), ...refsOfRemoval(order)].filter(
    ({ site, read }) => read !== 'contents' && (!forget || site === 'hub'),
  );
  const deadline = clock.now() + work.waitTimeoutMs;
  /** Leftovers that were found to be more than that, and stay. */
  const staying = new Set<string>();
  const deletes = new Deletes();
  let waiting = '';
  let step = subject.steps[0]?.id ?? '';

  for (;;) {
    const alarm = waker.arm(reads.filter((ref) => ref.read === 'object' && ref.site === 'hub'));
    try {
      const live = await observe(forget ? { hub: sites.hub } : sites, reads);
      const fence = forget ? undefined : fenced(live, subject.memberUid);
      if (fence !== undefined) return stopped('identity', fence, written);
      const next = await nextRemoval(order, live, work, staying);
      if (next.is === 'gone' && !forget) return { is: 'done' };
      if (next.is === 'stopped') return next.ending;
      step = next.is === 'gone' ? recordStepId : next.step.id;
      if (signal.aborted) return { is: 'interrupted', step };
      if (next.is === 'waiting') {
        const { waitingFor } = next;
        if (clock.now() >= deadline)
          return {
            is: 'failed',
            step,
            reason: `timed out waiting for: ${waitingFor}${heldBy(next.leaving)}`,
            next: rerun,
          };
        if (waiting !== waitingFor) work.onEvent({ type: 'waiting', id: plan.id, step, waitingFor });
        waiting = waitingFor;
        await alarm.changed(Math.min(pollMs[next.step.site], Math.max(deadline - clock.now(), 1)), signal);
        continue;
      }
      const refusal = await mayWriteNow(work, live);
      if (refusal !== undefined) return refusal;
      if (next.is === 'gone') {
        work.onEvent({ type: 'performing', id: plan.id, step, title: 'leave a tombstone' });
        await leaveTombstone(work);
        return { is: 'done' };
      }
      const back = next.targets.find(({ site, name }) => deletes.tooMany(`${site} ${name}`));
      if (back !== undefined || clock.now() >= deadline) {
        const reason =
          back === undefined ? 'timed out' : `${back.name} is put back by somebody each time it is deleted`;
        return { is: 'failed', step, reason, next: rerun };
      }
      const names = next.targets.map(({ name }) => name).join(', ');
      work.onEvent({ type: 'performing', id: plan.id, step, title: `remove ${names}` });
      for (const { site, key, object } of next.targets) {
        await sites[site].remove(key, { uid: object.metadata.uid ?? '' });
      }
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return { is: 'failed', step, reason: error.message, next: error.next ?? rerun };
    } finally {
      alarm.disarm();
    }
  }
}

/** How often an object may be deleted, under whatever UID, before it is plain that somebody makes it anew. */
const attempts = 5;

class Deletes {
  readonly #counts = new Map<string, number>();

  /** Counts one more. @returns whether it is one too many */
  tooMany(name: string): boolean {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count > attempts;
  }
}

type Next =
  | { readonly is: 'gone' }
  | { readonly is: 'stopped'; readonly ending: Ending }
  | {
      readonly is: 'waiting';
      readonly step: Step;
      readonly waitingFor: string;
      /** What has been deleted and is not gone yet. */
      readonly leaving: readonly Target[];
    }
  | { readonly is: 'delete'; readonly step: Step; readonly targets: readonly Target[] };

async function nextRemoval(order: readonly Step[], live: Readings, work: Work, staying: Set<string>): Promise<Next> {
  const { written, draft } = work;
  const unknown = (step: Step, reason: string): Next => ({
    is: 'stopped',
    ending: stopped(step.id, { is: 'blocked', reason }, written),
  });
  for (const step of order) {
    // A forget leaves the record as a tombstone.
    if (draft.subject.forget === true && step.id === recordStepId) continue;
    const targets = targetsOf(step, live);
    if ('unknown' in targets) return unknown(step, targets.unknown);
    const { present } = targets;
    if (present.length > 0) {
      const leaving = present.filter(isLeaving);
      if (leaving.length === present.length)
        return { is: 'waiting', step, waitingFor: progressOf(step, leaving), leaving };
      const guard = guardOf(step, live);
      if (guard?.is === 'unknown') return unknown(step, guard.because);
      if (guard?.is === 'fails') {
        if (step.removal?.first !== true) return { is: 'waiting', step, waitingFor: guard.because, leaving };
        const refused = { is: 'refused', reason: guard.because } as const;
        return { is: 'stopped', ending: stopped(step.id, refused, written) };
      }
      return { is: 'delete', step, targets: present.filter((target) => !leaving.includes(target)) };
    }
    const left = await leftoverOf(step, live, work, staying);
    if (left !== undefined) return 'unknown' in left ? unknown(step, left.unknown) : left;
  }
  return { is: 'gone' };
}

const isLeaving = ({ object }: Target): boolean => object.metadata.deletionTimestamp !== undefined;

function guardOf(step: Step, live: Readings): Exclude<Judgement, { is: 'holds' }> | undefined {
  for (const guard of step.removal?.guards ?? []) {
    const judgement = judge(guard, live);
    if (judgement.is !== 'holds') return judgement;
  }
  return undefined;
}

async function leftoverOf(
  step: Step,
  live: Readings,
  work: Work,
  staying: Set<string>,
): Promise<Next | { readonly unknown: string } | undefined> {
  for (const leave of step.leaves ?? []) {
    const left = leftoversOf(leave, live);
    if ('unknown' in left) return left;
    const leaving = left.present.filter(isLeaving);
    const targets = left.present.filter((target) => !leaving.includes(target) && !staying.has(target.name));
    if (targets.length > 0) {
      if (leave.onlyIf === undefined) return { is: 'delete', step, targets };
      const judgement = judge(leave.onlyIf, await observe(work.sites, refsOfCondition(leave.onlyIf)));
      // What cannot be proven to be a mere leftover stays, too.
      if (judgement.is === 'holds') return { is: 'delete', step, targets };
      const names = targets.map(({ name }) => name).join(', ');
      for (const { name } of targets) staying.add(name);
      work.onEvent({
        type: 'waiting',
        id: work.draft.plan.id,
        step: step.id,
        waitingFor: `nothing, ${names} stays: ${judgement.because}`,
      });
    }
    if (leaving.length > 0)
      return { is: 'waiting', step, waitingFor: `${leaving.map(({ name }) => name).join(', ')} to be gone`, leaving };
  }
  return undefined;
}

/** Whoever put a finalizer there has to take it away: nobody else can end the waiting. */
function heldBy(leaving: readonly Target[]): string {
  const finalizers = [...new Set(leaving.flatMap(({ object }) => object.metadata.finalizers ?? []))];
  return finalizers.length === 0 ? '' : ` (finalizers: ${finalizers.join(', ')})`;
}

function progressOf(step: Step, leaving: readonly Target[]): string {
  const path = step.removal?.progress?.path;
  const message = path === undefined ? undefined : valueAt(leaving[0]?.object, path);
  const names = leaving.map(({ name }) => name).join(', ');
  return typeof message === 'string' && message !== '' ? `${names} to be gone: ${message}` : `${names} to be gone`;
}

/** The record stays and says what remains on the member, until that was removed as well. */
async function leaveTombstone({ draft, sites, context }: Work): Promise<void> {
  const { registration, steps, record } = draft.subject;
  const left = steps.flatMap((step) => (step.site === 'member' ? handlerOf(step).owned(step).map(nameOf) : []));
  const { at } = await sites.hub.get({ type: kubeSystemRef.key.type, name: kubeSystemRef.key.name });
  const since = record?.tombstone?.since ?? at;
  const step = recordStep({
    registration,
    steps: steps.slice(1),
    memberUid: record?.memberUid ?? '',
    server: record?.server ?? '',
    context,
    tombstone: { since, left },
  });
  const live = await observe(sites, handlerOf(step).refs(step));
  await handlerOf(step).perform(step, live, sites, context);
}
