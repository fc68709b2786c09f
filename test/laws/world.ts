import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { drivers } from '../../src/drivers/index.ts';
import { fingerprints } from '../../src/kube/certificates.ts';
import { clusterOf } from '../../src/kube/client.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { ClusterError } from '../../src/model/errors.ts';
import type { Access, Fleet, Mode, OcmOptions, Registration } from '../../src/model/fleet.ts';
import type { ExecuteEvent, Outcome } from '../../src/model/outcome.ts';
import { takeLock } from '../../src/reconcile/lock.ts';
import { toExecute } from '../../src/reconcile/plan.ts';
import { run } from '../../src/reconcile/run.ts';
import type { SurveyOptions } from '../../src/reconcile/scope.ts';
import { type Survey, survey } from '../../src/reconcile/survey.ts';
import type { Clock } from '../../src/reconcile/wait.ts';
import type { Clock as WorldClock } from '../../src/sandbox/actors/loop.ts';
import type { ServerRequest, ServerResponse } from '../../src/sandbox/server/types.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';

/** Virtual milliseconds per real one: leases and namespaces take their time without the tests taking it. */
const haste = 100;

/** A clock that runs fast and is otherwise like the machine's. */
export function fastClock(): WorldClock & Clock {
  const start = Date.now();
  const now = (): number => start + (performance.timeOrigin + performance.now() - start) * haste;
  return {
    now,
    after: (ms, run) => {
      const timer = setTimeout(run, ms / haste);
      return () => clearTimeout(timer);
    },
    sleep: async (ms, signal) => {
      await sleep(ms / haste, undefined, { signal }).catch(() => {});
    },
  };
}

const source = { file: 'fleet.yaml', line: 1, column: 1 };
const access = (context: string): Access => ({ via: 'kubeconfig', context, insideFleetFolder: false });

/** One member as a test declares it. */
export interface Declared {
  readonly name: string;
  readonly mode?: Mode;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: OcmOptions;
  readonly context?: string;
  readonly state?: 'present' | 'absent';
  readonly works?: 'refuse' | 'drain';
  readonly adopt?: boolean;
  readonly hub?: string;
}

/** @returns a fleet with hub `hub` (or the hubs named) and these members */
export function fleetOf(members: readonly Declared[]): Fleet {
  const hubs = [...new Set(members.map(({ hub = 'hub' }) => hub))].map((name) => ({
    name,
    type: 'ocm' as const,
    access: access(name),
    source,
  }));
  const registrations = members.flatMap((declared): Registration[] => {
    const hub = hubs.find(({ name }) => name === (declared.hub ?? 'hub'));
    if (hub === undefined) return [];
    return [
      {
        id: `${hub.name}/${declared.name}`,
        hub,
        member: {
          name: declared.name,
          labels: declared.labels ?? {},
          access: access(declared.context ?? declared.name),
          source,
        },
        mode: declared.mode ?? 'ocm-default',
        state: declared.state ?? 'present',
        works: declared.works ?? 'refuse',
        adopt: declared.adopt ?? false,
        options: declared.options ?? {},
        source,
      },
    ];
  });
  return { name: 'acme', hubs, members: registrations.map(({ member }) => member), registrations };
}

/** What a request to any cluster of the world meets; undefined lets it through. */
export type Fault = (context: string, request: ServerRequest) => ServerResponse | Error | undefined;

/** Hubs and members in this process, and the product's own client on them, without sockets. */
export interface TestWorld {
  readonly world: World;
  readonly clock: WorldClock & Clock;
  /** The product's requests, as `METHOD context path`; the actors' are not among them. */
  readonly requests: string[];
  /** Applies to the product's requests only. */
  fault: Fault;
  open(access: Access): Cluster;
  plan(fleet: Fleet, scope?: Partial<SurveyOptions>): Promise<Survey>;
  apply(fleet: Fleet, scope?: Partial<SurveyOptions>): Promise<Applied>;
  close(): Promise<void>;
}

export interface Applied {
  readonly survey: Survey;
  readonly outcomes: readonly Outcome[];
  readonly events: readonly ExecuteEvent[];
}

export async function testWorld(
  names: { hubs?: readonly string[]; members: readonly string[] },
  settings: { actors?: boolean } = {},
): Promise<TestWorld> {
  const clock = fastClock();
  const wanted = (list: readonly string[]) => list.map((name) => ({ name, context: name }));
  const world = await startWorld({
    hubs: wanted(names.hubs ?? ['hub']),
    members: wanted(names.members),
    readYaml: load,
    clock,
    ...(settings.actors === undefined ? {} : { actors: settings.actors }),
  });
  const kubeClock = { now: clock.now, sleep: (ms: number) => sleep(ms / haste).then(() => {}), random: Math.random };
  const test: TestWorld = {
    world,
    clock,
    requests: [],
    fault: () => undefined,
    open: (access) => {
      const context = access.via === 'kubeconfig' ? access.context : '';
      const found = world.clusters.find((cluster) => cluster.context === context);
      if (found === undefined) throw new Error(`no cluster ${context} in this world`);
      const meet = (request: Parameters<typeof found.admin.send>[0]): ServerResponse | undefined => {
        test.requests.push(`${request.method} ${context} ${request.path}`);
        const met = test.fault(context, { headers: {}, ...request, user: { name: 'product', groups: [] } });
        if (met instanceof Error) throw new ClusterError('unreachable', met.message, { retryable: true });
        return met;
      };
      return clusterOf(
        {
          send: async (request) => {
            const met = meet(request);
            return met === undefined
              ? found.admin.send(request)
              : { status: met.status, headers: met.headers, body: String(met.body) };
          },
          stream: async (request) => {
            meet(request);
            return found.admin.stream(request);
          },
          close: () => Promise.resolve(),
        },
        { server: found.url, ca: found.authority.ca },
        { clock: kubeClock, retries: 0 },
      );
    },
    plan: (fleet, scope = {}) =>
      survey({
        fleet,
        drivers,
        open: test.open,
        fingerprints,
        context: { fleet: fleet.name, version: '0.0.0' },
        concurrency: 16,
        selects: () => true,
        targeted: false,
        prune: false,
        forget: [],
        rebuilt: [],
        ...scope,
      }),
    apply: async (fleet, scope = {}) => {
      const found = await test.plan(fleet, scope);
      const ids = new Set(toExecute(found.plan).map(({ id }) => id));
      const drafts = found.drafts.filter(({ plan }) => ids.has(plan.id));
      const events: ExecuteEvent[] = [];
      if (drafts.length === 0) return { survey: found, outcomes: [], events };
      const lock = await takeLock(found.hubs, fleet.name, `test ${Math.random()}`);
      try {
        const outcomes = await run({
          drafts,
          hubs: found.hubs,
          open: test.open,
          lock,
          context: { fleet: fleet.name, version: '0.0.0' },
          clock,
          signal: new AbortController().signal,
          concurrency: 16,
          hubConcurrency: 16,
          waitTimeoutMs: 600_000,
          onEvent: (event) => events.push(event),
        });
        return { survey: found, outcomes, events };
      } finally {
        await lock.release();
      }
    },
    close: () => world.close(),
  };
  return test;
}
