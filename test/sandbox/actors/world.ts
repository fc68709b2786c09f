import { expect } from 'vitest';
import type { KubeObject, ObjectKey, ResourceType } from '../../../src/model/cluster.ts';
import { type Client, clientOf, type Draft } from '../../../src/sandbox/actors/client.ts';
import {
  type AppliedWork,
  type CertificateRequest,
  kinds,
  type Klusterlet,
  type Lease,
  type ManagedCluster,
  type ManifestWork,
  names,
  type Secret,
} from '../../../src/sandbox/actors/kinds.ts';
import { systemClock } from '../../../src/sandbox/actors/loop.ts';
import type { OcmActors } from '../../../src/sandbox/actors/start.ts';
import type { SandboxCluster } from '../../../src/sandbox/cluster.ts';
import { startWorld as startSandbox } from '../../../src/sandbox/world.ts';

export const agentNamespace = 'open-cluster-management-agent';
const identityNamespace = 'open-cluster-management';

interface Cluster {
  readonly url: string;
  /** PEM */
  readonly ca: string;
  /** As its administrator. */
  readonly client: Client;
}

/** Two clusters with OCM played on them: those of the sandbox, or real ones. */
export interface Ground {
  readonly hub: Cluster;
  readonly member: Cluster;
  readonly actors: Pick<OcmActors, 'kill' | 'revive'>;
  close(): Promise<void>;
}

/** One hub `hub`, one member `m1`, OCM played on both, and what a person (or Rollcall) does to join and unjoin. */
export interface World {
  readonly hub: Cluster;
  readonly member: Cluster;
  readonly actors: Ground['actors'];
  /** Makes the bootstrap identity, the ManagedCluster and everything on the member. */
  join(options?: {
    mode?: string;
    name?: string;
    namespace?: string;
    klusterlet?: string;
    spec?: object;
  }): Promise<void>;
  /** A kubeconfig with a fresh token for the bootstrap identity. */
  bootstrapKubeconfig(): Promise<string>;
  writeBootstrap(kubeconfig: string, namespace?: string): Promise<void>;
  accept(name?: string): Promise<void>;
  approve(request: CertificateRequest): Promise<void>;
  decide(request: CertificateRequest, decision: 'Approved' | 'Denied'): Promise<void>;
  /** Waits for a request that nobody has decided, and approves it. */
  approvePending(): Promise<CertificateRequest>;
  requests(): Promise<readonly CertificateRequest[]>;
  cluster(name?: string): Promise<ManagedCluster | undefined>;
  klusterlet(name?: string): Promise<Klusterlet | undefined>;
  lease(): Promise<Lease | undefined>;
  hubSecret(): Promise<Secret | undefined>;
  work(): Promise<ManifestWork | undefined>;
  appliedWorks(): Promise<readonly AppliedWork[]>;
  /** join, approve, accept, Available. */
  joined(options?: { mode?: string; spec?: object }): Promise<void>;
  stop(): Promise<void>;
}

/** A world without sockets. */
export interface SandboxWorld extends World {
  readonly logged: readonly string[];
  /** In how many milliseconds the next of all that wait has waited long enough; Infinity when nothing waits. */
  nextDue(): number;
  /** Requests to hub and member so far. */
  requestCount(): number;
  /** Sets everyone's clock forward, in milliseconds; timers are not fired by it. */
  advance(ms: number): void;
}

export const until = <T>(read: () => Promise<T> | T, holds: (value: T) => boolean, what: string): Promise<void> =>
  expect.poll(async () => holds(await read()), { timeout: 4_000, interval: 10, message: what }).toBe(true);

export const condition = (object: KubeObject | undefined, type: string): string => {
  const status = object?.['status'] as { conditions?: { type: string; status: string; reason: string }[] } | undefined;
  const found = status?.conditions?.find((entry) => entry.type === type);
  return found === undefined ? 'absent' : `${found.status}/${found.reason}`;
};

export const availability = (cluster: ManagedCluster | undefined): string =>
  condition(cluster, 'ManagedClusterConditionAvailable');

