import type { Cluster } from '../model/cluster.ts';
import type { Driver } from '../model/driver.ts';
import type { Access, Fleet, Mode } from '../model/fleet.ts';
import type { Action } from '../model/plan.ts';
import type { Context } from './steps/handler.ts';

/** What one run looks at. */
export interface SurveyOptions {
  readonly fleet: Fleet;
  readonly drivers: Readonly<Record<Mode, Driver>>;
  /** Never throws: what cannot be reached answers every call with a ClusterError. */
  readonly open: (access: Access) => Cluster;
  /** SHA-256 fingerprints of the certificates in a PEM bundle. */
  readonly fingerprints: (pem: string) => readonly string[];
  readonly context: Context;
  /** How many members are read at the same time. */
  readonly concurrency: number;
  readonly selects: (member: { readonly name: string; readonly labels: Readonly<Record<string, string>> }) => boolean;
  /** Left out: all hubs. */
  readonly hubs?: readonly string[];
  /** A selection is in force: nothing outside it is shown or planned. */
  readonly targeted: boolean;
  readonly prune: boolean;
  readonly only?: readonly Action[];
  readonly forget: readonly string[];
  readonly rebuilt: readonly string[];
  /** Nothing will be written, so that the rights to write are not asked for: whoever may read may plan. */
  readonly readOnly?: true;
}
