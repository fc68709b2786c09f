import type { Action } from './plan.ts';

/** What happened to one registration. */
export type Outcome = {
  readonly id: string;
  readonly action: Action | 'none';
  /** Milliseconds it took, by our monotonic clock. */
  readonly tookMs: number;
  /** Objects that were written, as in `hub ManagedCluster/edge-1`. */
  readonly written: readonly string[];
} & (
  | { readonly is: 'done' }
  | { readonly is: 'failed'; readonly step: string; readonly reason: string; readonly next?: string }
  | { readonly is: 'blocked'; readonly reason: string; readonly next?: string }
  | { readonly is: 'refused'; readonly reason: string; readonly next?: string }
  | { readonly is: 'interrupted'; readonly step?: string }
  | { readonly is: 'not-started'; readonly reason: string }
);

/** What `execute` tells while it works; `report/` renders it. */
export type ExecuteEvent =
  | { readonly type: 'started'; readonly id: string; readonly action: Action }
  | { readonly type: 'performing'; readonly id: string; readonly step: string; readonly title: string }
  | { readonly type: 'waiting'; readonly id: string; readonly step: string; readonly waitingFor: string }
  | { readonly type: 'finished'; readonly id: string; readonly outcome: Outcome };

/** One registration as `status` shows it. Times are RFC 3339. */
export interface StatusRow {
  readonly id: string;
  readonly hub: string;
  readonly member: string;
  readonly mode: string;
  readonly state:
    | 'in sync'
    | 'absent'
    | 'drifted'
    | 'unhealthy'
    | 'unreachable'
    | 'hub view'
    | 'refused'
    | 'missing'
    | 'orphan'
    | 'leaving'
    | 'unmanaged';
  /** Since when the hub has seen it so (last transition of its Available condition). */
  readonly since?: string;
  /** Last renewal of the agent's lease. */
  readonly agentRenewed?: string;
  readonly certificateExpires?: string;
  readonly note?: string;
}

export interface Status {
  readonly apiVersion: 'rollcall.dev/v1alpha1';
  readonly kind: 'Status';
  readonly fleet: string;
  /** The hubs' clock, for ages in the table. */
  readonly at: string;
  readonly rows: readonly StatusRow[];
}
