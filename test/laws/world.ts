import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { drivers } from '../../src/drivers/index.ts';
import { fingerprints } from '../../src/kube/certificates.ts';
import { clusterOf } from '../../src/kube/client.ts';
import type { Cluster, KubeObject, RawRequest } from '../../src/model/cluster.ts';
import { ClusterError } from '../../src/model/errors.ts';
import type { Access, Fleet } from '../../src/model/fleet.ts';
import type { ExecuteEvent, Outcome } from '../../src/model/outcome.ts';
import { takeLock } from '../../src/reconcile/lock.ts';
import { toExecute } from '../../src/reconcile/plan.ts';
import { run } from '../../src/reconcile/run.ts';
import type { SurveyOptions } from '../../src/reconcile/scope.ts';
import { type Survey, survey } from '../../src/reconcile/survey.ts';
import type { ServerRequest, ServerResponse } from '../../src/sandbox/server/types.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { type FastClock, fastClock } from './clock.ts';

/** What a request to any cluster of the world meets; undefined lets it through. An Error that is no ClusterError is a crash. */
export type Fault = (context: string, request: ServerRequest) => ServerResponse | Error | undefined;

/** The product, run against the world from one place. */
export interface Session {
  /** Its requests, as `METHOD context path`; the actors' are not among them. */
  readonly requests: string[];
  /** Applies to its requests only. */
  fault: Fault;
  open(access: Access): Cluster;
  plan(fleet: Fleet, scope?: Partial<SurveyOptions>): Promise<Survey>;
  apply(fleet: Fleet, scope?: Partial<SurveyOptions>, how?: ApplyHow): Promise<Applied>;
}

export interface ApplyHow {
  readonly waitTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ExecuteEvent) => void;
  /** What others do between the plan and its confirmation. */
  readonly meanwhile?: () => Promise<unknown>;
}

export interface Applied {
  readonly survey: Survey;
  readonly outcomes: readonly Outcome[];
  readonly events: readonly ExecuteEvent[];
}

/** Hubs and members in this process, and the product's own client on them, without sockets. */
export interface TestWorld extends Session {
  readonly world: World;
  readonly clock: FastClock;
  /** Another run of the product, with a fault and a request log of its own. */
  session(fault?: Fault): Session;
  /** A write by a person's tool. */
  kubectl(context: string, method: RawRequest['method'], path: string, body?: unknown, manager?: string): Promise<void>;
  /** @returns the object, or undefined when it is not there */
  read(context: string, path: string): Promise<KubeObject | undefined>;
  /** Resolves with the first value that is not undefined; fails after 20 real seconds. */
  until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  close(): Promise<void>;
}

export interface Names {
  readonly hubs?: readonly string[];
  /** Contexts of members. */
  readonly members: readonly string[];
}

/** Starts a world whose time runs a hundred times as fast, with OCM's programs four times as fast again. */
export async function testWorld(names: Names, settings: { readonly actors?: boolean } = {}): Promise<TestWorld> {
  const clock = fastClock();
  const wanted = (list: readonly string[]) => list.map((name) => ({ name, context: name }));
  const world = await startWorld({
    hubs: wanted(names.hubs ?? ['hub']),
    members: wanted(names.members),
    readYaml: load,
    clock,
    speed: 4,
    ...(settings.actors === undefined ? {} : { actors: settings.actors }),
  });
  const first = session(world, clock);
  const admin = (context: string) => {
    const found = world.clusters.find((cluster) => cluster.context === context);
    if (found === undefined) throw new Error(`no cluster ${context} in this world`);
    return found.admin;
  };
  return Object.assign(first, {
    world,
    clock,
    session: (fault?: Fault) => session(world, clock, fault),
    kubectl: async (
      context: string,
      method: RawRequest['method'],
      path: string,
      body?: unknown,
      manager = 'kubectl-edit',
    ) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const { status, body: answer } = await admin(context).send({
        method,
        path: `${path}?fieldManager=${manager}`,
        headers: { 'content-type': type },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer}`);
    },
    read: async (context: string, path: string) => {
      const { status, body } = await admin(context).send({ method: 'GET', path });
      return status === 200 ? (JSON.parse(body) as KubeObject) : undefined;
    },
    until: async <T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
      const ends = performance.now() + 20_000;
      for (;;) {
        const value = await look();
        if (value !== undefined) return value;
        if (performance.now() > ends) throw new Error(`never came: ${what}`);
        await sleep(2);
      }
    },
    close: async () => {
      await world.close();
      clock.stop();
    },
  });
}

function session(world: World, clock: FastClock, fault: Fault = () => undefined): Session {
  const kubeClock = { now: clock.now, sleep: (ms: number) => clock.sleep(ms, never), random: Math.random };
  const self: Session = {
    requests: [],
    fault,
    open: (access) => {
      const context = access.via === 'kubeconfig' ? access.context : '';
      const found = world.clusters.find((cluster) => cluster.context === context);
      if (found === undefined) throw new Error(`no cluster ${context} in this world`);
      const meet = (request: RawRequest): ServerResponse | undefined => {
        self.requests.push(`${request.method} ${context} ${request.path}`);
        const met = self.fault(context, { headers: {}, ...request, user: { name: 'product', groups: [] } });
        if (met instanceof Error) throw met;
        return met;
      };
      return clusterOf(
        {
          send: async (request) => {
            const met = meet(request);
            if (met === undefined) return found.admin.send(request);
            const date = new Date(clock.now()).toUTCString();
            return { status: met.status, headers: { date, ...met.headers }, body: String(met.body) };
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
    plan: async (fleet, scope = {}) => {
      const found = await look(self, fleet, scope);
      await found.close();
      return found;
    },
    apply: async (fleet, scope = {}, how = {}) => {
      const found = await look(self, fleet, scope);
      const ids = new Set(toExecute(found.plan).map(({ id }) => id));
      const drafts = found.drafts.filter(({ plan }) => ids.has(plan.id));
      const events: ExecuteEvent[] = [];
      if (drafts.length === 0) return { survey: found, outcomes: [], events };
      await how.meanwhile?.();
      const hubs = new Map([...found.hubs].filter(([hub]) => drafts.some(({ plan }) => plan.hub === hub)));
      const lock = await takeLock(hubs, fleet.name, `test ${Math.random()}`);
      try {
        const outcomes = await run({
          drafts,
          hubs: found.hubs,
          open: self.open,
          lock,
          context: { fleet: fleet.name, version: '0.0.0' },
          clock,
          signal: how.signal ?? never,
          concurrency: 64,
          hubConcurrency: 64,
          waitTimeoutMs: how.waitTimeoutMs ?? 1_500_000,
          onEvent: (event) => {
            events.push(event);
            how.onEvent?.(event);
          },
        });
        return { survey: found, outcomes, events };
      } finally {
        await lock.release();
      }
    },
  };
  return self;
}

const never = new AbortController().signal;

const look = (self: Session, fleet: Fleet, scope: Partial<SurveyOptions>): Promise<Survey> =>
  survey({
    fleet,
    drivers,
    open: self.open,
    fingerprints,
    context: { fleet: fleet.name, version: '0.0.0' },
    concurrency: 64,
    selects: () => true,
    targeted: false,
    prune: false,
    forget: [],
    rebuilt: [],
    ...scope,
  });

/** A cluster that cannot be reached. */
export const unreachable = (): Error => new ClusterError('unreachable', 'connect ECONNREFUSED', { retryable: true });

/** What a broken API server says. */
export const broken = (status = 500): ServerResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'etcdserver: request timed out',
    reason: 'InternalError',
    code: status,
  }),
});
