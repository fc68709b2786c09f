import { nameOnHub } from '../model/fleet.ts';
import type { PlannedStep, RegistrationPlan } from '../model/plan.ts';
import type { Readings } from '../model/readings.ts';
import type { Assessment, Step } from '../model/step.ts';
import { assess, presentOf } from './assess.ts';
import { judge, nameOf } from './judge.ts';
import { leaving } from './leaving.ts';
import { kubeSystemRef } from './record.ts';
import { strangers } from './steps/approval.ts';
import { handlerOf } from './steps/index.ts';
import { type Draft, framed, reasonOf, type Subject, unmanaged } from './subject.ts';

/** @returns what would be done about one registration; pure */
export function draft(given: Subject): Draft {
  const subject = isAgentless(given) ? { ...given, agentless: true as const } : given;
  return { subject, plan: subject.registration.state === 'absent' ? leaving(subject) : staying(subject) };
}

const isAgentless = ({ driver, registration, live, memberUid }: Subject): boolean =>
  memberUid !== undefined && judge(driver.signs(registration).holdsAgent, live).is === 'fails';

interface Assessed {
  readonly step: Step;
  readonly assessment: Assessment;
}

function staying(subject: Subject): RegistrationPlan {
  const { steps, live, record, found, registration } = subject;
  const assessed = steps.map((step): Assessed => ({ step, assessment: assess(step, live) }));
  const notes = steps
    .flatMap((step) => (step.kind === 'approval' ? strangers(step, live) : []))
    .map((request) => `a certificate request by somebody else is ignored: ${request}`);

  const system = live.get(kubeSystemRef);
  if (system.is === 'unreadable') return framed(subject, { is: 'blocked', ...reasonOf(system) }, { notes });
  for (const { assessment } of assessed) {
    if (assessment.is === 'unknown') return framed(subject, { is: 'blocked', ...reasonOf(assessment) }, { notes });
  }
  const planned = plannedSteps(assessed, live);
  for (const { assessment } of assessed) {
    if (assessment.is === 'refused') return framed(subject, { is: 'refused', ...reasonOf(assessment) }, { notes });
  }
  if (record === undefined && found !== undefined && !registration.adopt) {
    const differing = planned.filter(({ step }) => step !== 'record');
    return framed(subject, unmanaged(subject, 'set adopt: true to take it over'), { steps: differing, notes });
  }
  const rebuilt = refuseRebuilt(subject);
  if (rebuilt !== undefined) return framed(subject, rebuilt, { notes });
  if (planned.every(({ does }) => does === 'wait')) {
    const pending = assessed.flatMap(({ assessment }) => (assessment.is === 'pending' ? [assessment.waitingFor] : []));
    return framed(
      subject,
      pending.length === 0 ? { is: 'in-sync' } : { is: 'unhealthy', reasons: pending.map((text) => `needs ${text}`) },
      { notes },
    );
  }
  if (record === undefined && found !== undefined) return adopting(subject, planned, notes);
  const gone = assessed.some(
    ({ step, assessment }) => assessment.is === 'missing' && step.kind !== 'approval' && step.until === undefined,
  );
  const action = record === undefined || found === undefined || gone ? 'join' : 'repair';
  return framed(subject, { is: 'change', action }, { steps: planned, notes });
}

/** A take-over does nothing that a living agent would notice: that is left to the next plan. */
function adopting(subject: Subject, planned: readonly PlannedStep[], notes: readonly string[]): RegistrationPlan {
  const { driver, registration, live, steps } = subject;
  // The hub's view alone: in another mode the agent is another Deployment, and it lives all the same.
  const alive = judge(driver.signs(registration).heartbeat, live).is !== 'fails';
  if (alive && subject.agentless === true) {
    const name = nameOnHub(registration);
    return framed(
      subject,
      {
        is: 'refused',
        reason: `the agent that renews the lease of ${name} is not on this member`,
        next: `check the context and options.klusterletName; if the agent was removed just now, wait until its lease is old`,
      },
      { notes },
    );
  }
  const noticed = new Set(
    alive ? steps.filter(({ awaited, until }) => awaited || until !== undefined).map(({ id }) => id) : [],
  );
  const left = planned.filter(({ step }) => noticed.has(step));
  return framed(
    subject,
    { is: 'change', action: 'adopt' },
    {
      steps: planned.filter((step) => !left.includes(step)),
      notes: [
        ...notes,
        ...left.map(
          ({ title, restarts }) =>
            `left for the next plan${restarts === undefined ? '' : `, it restarts ${restarts}`}: ${title}`,
        ),
      ],
    },
  );
}

/** A cluster that was rebuilt has no agent left; one that renews its lease is somebody else's, or the old one. */
function refuseRebuilt({ rebuilt, record, memberUid, driver, registration, live }: Subject) {
  if (rebuilt !== true || record === undefined || record.memberUid === memberUid) return undefined;
  const heartbeat = judge(driver.signs(registration).heartbeat, live);
  if (heartbeat.is === 'unknown') return { is: 'blocked', reason: heartbeat.because } as const;
  if (heartbeat.is === 'fails') return undefined;
  return {
    is: 'refused',
    reason: `the agent of the recorded cluster (kube-system ${record.memberUid}) still renews its lease`,
    next: 'if that cluster still exists, it is another member: give this one its own name; otherwise wait until its lease is old',
  } as const;
}

function plannedSteps(assessed: readonly Assessed[], live: Readings): readonly PlannedStep[] {
  const planned = assessed.map(({ step, assessment }) => plannedStep(step, assessment));
  const isAwaited = assessed.some(({ step }, index) => step.awaited === true && planned[index] !== undefined);
  return assessed.flatMap(({ step, assessment }, index) => {
    const entry = planned[index];
    if (entry !== undefined) return [entry];
    // What is there and needed now goes at the end of this very change.
    const isTemporary = isAwaited && assessment.is === 'satisfied' && step.until !== undefined;
    const objects = isTemporary ? presentOf(step, live) : [];
    return objects.length === 0 ? [] : [{ ...entryOf(step, 'remove'), objects }];
  });
}

const entryOf = (step: Step, does: PlannedStep['does']): PlannedStep => ({
  step: step.id,
  site: step.site,
  title: step.title,
  does,
  objects: handlerOf(step).owned(step).map(nameOf),
  fields: [],
});

function plannedStep(step: Step, assessment: Assessment): PlannedStep | undefined {
  const entry = (does: PlannedStep['does'], rest: Partial<PlannedStep> = {}): PlannedStep => ({
    ...entryOf(step, does),
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
