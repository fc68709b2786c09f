import type { Source, Mode } from './fleet.ts';
import type { SiteName } from './readings.ts';
import type { FieldDiff } from './step.ts';

export type Action = 'join' | 'repair' | 'adopt' | 'unjoin';

/** One step that will be carried out, as data for people and machines. */
export interface PlannedStep {
  readonly step: string;
  readonly site: SiteName;
  readonly title: string;
  readonly does: 'create' | 'change' | 'remove' | 'issue' | 'approve' | 'wait';
  /** Objects it touches, as in `Klusterlet/klusterlet`. */
  readonly objects: readonly string[];
  readonly fields: readonly FieldDiff[];
  readonly restarts?: string;
}

/** What disappears with an unjoin beside what the steps themselves remove. */
export interface Consequences {
  readonly works: number;
  readonly workNames: readonly string[];
  readonly addons: number;
  readonly addonNames: readonly string[];
}

export type Verdict =
  | { readonly is: 'change'; readonly action: Action }
  | { readonly is: 'in-sync' }
  | { readonly is: 'unhealthy'; readonly reasons: readonly string[] }
  | { readonly is: 'blocked'; readonly reason: string; readonly next?: string }
  | { readonly is: 'refused'; readonly reason: string; readonly next?: string };

export interface RegistrationPlan {
  /** `hub/member` */
  readonly id: string;
  readonly hub: string;
  readonly member: string;
  readonly nameOnHub: string;
  readonly mode: Mode;
  /** Why it is in the plan, as in `state: absent`, `not in the file`. */
  readonly why?: string;
  readonly source?: Source;
  readonly verdict: Verdict;
  /** Why a change is shown but not carried out in this run, as in `needs --prune`, `not among --only repair`. */
  readonly held?: string;
  /** What will be done (change), or what differs (refused as unmanaged). In order. */
  readonly steps: readonly PlannedStep[];
  readonly consequences?: Consequences;
  /** Remarks for people, as in "1 request by somebody else is ignored". */
  readonly notes: readonly string[];
}

/** A registration found on a hub that the file does not name and no record of ours claims. */
export interface Unmanaged {
  readonly hub: string;
  readonly name: string;
}

export interface HubPlan {
  readonly name: string;
  readonly observed: boolean;
  readonly reason?: string;
  readonly next?: string;
}

/** A plan is a value: deterministic for the same fleet and live state, free of secrets, hashable. */
export interface Plan {
  readonly apiVersion: 'rollcall.dev/v1alpha1';
  readonly kind: 'Plan';
  readonly fleet: string;
  /** SHA-256 (hex) over actions, steps and field changes; not over versions, times or notes. */
  readonly hash: string;
  readonly hubs: readonly HubPlan[];
  /** In order of the file; orphans after them, by id. */
  readonly registrations: readonly RegistrationPlan[];
  readonly unmanaged: readonly Unmanaged[];
  /** Members in the file, for the heading. */
  readonly members: number;
}
