import type { Dial, ReadYaml } from './actors/kubeconfig.ts';
import { type Clock, systemClock } from './actors/loop.ts';
import type { Surroundings } from './actors/programs.ts';
import { type OcmActors, startOcmActors } from './actors/start.ts';
import { type SandboxCluster, startCluster } from './cluster.ts';
import { dialer } from './dial.ts';
import type { ServerRequest, ServerResponse } from './server/types.ts';

/** A cluster to be started. Names with the same context are the same cluster: a hub may be its own member. */
export interface Wanted {
  readonly name: string;
  readonly context: string;
}

export interface WorldOptions {
  readonly hubs: readonly Wanted[];
  readonly members: readonly Wanted[];
  /** Parses YAML; this room has no parser of its own. */
  readonly readYaml: ReadYaml;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** 0 ≤ x < 1; default: Math.random. */
  readonly random?: () => number;
  /** Divides every duration that OCM waits for; default 1, as slow as the real programs. */
  readonly speed?: number;
  /** Listen on ports of 127.0.0.1, answering `latencyMs` late; default: no sockets at all. */
  readonly listen?: { readonly latencyMs: number };
  /** Plays OCM (hub controller, operator, agents); default true. */
  readonly actors?: boolean;
  /** Faults: answers in place of the cluster with this context, or breaks the connection (Error). */
  readonly intercept?: (context: string, request: ServerRequest) => ServerResponse | Error | undefined;
  /** Sees every request to the cluster with this context. */
  readonly onRequest?: (context: string, request: ServerRequest) => void;
  /** What the actors would log: failures that they try again. */
  readonly log?: Surroundings['log'];
}

/** Hubs and members, alive. */
export interface World {
  /** Hubs first, in the order asked for. */
  readonly clusters: readonly SandboxCluster[];
  /** @throws Error for a name that was not asked for, as `member` does */
  hub(name: string): SandboxCluster;
  member(name: string): SandboxCluster;
  /** Connects in process, by the text of a kubeconfig. */
  readonly dial: Dial;
  /** Ends a member's agents as if its machine were gone; the API server stays. */
  kill(member: string): void;
  revive(member: string): void;
  /** Stops the actors, then the clusters. */
  close(): Promise<void>;
}

/** Clusters that start side by side, so that keys are made while others are being seeded. */
const atOnce = 16;

/** Starts every cluster, seeds it, and lets OCM play on it. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const clusters = new Map<string, SandboxCluster>();
  const close = async (): Promise<void> => {
    await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
  };
  const contexts = [...new Set([...options.hubs, ...options.members].map(({ context }) => context))];
  for (let first = 0; first < contexts.length; first += atOnce) {
    const starting = contexts
      .slice(first, first + atOnce)
      .map((context, index) => start(options, context, first + index));
    const started = await Promise.allSettled(starting);
    for (const one of started) if (one.status === 'fulfilled') clusters.set(one.value.context, one.value);
    const failed = started.find((one) => one.status === 'rejected');
    if (!failed) continue;
    await close();
    throw failed.reason;
  }
  const all = [...clusters.values()];
  const dial = dialer(all, options.readYaml);
  const pick = (wanted: readonly Wanted[], what: string) => (name: string) => {
    const cluster = clusters.get(wanted.find((one) => one.name === name)?.context ?? '');
    if (!cluster) throw new Error(`the sandbox has no ${what} named ${name}`);
    return cluster;
  };
  const hub = pick(options.hubs, 'hub');
  const member = pick(options.members, 'member');
  const actors = options.actors === false ? [] : play(options, dial, hub, member);
  return {
    clusters: all,
    hub,
    member,
    dial,
    kill: (name) => actors.forEach((one) => one.kill(name)),
    revive: (name) => actors.forEach((one) => one.revive(name)),
    async close() {
      await Promise.all(actors.map((one) => one.stop()));
      await close();
    },
  };
}

function start(options: WorldOptions, context: string, index: number): Promise<SandboxCluster> {
  const { intercept, onRequest, clock = systemClock, random = Math.random, speed = 1, listen = false } = options;
  const named = (wanted: readonly Wanted[]): boolean => wanted.some((one) => one.context === context);
  return startCluster({
    context,
    roles: [
      ...(named(options.hubs) ? (['hub'] as const) : []),
      ...(named(options.members) ? (['member'] as const) : []),
    ],
    clock,
    random,
    speed,
    listen,
    url: `https://api-${index}.sandbox.invalid:6443`,
    ...(intercept && { intercept: (request) => intercept(context, request) }),
    ...(onRequest && { onRequest: (request) => onRequest(context, request) }),
  });
}

/** OCM around each hub. A member's programs find their hub by credentials, so that all members run beside the first one. */
function play(
  options: WorldOptions,
  dial: Dial,
  hub: (name: string) => SandboxCluster,
  member: (name: string) => SandboxCluster,
): readonly OcmActors[] {
  const { clock = systemClock, random = Math.random, speed = 1, readYaml, log } = options;
  const byContext = new Map(options.members.map(({ name, context }) => [context, name]));
  const members = [...byContext.values()].map((name) => ({ name, cluster: member(name).connect() }));
  return options.hubs.map(({ name }, index) =>
    startOcmActors({
      hub: hub(name).connect(),
      members: index === 0 ? members : [],
      clock,
      random,
      speed,
      dial,
      readYaml,
      ...(log && { log }),
    }),
  );
}
