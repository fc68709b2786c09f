import type { RawCluster } from '../../model/cluster.ts';
import { runRegistrationAgent } from './agent.ts';
import { startCache } from './cache.ts';
import { clientOf } from './client.ts';
import { startHubController } from './hub-controller.ts';
import { type Deployment, kinds } from './kinds.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { backoff, pause } from './loop.ts';
import { runOperator } from './operator.ts';
import type { MemberCluster, Program, Surroundings } from './programs.ts';
import { runWorkAgent } from './work-agent.ts';

const runBoth: Program = async (process) => {
  const exit = new AbortController();
  const inner = { ...process, signal: AbortSignal.any([process.signal, exit.signal]) };
  const work = runUntilExit(inner);
  try {
    await runRegistrationAgent(inner);
  } finally {
    exit.abort();
    await work;
  }
};

/** The work half of a singleton starts over by itself: only the registration half decides when the process ends. */
const runUntilExit: Program = async (process) => {
  for (let failures = 0; !process.signal.aborted; failures += 1) {
    try {
      await runWorkAgent(process);
    } catch (error) {
      process.log(`${process.member.name} work`, error);
      await pause(process.clock, backoff(failures), process.signal);
    }
  }
};

const programs: Readonly<Record<string, Program>> = {
  '/registration-operator klusterlet': runOperator,
  '/registration-operator agent': runBoth,
  '/registration agent': runRegistrationAgent,
  '/work agent': runWorkAgent,
};

/** OCM as it runs around one hub. */
export interface OcmActors {
  /** Ends a member's agents as if its network or machine were gone: its Deployments and its Klusterlet stay green. */
  kill(member: string): void;
  /** Starts them again. */
  revive(member: string): void;
  /** Resolves when nothing of it runs any more and no request is under way. */
  stop(): Promise<void>;
}

interface Running {
  readonly kubelet: Kubelet;
  stop(): Promise<void>;
}

const startMember = (name: string, raw: RawCluster, given: Surroundings): Running => {
  const own = clientOf(raw, 'kubelet');
  const deployments = startCache(own, { type: kinds.deployment }, given.clock);
  const secrets = startCache(own, { type: kinds.secret }, given.clock);
  const member: MemberCluster = { name, client: (program) => clientOf(raw, program), deployments, secrets };
  const kubelet = startKubelet(member, programs, given);
  return {
    kubelet,
    async stop() {
      await kubelet.stop();
      await Promise.all([deployments.stop(), secrets.stop()]);
    },
  };
};

const isAgent = (deployment: Deployment): boolean =>
  deployment.spec?.template?.spec?.containers?.[0]?.args?.[1] === 'agent';

/**
 * Plays OCM: its controller on `hub`, and on every member whatever its Deployments say (operator, registration agent, work agent). Uses nothing but
 * the Kubernetes API; agents reach a hub only through `dial` and the credentials they were given. A second hub is a second
 * call, with members that belong to no other.
 * @param options.hub a connection with all rights, as the members' ones
 * @param options.speed divides every duration that OCM waits for (leases, restarts); 1 is as slow as the real programs
 * @param options.log what the programs would log: failures that they try again
 */
export const startOcmActors = (
  options: {
    readonly hub: RawCluster;
    readonly members: readonly { readonly name: string; readonly cluster: RawCluster }[];
  } & Omit<Surroundings, 'log'> & {
      readonly log?: Surroundings['log'];
    },
): OcmActors => {
  const { hub, members, clock, random, speed, dial, readYaml, log = () => {} } = options;
  const given: Surroundings = { clock, random, speed, dial, readYaml, log };
  const stopHub = startHubController({ hub, clock, speed, log });
  const running = new Map(members.map(({ name, cluster }) => [name, startMember(name, cluster, given)]));
  return {
    kill: (member) => running.get(member)?.kubelet.hold(isAgent),
    revive: (member) => running.get(member)?.kubelet.hold(() => false),
    async stop() {
      await Promise.all([stopHub(), ...[...running.values()].map((member) => member.stop())]);
    },
  };
};
