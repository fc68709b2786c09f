import type { Cache } from './cache.ts';
import type { Client } from './client.ts';
import type { Deployment, Secret } from './kinds.ts';
import type { Dial, ReadYaml } from './kubeconfig.ts';
import type { Clock } from './loop.ts';

/** What every program of the sandbox is given instead of a machine. */
export interface Surroundings {
  readonly clock: Clock;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  /** Divides every duration that is not a mere retry: at 60, a lease of a minute is renewed every second. */
  readonly speed: number;
  readonly dial: Dial;
  readonly readYaml: ReadYaml;
  /** Something failed and will be tried again: what a program would write to its log. */
  readonly log: (program: string, error: unknown) => void;
}

/** One member, as the programs that run on it see it. */
export interface MemberCluster {
  readonly name: string;
  /** @returns a client whose writes carry this program's name */
  client(program: string): Client;
  readonly deployments: Cache<Deployment>;
  readonly secrets: Cache<Secret>;
}

/** One run of a program in a pod: from its start until it exits or `signal` aborts. The kubelet starts it again. */
export interface Process extends Surroundings {
  readonly member: MemberCluster;
  readonly namespace: string;
  readonly args: readonly string[];
  /** The pod's in-memory volume: it outlives the process, not the pod. */
  readonly files: Map<string, string>;
  readonly signal: AbortSignal;
}

export type Program = (process: Process) => Promise<void>;

/** @returns the value of `--name=value` */
export const flag = (args: readonly string[], name: string): string | undefined =>
  args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
