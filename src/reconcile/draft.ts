import type { ServerSite } from './site.ts';
import type { Driver, FoundRegistration } from '../model/driver.ts';
import type { Registration } from '../model/fleet.ts';
import type { Consequences, PlannedStep, RegistrationPlan, Verdict } from '../model/plan.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Assessment, Step } from '../model/step.ts';
import { nameOnHub } from '../model/fleet.ts';
import { assess } from './assess.ts';
import { judge, nameOf } from './judge.ts';
import { type FleetRecord, kubeSystemRef } from './record.ts';
import { leftoversOf, removalOrder, targetsOf } from './removal.ts';
import { strangers } from './steps/approval.ts';
import { handlerOf } from './steps/index.ts';

/** One registration with everything that was read about it. */
export interface Subject {
  readonly registration: Registration;
  readonly driver: Driver;
  /** The record first, then the driver's steps in join order. */
  readonly steps: readonly Step[];
  readonly live: Readings;
  readonly record?: FleetRecord;
  readonly found?: FoundRegistration;
  /** UID of the member's kube-system namespace as it is now; left out when the member could not be read. */
  readonly memberUid?: string;
  /** Where the member's own API server is. */
  readonly memberServer?: ServerSite;
  /** Why it is in the plan although the file does not ask for it to be there. */
  readonly why?: string;
  /** `--forget`: the hub only, the member cannot be reached. */
  readonly forget?: true;
  /** `--rebuilt`: another cluster under the name is expected. */
  readonly rebuilt?: true;
}

/** A registration's plan together with what it was made of, for the policies. */
export interface Draft {
  readonly subject: Subject;
  readonly plan: RegistrationPlan;
}

/** @returns what would be done about one registration; pure */
export function draft(subject: Subject): Draft {
  const plan = subject.registration.state === 'absent' ? leaving(subject) : staying(subject);
  return { subject, plan };
}

const base = ({ registration, why }: Subject) => ({
  id: registration.id,
  hub: registration.hub.name,
  member: registration.member.name,
  nameOnHub: nameOnHub(registration),
  mode: registration.mode,
  source: registration.source,
  ...(why === undefined ? {} : { why }),
});

function staying(subject: Subject): RegistrationPlan {
  const { steps, live, record, found, registration } = subject;
  const assessed = steps.map((step) => ({ step, assessment: assess(step, live) }));
  const notes = steps.flatMap((step) =>
    step.kind === 'approval'
      ? strangers(step, live).map((request) => `a certificate request by somebody else is ignored: ${request}`)
      : [],
  );
  const planned = assessed.flatMap(({ step, assessment }) => plannedStep(step, assessment) ?? []);
  const plan = (
    verdict: Verdict,
    listed: readonly PlannedStep[] = [],
    more: readonly string[] = [],
  ): RegistrationPlan => ({
    ...base(subject),
    verdict,
    steps: listed,
    notes: [...notes, ...more],
  });

  const system = live.get(kubeSystemRef);
  if (system.is === 'unreadable') return plan({ is: 'blocked', ...reasonOf(system) });
  for (const { assessment } of assessed) {
    if (assessment.is === 'unknown') return plan({ is: 'blocked', ...reasonOf(assessment) });
    if (assessment.is === 'refused') return plan({ is: 'refused', ...reasonOf(assessment) });
  }
  if (record === undefined && found !== undefined && !registration.adopt) {
    return plan(
      {
        is: 'refused',
        reason: `unmanaged: ${nameOnHub(registration)} is registered on the hub, but not by Rollcall`,
        next: 'set adopt: true to take it over',
      },
      planned.filter(({ step }) => step !== 'record'),
    );
  }
  const writes = planned.filter(({ does }) => does !== 'wait');
  if (writes.length === 0) {
    const pending = assessed.flatMap(({ assessment }) => (assessment.is === 'pending' ? [assessment.waitingFor] : []));
    return plan(pending.length === 0 ? { is: 'in-sync' } : { is: 'unhealthy', reasons: pending });
  }
  if (record === undefined && found !== undefined) {
    // A living agent is not restarted by a take-over: what would restart it is left to the next plan.
    const alive = judge(subject.driver.signs(registration).agentAlive, live).is === 'holds';
    const left = alive ? planned.filter(({ restarts }) => restarts !== undefined) : [];
    return plan(
      { is: 'change', action: 'adopt' },
      planned.filter((step) => !left.includes(step)),
      left.map((step) => `left for the next plan, it restarts ${step.restarts ?? ''}: ${step.title}`),
    );
  }
  const gone = assessed.some(
    ({ step, assessment }) => assessment.is === 'missing' && step.kind !== 'approval' && step.until === undefined,
  );
  const action = record === undefined || found === undefined || gone ? 'join' : 'repair';
  return plan({ is: 'change', action }, planned);
}

