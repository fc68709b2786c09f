import type { Driver, FoundRegistration } from '../model/driver.ts';
import { nameOnHub, type Registration } from '../model/fleet.ts';
import type { PlannedStep, RegistrationPlan, Verdict } from '../model/plan.ts';
import type { Readings } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import type { FleetRecord } from './record.ts';
import type { ServerSite } from './site.ts';

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
  /** The member was read, and no agent of this registration is installed there. */
  readonly agentless?: true;
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

/** Why an orphan is in the plan. */
export const orphanReason = 'not in the file';

/** @returns a plan of the subject with its frame filled in */
export const framed = (
  { registration, why }: Pick<Subject, 'registration' | 'why'>,
  verdict: Verdict,
  rest: {
    readonly steps?: readonly PlannedStep[];
    readonly notes?: readonly string[];
    readonly consequences?: RegistrationPlan['consequences'];
  } = {},
): RegistrationPlan => ({
  id: registration.id,
  hub: registration.hub.name,
  member: registration.member.name,
  nameOnHub: nameOnHub(registration),
  mode: registration.mode,
  // An orphan stands nowhere in the file.
  ...(why === orphanReason ? {} : { source: registration.source }),
  ...(why === undefined ? {} : { why }),
  verdict,
  steps: rest.steps ?? [],
  ...(rest.consequences === undefined ? {} : { consequences: rest.consequences }),
  notes: rest.notes ?? [],
});

/** @returns the verdict on a registration that somebody else made */
export const unmanaged = ({ registration }: Subject, next: string): Verdict => ({
  is: 'refused',
  reason: `unmanaged: ${nameOnHub(registration)} is registered on the hub, but not by Rollcall`,
  next,
});

/** @returns reason and next of whatever has them */
export const reasonOf = ({ reason, next }: { readonly reason: string; readonly next?: string }) => ({
  reason,
  ...(next === undefined ? {} : { next }),
});