/** @param speed how much faster than in real life durations pass */
export const startWorld = async (speed = 60): Promise<SandboxWorld> => {
  const logged: string[] = [];
  const timers = new Set<{ readonly due: number }>();
  let requestCount = 0;
  let ahead = 0;
  const sandbox = await startSandbox({
    hubs: [{ name: 'hub', context: 'hub' }],
    members: [{ name: 'm1', context: 'm1' }],
    readYaml: JSON.parse,
    speed,
    clock: {
      now: () => systemClock.now() + ahead,
      after(ms, run) {
        const timer = { due: systemClock.now() + ms };
        timers.add(timer);
        const cancel = systemClock.after(ms, () => {
          timers.delete(timer);
          run();
        });
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    },
    onRequest() {
      requestCount += 1;
    },
    log: (program, error) => logged.push(`${program}: ${error instanceof Error ? error.message : 'unknown'}`),
  });
  const known = ({ url, authority, admin }: SandboxCluster): Cluster => ({
    url,
    ca: authority.ca,
    client: clientOf(admin, 'test'),
  });
  const ground = {
    hub: known(sandbox.hub('hub')),
    member: known(sandbox.member('m1')),
    actors: sandbox,
    close: () => sandbox.close(),
  };
  return {
    ...worldOn(ground),
    logged,
    nextDue: () => Math.min(...[...timers].map(({ due }) => due)) - systemClock.now(),
    requestCount: () => requestCount,
    advance(ms) {
      ahead += ms;
    },
  };
};

/** @returns what can be done and seen on two clusters that are seeded, with OCM played on them */
export const worldOn = (ground: Ground): World => {
  const { hub, member, actors } = ground;
  const account = { namespace: identityNamespace, name: 'agent-registration-bootstrap-m1' };
  const apply = (type: ResourceType, object: Omit<Draft, 'apiVersion' | 'kind'> & Pick<Draft, 'metadata'>) =>
    (type === kinds.secret ? member : hub).client.apply(type, {
      ...object,
      apiVersion: type.apiVersion,
      kind: type.kind,
    });
  const key = (type: ObjectKey['type'], name: string, namespace?: string): ObjectKey => ({
    type,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  });

  const world: World = {
    hub,
    member,
    actors,
    async bootstrapKubeconfig() {
      const { body } = await hub.client.raw.send({
        method: 'POST',
        path: `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 3600 },
        }),
      });
      const { token } = (JSON.parse(body) as { status: { token: string } }).status;
      return JSON.stringify({
        clusters: [
          {
            name: 'hub',
            cluster: {
              server: hub.url,
              'certificate-authority-data': Buffer.from(hub.ca).toString('base64'),
            },
          },
        ],
        users: [{ name: 'bootstrap', user: { token } }],
        contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap' } }],
        'current-context': 'bootstrap',
      });
    },
    async writeBootstrap(kubeconfig, namespace = agentNamespace) {
      const metadata = { name: names.bootstrapSecret, namespace };
      await apply(kinds.secret, { metadata, data: { kubeconfig: Buffer.from(kubeconfig).toString('base64') } });
    },
    async join({
      mode = 'Default',
      name = 'm1',
      namespace = agentNamespace,
      klusterlet = 'klusterlet',
      spec = {},
    } = {}) {
      await apply(kinds.serviceAccount, { metadata: account });
      await apply(kinds.clusterRoleBinding, {
        metadata: { name: `${account.namespace}:${account.name}` },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'open-cluster-management:bootstrap',
        },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      });
      await apply(kinds.managedCluster, {
        metadata: { name, labels: { env: 'test' } },
        spec: { leaseDurationSeconds: 60 },
      });
      await member.client.apply(kinds.namespace, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
      await world.writeBootstrap(await world.bootstrapKubeconfig(), namespace);
      await member.client.apply(kinds.klusterlet, {
        apiVersion: kinds.klusterlet.apiVersion,
        kind: 'Klusterlet',
        metadata: { name: klusterlet },
        spec: { clusterName: name, namespace, deployOption: { mode }, ...spec },
      });
    },
    async accept(name = 'm1') {
      await hub.client.merge(key(kinds.managedCluster, name), { spec: { hubAcceptsClient: true } });
    },
    approve: (request) => world.decide(request, 'Approved'),
    async decide(request, type) {
      const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      const approved = {
        type,
        status: 'True' as const,
        reason: 'Test',
        message: '',
        lastUpdateTime: at,
        lastTransitionTime: at,
      };
      await hub.client.update(
        kinds.csr,
        { ...request, status: { ...request.status, conditions: [approved] } },
        'approval',
      );
    },
    async approvePending() {
      const pending = async () =>
        (await world.requests()).find(({ status }) => (status?.conditions ?? []).length === 0);
      await until(pending, (request) => request !== undefined, 'a CSR appears');
      const request = await pending();
      if (request === undefined) throw new Error('the request is gone again');
      await world.approve(request);
      return request;
    },
    requests: async () =>
      (await hub.client.list({ type: kinds.csr })).items.map((item) => ({
        ...item,
        apiVersion: kinds.csr.apiVersion,
        kind: kinds.csr.kind,
      })),
    cluster: (name = 'm1') => hub.client.get(key(kinds.managedCluster, name)),
    klusterlet: (name = 'klusterlet') => member.client.get(key(kinds.klusterlet, name)),
    lease: () => hub.client.get(key(kinds.lease, names.lease, 'm1')),
    hubSecret: () => member.client.get(key(kinds.secret, names.hubSecret, agentNamespace)),
    work: () => hub.client.get(key(kinds.manifestWork, 'w1', 'm1')),
    appliedWorks: async () => (await member.client.list({ type: kinds.appliedWork })).items,
    async joined(options = {}) {
      await world.join(options);
      await world.approvePending();
      await world.accept();
      await until(world.cluster, (cluster) => availability(cluster).startsWith('True'), 'the cluster is Available');
      await until(
        world.klusterlet,
        (found) => condition(found, 'Available').startsWith('True'),
        'the Klusterlet is Available',
      );
    },
    stop: () => ground.close(),
  };
  return world;
};