function leaving(subject: Subject): RegistrationPlan {
  const { steps, live, record, found, registration, driver, forget } = subject;
  const plan = (
    verdict: Verdict,
    listed: readonly PlannedStep[] = [],
    more: Partial<RegistrationPlan> = {},
  ): RegistrationPlan => ({
    ...base(subject),
    verdict,
    steps: listed,
    notes: [],
    ...more,
  });
  if (record === undefined) {
    if (found === undefined) return plan({ is: 'in-sync' });
    return plan({
      is: 'refused',
      reason: `unmanaged: ${nameOnHub(registration)} is registered on the hub, but not by Rollcall`,
      next: 'adopt it first (adopt: true without state: absent), or remove it with the tool that made it',
    });
  }
  const system = live.get(kubeSystemRef);
  if (system.is === 'unreadable' && forget !== true) return plan({ is: 'blocked', ...reasonOf(system) });
  const { works, addons } = driver.consequences(registration);
  const consequences = countOf(live, works, addons);
  if ('unknown' in consequences) return plan({ is: 'blocked', reason: consequences.unknown });
  if (forget === true) {
    const refusal = refuseForget(subject, consequences);
    if (refusal !== undefined) return plan(refusal, [], { consequences });
  }
  const listed: PlannedStep[] = [];
  const seen = new Set<string>();
  const notes: string[] = [];
  for (const step of removalOrder(steps)) {
    if (forget === true && step.site === 'member') continue;
    const targets = targetsOf(step, live);
    if ('unknown' in targets) return plan({ is: 'blocked', reason: targets.unknown }, [], { consequences });
    if (step.removal?.first === true && targets.present.length > 0) {
      for (const guard of step.removal.guards ?? []) {
        const judgement = judge(guard, live);
        if (judgement.is === 'unknown') return plan({ is: 'blocked', reason: judgement.because }, [], { consequences });
        if (judgement.is === 'fails')
          return plan(refuseGuard(judgement.because, registration, consequences), [], { consequences });
      }
    }
    const leavings = (step.leaves ?? [])
      .filter(({ onlyIf }) => onlyIf === undefined)
      .map((leave) => leftoversOf(leave, live));
    const unread = leavings.find((left) => 'unknown' in left);
    if (unread !== undefined && 'unknown' in unread)
      return plan({ is: 'blocked', reason: unread.unknown }, [], { consequences });
    const removed = [...targets.present, ...leavings.flatMap((left) => ('present' in left ? left.present : []))];
    // Two steps may write to one object; it goes once.
    const objects = [...new Set(removed.map(({ name }) => name))].filter((name) => !seen.has(`${step.site} ${name}`));
    for (const name of objects) seen.add(`${step.site} ${name}`);
    if (objects.length > 0)
      listed.push({ step: step.id, site: step.site, title: step.title, does: 'remove', objects, fields: [] });
    notes.push(
      ...(step.leaves ?? []).filter(({ onlyIf }) => onlyIf !== undefined).map(({ says }) => `also removed: ${says}`),
    );
  }
  if (record.tombstone !== undefined) notes.push(`left by an earlier forget: ${record.tombstone.left.join(', ')}`);
  return plan({ is: 'change', action: 'unjoin' }, listed, { consequences, notes });
}

function refuseGuard(because: string, registration: Registration, { works }: Consequences): Verdict {
  if (works === 0) return { is: 'refused', reason: because };
  return registration.works === 'refuse'
    ? {
        is: 'refused',
        reason: `${works} ManifestWorks would be deleted from the member`,
        next: 'remove them first, or set works: drain',
      }
    : {
        is: 'refused',
        reason: `${works} ManifestWorks cannot be drained: ${because}`,
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
  return { is: 'refused', reason: `${works} ManifestWorks are left on the hub for it`, next: 'remove the works first' };
}

/** @returns how many works and add-ons the hub would take from the member */
export function countOf(live: Readings, works: Ref, addons: Ref): Consequences | { readonly unknown: string } {
  const [workReading, addonReading] = [live.get(works), live.get(addons)];
  if (workReading.is === 'unreadable') return { unknown: workReading.reason };
  if (addonReading.is === 'unreadable') return { unknown: addonReading.reason };
  const names = (reading: typeof workReading): string[] =>
    reading.is === 'listed' ? reading.items.map(({ metadata }) => metadata.name).toSorted() : [];
  const [workNames, addonNames] = [names(workReading), names(addonReading)];
  return { works: workNames.length, workNames, addons: addonNames.length, addonNames };
}

function plannedStep(step: Step, assessment: Assessment): PlannedStep | undefined {
  const entry = (does: PlannedStep['does'], rest: Partial<PlannedStep> = {}): PlannedStep => ({
    step: step.id,
    site: step.site,
    title: step.title,
    does,
    objects: handlerOf(step).owned(step).map(nameOf),
    fields: [],
    ...rest,
  });
  switch (assessment.is) {
    case 'missing':
      if (step.kind === 'approval') return entry('approve', { objects: assessment.objects });
      return entry(step.kind === 'credential' ? 'issue' : 'create', { objects: assessment.objects });
    case 'drifted':
      return entry(step.kind === 'credential' ? 'issue' : 'change', {
        fields: step.id === 'record' ? [] : assessment.fields,
        ...(step.restarts === undefined ? {} : { restarts: step.restarts }),
      });
    case 'surplus':
      return entry('remove', { objects: assessment.objects });
    case 'pending':
      // An approval that has to come is ours to give: without it in the plan, execute would not be allowed to.
      if (step.kind === 'approval') return entry('approve');
      return step.kind === 'condition' && step.required !== true ? undefined : entry('wait');
    default:
      return undefined;
  }
}

const reasonOf = ({ reason, next }: { reason: string; next?: string }) => ({
  reason,
  ...(next === undefined ? {} : { next }),
});
