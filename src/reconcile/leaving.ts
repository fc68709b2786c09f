import type { Registration } from '../model/fleet.ts';
import type { Consequences, PlannedStep, RegistrationPlan, Verdict } from '../model/plan.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import { judge } from './judge.ts';
import { kubeSystemRef, recordStepId } from './record.ts';
import { leftoversOf, removalOrder, targetsOf } from './removal.ts';
import { framed, reasonOf, type Subject, unmanaged } from './subject.ts';

/** @returns what an unjoin would remove, read from the join's own list backwards, or why it may not */
export function leaving(subject: Subject): RegistrationPlan {
  const { live, record, found, registration, driver, forget } = subject;
  if (record === undefined) {
    if (found === undefined) return framed(subject, { is: 'in-sync' });
    const next = 'adopt it first (adopt: true without state: absent), or remove it with the tool that made it';
    return framed(subject, unmanaged(subject, next));
  }
  const { tombstone } = record;
  const earlier =
    tombstone === undefined
      ? []
      : [`forgotten at ${tombstone.since}, left on the member: ${tombstone.left.join(', ')}`];
  const system = live.get(kubeSystemRef);
  if (system.is === 'unreadable' && forget !== true) {
    return framed(subject, { is: 'blocked', ...reasonOf(system) }, { notes: earlier });
  }
  const { works, addons } = driver.consequences(registration);
  const consequences = countOf(live, works, addons);
  if ('unknown' in consequences) return framed(subject, { is: 'blocked', reason: consequences.unknown });
  const refusal =
    (forget === true ? refuseForget(subject, consequences) : undefined) ?? refuseFirst(subject, consequences);
  if (refusal !== undefined) return framed(subject, refusal, { consequences, notes: earlier });
  const removal = removalOf(subject);
  if ('unknown' in removal) return framed(subject, { is: 'blocked', reason: removal.unknown }, { consequences });
  const notes = [...removal.notes, ...earlier];
  // Forgotten before, and nothing new on the hub: the tombstone stays until the member is back.
  if (forget === true && tombstone !== undefined && removal.steps.every(({ step }) => step === recordStepId)) {
    return framed(subject, { is: 'in-sync' }, { notes });
  }
  return framed(subject, { is: 'change', action: 'unjoin' }, { steps: removal.steps, consequences, notes });
}

/** What would go, step by step; an object that two steps write to goes once. */
function removalOf({
  steps,
  live,
  forget,
}: Subject):
  | { readonly steps: readonly PlannedStep[]; readonly notes: readonly string[] }
  | { readonly unknown: string } {
  const listed: PlannedStep[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  for (const step of removalOrder(steps)) {
    if (forget === true && step.site === 'member') continue;
    const removed: string[] = [];
    for (const part of [targetsOf(step, live), ...leavingsOf(step, live)]) {
      if ('unknown' in part) return part;
      if (part.stays !== undefined) notes.push(`stays: ${part.stays}`);
      removed.push(...part.present.map(({ name }) => name));
    }
    const objects = [...new Set(removed)].filter((name) => !seen.has(`${step.site} ${name}`));
    for (const name of objects) seen.add(`${step.site} ${name}`);
    const tombstone = forget === true && step.id === recordStepId;
    if (objects.length > 0) {
      listed.push({
        step: step.id,
        site: step.site,
        title: tombstone ? 'tombstone of what stays on the member' : step.title,
        does: tombstone ? 'change' : 'remove',
        objects,
        fields: [],
      });
    }
    for (const leave of step.leaves ?? []) {
      if (leave.onlyIf === undefined) continue;
      const left = leftoversOf(leave, live);
      if ('unknown' in left) return left;
      notes.push(...left.present.map(({ name }) => `also removed: ${name}, the ${leave.says}`));
    }
  }
  return { steps: listed, notes };
}

const leavingsOf = (step: Step, live: Readings) =>
  (step.leaves ?? []).filter(({ onlyIf }) => onlyIf === undefined).map((leave) => leftoversOf(leave, live));

/** The guards of the step that goes first; the others are judged when their turn comes. */
function refuseFirst({ steps, live, registration }: Subject, consequences: Consequences): Verdict | undefined {
  const first = steps.find(({ removal }) => removal?.first === true);
  if (first === undefined) return undefined;
  const targets = targetsOf(first, live);
  if ('unknown' in targets) return { is: 'blocked', reason: targets.unknown };
  // On its way already: whoever started that has answered for the consequences.
  const under = targets.present.some(({ object }) => object.metadata.deletionTimestamp !== undefined);
  if (under || (targets.present.length === 0 && consequences.works === 0)) return undefined;
  for (const guard of first.removal?.guards ?? []) {
    const judgement = judge(guard, live);
    if (judgement.is === 'unknown') return { is: 'blocked', reason: judgement.because };
    if (judgement.is === 'fails') return refuseGuard(judgement.because, registration, consequences);
  }
  return undefined;
}

const countedWorks = (works: number): string => `${works} ManifestWork${works === 1 ? '' : 's'}`;

function refuseGuard(because: string, registration: Registration, { works }: Consequences): Verdict {
  if (works === 0) return { is: 'refused', reason: because };
  return registration.works === 'refuse'
    ? {
        is: 'refused',
        reason: `${countedWorks(works)} would be deleted from the member`,
        next: 'remove them first, or declare it with state: absent and works: drain',
      }
    : {
        is: 'refused',
        reason: `${countedWorks(works)} cannot be drained: ${because}`,
        next: "bring the member's agent back, or remove the works",
      };
}

function refuseForget({ registration, driver, live }: Subject, { works }: Consequences): Verdict | undefined {
  const alive = judge(driver.signs(registration).heartbeat, live);
  if (alive.is === 'unknown') return { is: 'blocked', reason: alive.because };
  if (alive.is === 'holds') {
    return {
      is: 'refused',
      reason: 'its agent is alive and would drain everything from the member',
      next: 'unjoin it the ordinary way (state: absent), or stop the agent first',
    };
  }
  if (works === 0) return undefined;
  const left = `${countedWorks(works)} ${works === 1 ? 'is' : 'are'} left on the hub for it`;
  return { is: 'refused', reason: left, next: 'remove the works first' };
}

/** @returns how many works and add-ons the hub would take from the member */
function countOf(live: Readings, works: Ref, addons: Ref): Consequences | { readonly unknown: string } {
  const [workReading, addonReading] = [live.get(works), live.get(addons)];
  if (workReading.is === 'unreadable') return { unknown: workReading.reason };
  if (addonReading.is === 'unreadable') return { unknown: addonReading.reason };
  const names = (reading: typeof workReading): string[] =>
    reading.is === 'listed' ? reading.items.map(({ metadata }) => metadata.name).toSorted() : [];
  const [workNames, addonNames] = [names(workReading), names(addonReading)];
  return { works: workNames.length, workNames, addons: addonNames.length, addonNames };
}
