import { ClusterError } from '../model/errors.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import { type Ending, fenced, type Work } from './execute.ts';
import { judge } from './judge.ts';
import { joined, observe } from './observe.ts';
import { valueAt } from './path.ts';
import { kubeSystemRef, recordStep } from './record.ts';
import { leftoversOf, refsOfRemoval, removalOrder, type Target, targetsOf } from './removal.ts';
import { refsOfCondition } from './steps/condition.ts';
import { handlerOf } from './steps/index.ts';

const pollMs = { hub: 5_000, member: 1_000 } as const;

/**
 * Removes one registration, reading the join's own list backwards. Everything that is removed was read as present just
 * before and is deleted by its UID; a step is done when its objects read absent.
 */
export async function remove(work: Work, written: string[]): Promise<Ending> {
  const { draft, sites, waker, clock, signal } = work;
  const { plan, subject } = draft;
  const forget = subject.forget === true;
  const order = removalOrder(subject.steps).filter((step) => !forget || step.site === 'hub');
  const refs: Ref[] = [...(forget ? [] : [kubeSystemRef]), ...refsOfRemoval(order)];
  const reads = refs.filter(({ site, read }) => read !== 'contents' && (!forget || site === 'hub'));
  const deadline = clock.now() + work.waitTimeoutMs;
  let waiting = '';

  for (;;) {
    const alarm = waker.arm(reads.filter((ref) => ref.read === 'object' && ref.site === 'hub'));
    try {
      const live = await observe(forget ? { hub: sites.hub } : sites, reads);
      const fence = forget ? undefined : fenced(live, subject.memberUid);
      if (fence !== undefined)
        return written.length > 0 && fence.is === 'blocked' ? { ...fence, is: 'failed', step: 'identity' } : fence;
      const next = await nextRemoval(order, live, work, written);
      if (next.is === 'gone') {
        if (!forget) return { is: 'done' };
        await leaveTombstone(work);
        return { is: 'done' };
      }
      if (next.is === 'stopped') return next.ending;
      if (signal.aborted) return { is: 'interrupted', step: next.step.id };
      if (next.is === 'waiting') {
        if (clock.now() >= deadline) {
          return {
            is: 'failed',
            step: next.step.id,
            reason: `timed out waiting for: ${next.waitingFor}`,
            next: 're-running is safe',
          };
        }
        if (waiting !== next.waitingFor)
          work.onEvent({ type: 'waiting', id: plan.id, step: next.step.id, waitingFor: next.waitingFor });
        waiting = next.waitingFor;
        await alarm.changed(Math.min(pollMs[next.step.site], Math.max(deadline - clock.now(), 1)), signal);
        continue;
      }
      if (written.length === 0 && !(await work.mayWrite())) {
        return { is: 'blocked', reason: 'the lock on the hub was taken by another run', next: 'plan again' };
      }
      work.onEvent({
        type: 'performing',
        id: plan.id,
        step: next.step.id,
        title: `remove ${next.targets.map(({ name }) => name).join(', ')}`,
      });
      for (const { site, key, object, name } of next.targets) {
        await sites[site].remove(key, { uid: object.metadata.uid ?? '' });
        written.push(`${site} ${name} removed`);
      }
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return {
        is: 'failed',
        step: 'remove',
        reason: error.message,
        ...(error.next === undefined ? {} : { next: error.next }),
      };
    } finally {
      alarm.disarm();
    }
  }
}

type Next =
  | { readonly is: 'gone' }
  | { readonly is: 'stopped'; readonly ending: Ending }
  | { readonly is: 'waiting'; readonly step: Step; readonly waitingFor: string }
  | { readonly is: 'delete'; readonly step: Step; readonly targets: readonly Target[] };

async function nextRemoval(
  order: readonly Step[],
  live: Readings,
  work: Work,
  written: readonly string[],
): Promise<Next> {
  const { forget } = work.draft.subject;
  for (const step of order) {
    // A forget leaves the record as a tombstone.
    if (forget === true && step.id === 'record') continue;
    const targets = targetsOf(step, live);
    if ('unknown' in targets) return stopped(step, targets.unknown, written);
    const present = targets.present;
    if (present.length > 0) {
      const leaving = present.filter(({ object }) => object.metadata.deletionTimestamp !== undefined);
      if (leaving.length === present.length) return { is: 'waiting', step, waitingFor: progressOf(step, leaving) };
      const guard = guardOf(step, live);
      if (guard !== undefined) {
        if (guard.is === 'unknown') return stopped(step, guard.because, written);
        if (step.removal?.first === true && written.length === 0)
          return { is: 'stopped', ending: { is: 'refused', reason: guard.because } };
        return { is: 'waiting', step, waitingFor: guard.because };
      }
      return { is: 'delete', step, targets: present.filter((target) => !leaving.includes(target)) };
    }
    const left = await leftoverOf(step, live, work);
    if (left !== undefined) return 'unknown' in left ? stopped(step, left.unknown, written) : left;
  }
  return { is: 'gone' };
}

function guardOf(step: Step, live: Readings): { is: 'fails' | 'unknown'; because: string } | undefined {
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
): Promise<Next | { readonly unknown: string } | undefined> {
  for (const leave of step.leaves ?? []) {
    const left = leftoversOf(leave, live);
    if ('unknown' in left) return left;
    const leaving = left.present.filter(({ object }) => object.metadata.deletionTimestamp !== undefined);
    const present = left.present.filter((target) => !leaving.includes(target));
    if (present.length > 0) {
      const more = leave.onlyIf === undefined ? undefined : await observe(work.sites, refsOfCondition(leave.onlyIf));
      const judgement =
        leave.onlyIf === undefined || more === undefined
          ? undefined
          : judge(leave.onlyIf, joined([{ site: leave.ref.site, live: more }]));
      if (judgement?.is === 'unknown') return { unknown: judgement.because };
      if (judgement === undefined || judgement.is === 'holds') return { is: 'delete', step, targets: present };
      work.onEvent({
        type: 'waiting',
        id: work.draft.plan.id,
        step: step.id,
        waitingFor: `nothing, it stays: ${judgement.because}`,
      });
    }
    if (leaving.length > 0)
      return { is: 'waiting', step, waitingFor: `${leaving.map(({ name }) => name).join(', ')} to be gone` };
  }
  return undefined;
}

const stopped = (step: Step, reason: string, written: readonly string[]): Next => ({
  is: 'stopped',
  ending:
    written.length > 0
      ? { is: 'failed', step: step.id, reason, next: 're-running is safe' }
      : { is: 'blocked', reason },
});

function progressOf(step: Step, leaving: readonly Target[]): string {
  const path = step.removal?.progress?.path;
  const message = path === undefined ? undefined : valueAt(leaving[0]?.object, path);
  const names = leaving.map(({ name }) => name).join(', ');
  return typeof message === 'string' ? `${names} to be gone: ${message}` : `${names} to be gone`;
}

async function leaveTombstone(work: Work): Promise<void> {
  const { registration, steps, record } = work.draft.subject;
  const left = steps.flatMap((step) =>
    step.site === 'member'
      ? handlerOf(step)
          .owned(step)
          .map((ref) => ref)
      : [],
  );
  const step = recordStep(registration, steps.slice(1), record?.memberUid ?? '', work.context, {
    since: (await work.sites.hub.get({ type: kubeSystemRef.key.type, name: 'kube-system' })).at,
    left: left.map(({ key }) => `${key.type.kind}/${key.name}`),
  });
  const live = await observe(work.sites, handlerOf(step).refs(step));
  await handlerOf(step).perform(step, live, work.sites, work.context);
}
