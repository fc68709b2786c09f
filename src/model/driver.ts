import type { Access, Hub, HubType, Mode, Registration } from './fleet.ts';
import type { Readings, Ref, SiteName } from './readings.ts';
import type { Condition, Operand, Step } from './step.ts';

/** What must be known of a hub before the steps of its registrations can be listed. */
export interface HubFacts {
  /** How members reach it. */
  readonly server: string;
  readonly ca?: string;
  readonly caFingerprints: readonly string[];
  readonly proxyUrl?: string;
  readonly tlsServerName?: string;
}

/** A registration found on the hub, made by anyone. */
export interface FoundRegistration {
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** One way to register. Pure: no I/O, no clock, no randomness. */
export interface Driver {
  readonly mode: Mode;
  readonly hubType: HubType;
  /** What must be read of the hub to know its facts and what is registered there. */
  hubReads(hub: Hub): readonly Ref[];
  discover(hub: Hub, live: Readings): readonly FoundRegistration[] | { readonly unreadable: string };
  sites(registration: Registration): Readonly<Record<SiteName, Access>>;
  /** In join order. */
  steps(registration: Registration, facts: HubFacts): readonly Step[];
  /** What may not change once recorded, by option name: a difference is refused, unjoin first. */
  pinned(registration: Registration): Readonly<Record<string, string>>;
  /**
   * What tells that the agent lives. `heartbeat` needs the hub only: the lease is fresh. `holdsAgent` needs the member only:
   * an agent of this name is installed there, alive or not.
   */
  signs(registration: Registration): {
    readonly agentAlive: Condition;
    readonly heartbeat: Condition;
    readonly holdsAgent: Condition;
    readonly agentRenewed: Operand;
    readonly since: Operand;
    readonly certificateExpires: Operand;
  };
  /** What an unjoin makes disappear. */
  consequences(registration: Registration): { readonly works: Ref; readonly addons: Ref };
}
