import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { drivers } from '../drivers/index.ts';
import { fingerprints } from '../kube/certificates.ts';
import { connect } from '../kube/connect.ts';
import { kubeEnvironment } from '../kube/environment.ts';
import type { Cluster, ClusterUsage } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { Access, Fleet } from '../model/fleet.ts';
import type { Action } from '../model/plan.ts';
import { type Survey, survey } from '../reconcile/survey.ts';
import type { Clock } from '../reconcile/wait.ts';
import { boundHeap } from './heap.ts';
import type { Io } from './io.ts';
import { type TargetOptions, selection } from './options.ts';
import { unreachable } from './unreachable.ts';
import { version } from './version.ts';

/** The rooms of the house, connected for one run. */
export interface House {
  readonly open: (access: Access) => Cluster;
  readonly clock: Clock;
  /** Every cluster that was opened, in order of opening. */
  readonly usage: () => readonly { readonly name: string; readonly usage: ClusterUsage }[];
  /** Who holds the lock: operator, process and a random end, so that two runs never look the same. */
  readonly holder: string;
}

/** What narrows or widens a run beyond its target. */
export interface Scope {
  readonly prune: boolean;
  readonly only?: readonly Action[];
  readonly forget: readonly string[];
  readonly rebuilt: readonly string[];
  /** The command writes nothing. */
  readonly readOnly?: true;
}

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

/** @returns the house with real clusters behind the accesses */
export function house(io: Io): House {
  boundHeap();
  const environment = kubeEnvironment({
    variables: io.env,
    homeFolder: io.homeFolder,
    terminal: io.stdin.isTTY && io.stderr.isTTY,
  });
  const opened: { name: string; cluster: Cluster }[] = [];
  return {
    open: (access) => {
      try {
        const cluster = connect(access, environment);
        opened.push({ name: nameOf(access), cluster });
        return cluster;
      } catch (error) {
        if (error instanceof ClusterError) return unreachable(error);
        throw error;
      }
    },
    clock: systemClock,
    usage: () => opened.map(({ name, cluster }) => ({ name, usage: cluster.usage })),
    holder: `${io.operator} pid ${process.pid} ${randomBytes(6).toString('hex')}`,
  };
}

const nameOf = (access: Access): string =>
  access.via === 'kubeconfig' ? access.context : access.via === 'server' ? access.server : 'in-cluster';

/** Looks at the selected part of the fleet and plans. Reads only. */
export const look = (fleet: Fleet, options: TargetOptions, scope: Scope, { open }: House): Promise<Survey> =>
  survey({
    fleet,
    drivers,
    open,
    fingerprints,
    context: { fleet: fleet.name, version },
    concurrency: options.concurrency,
    ...selection(options),
    ...(options.hub === undefined ? {} : { hubs: options.hub, targeted: true }),
    ...scope,
  });
