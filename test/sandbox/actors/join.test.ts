import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { subjectOf } from '../../../src/sandbox/actors/certificates.ts';
import { type Deployment, kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import { agentNamespace, availability, condition, startWorld, until, type SandboxWorld } from './world.ts';

vi.setConfig({ testTimeout: 20_000 });

let world: SandboxWorld;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const deployment = (name: string): Promise<Deployment | undefined> =>
  world.member.client.get({ type: kinds.deployment, namespace: agentNamespace, name });

test('a join: CSR by the bootstrap identity, nothing before acceptance, then Joined and Available', async () => {
  await world.join();
  await until(world.requests, (all) => all.length === 1, 'a CSR appears');
  const [request] = await world.requests();
  if (request === undefined) throw new Error('no request');
  expect(request.metadata.name).toMatch(/^m1-[a-z0-9]{5}$/);
  expect(request.metadata.labels).toEqual({ [names.clusterLabel]: 'm1' });
  expect(request.spec).toMatchObject({
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['digital signature', 'key encipherment', 'client auth'],
    username: 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap-m1',
  });
  const subject = await subjectOf(Buffer.from(request.spec.request, 'base64').toString());
  expect(subject?.commonName).toMatch(/^system:open-cluster-management:m1:[a-z0-9]{5}$/);
  expect(subject?.organizations).toEqual([
    'system:open-cluster-management:m1',
    'system:open-cluster-management:managed-clusters',
  ]);

  await until(world.klusterlet, (found) => condition(found, 'Applied') === 'True/KlusterletApplied', 'Applied');
  await until(
    world.klusterlet,
    (found) =>
      condition(found, 'HubConnectionDegraded') === 'True/BootstrapSecretFunctional,HubKubeConfigSecretMissing',
    'the operator sees that it waits for acceptance',
  );
  const waiting = await world.klusterlet();
  expect(condition(waiting, 'Available')).toBe('False/NoAvailablePods');
  expect(waiting?.status?.observedGeneration).toBe(waiting?.metadata.generation);
  expect((await deployment('klusterlet-work-agent'))?.spec?.replicas).toBe(0);
  const fresh = await world.cluster();
  expect(fresh?.metadata.labels).toEqual({ env: 'test', 'cluster.open-cluster-management.io/clusterset': 'default' });
  expect(fresh?.metadata.finalizers).toEqual([names.resourceCleanup]);
  expect(fresh?.spec?.taints?.map(({ key }) => key)).toEqual([names.unreachableTaint]);
  expect(condition(fresh, 'HubAcceptedManagedCluster')).toBe('absent');

  await world.approve(request);
  await until(world.hubSecret, (secret) => secret !== undefined, 'hub-kubeconfig-secret');
  expect(condition(await world.cluster(), 'ManagedClusterJoined')).toBe('absent');
  await world.accept();
  await until(world.cluster, (cluster) => availability(cluster) === 'True/ManagedClusterAvailable', 'Available');
  const cluster = await world.cluster();
  expect(condition(cluster, 'HubAcceptedManagedCluster')).toBe('True/HubClusterAdminAccepted');
  expect(condition(cluster, 'ManagedClusterJoined')).toBe('True/ManagedClusterJoined');
  expect(cluster?.status?.version?.kubernetes).toBe('v1.36.2');
  expect(cluster?.metadata.finalizers).toEqual([names.resourceCleanup, names.apiResourceCleanup]);
  await until(
    world.cluster,
    (live) => condition(live, 'ManagedClusterConditionClockSynced') === 'True/ManagedClusterClockSynced',
    'clock',
  );
  await until(world.cluster, (live) => live?.spec?.taints?.length === 0, 'the automatic taint goes');
  await until(
    world.klusterlet,
    (found) => condition(found, 'Available') === 'True/KlusterletAvailable',
    'Klusterlet Available',
  );
  await until(
    world.klusterlet,
    (found) => condition(found, 'HubConnectionDegraded') === 'False/HubConnectionFunctional',
    'functional',
  );
  expect((await deployment('klusterlet-work-agent'))?.spec?.replicas).toBe(1);
  const secret = await world.hubSecret();
  expect(Object.keys(secret?.data ?? {}).toSorted()).toEqual([
    'agent-name',
    'cluster-name',
    'kubeconfig',
    'tls.crt',
    'tls.key',
  ]);
});

test('a fresh bootstrap token restarts the agent of a joined member: lease renewed at once, no CSR, credential untouched', async () => {
  await world.joined();
  const secret = await world.hubSecret();
  const before = await world.lease();
  await world.writeBootstrap(await world.bootstrapKubeconfig());
  await until(world.lease, (lease) => lease?.spec?.renewTime !== before?.spec?.renewTime, 'the lease is renewed');
  await until(world.lease, (lease) => (lease?.spec?.renewTime ?? '') > (before?.spec?.renewTime ?? ''), 'later');
  expect(await world.requests()).toHaveLength(1);
  expect((await world.hubSecret())?.data).toEqual(secret?.data);
});

test('another server name in the bootstrap kubeconfig means a new CSR', async () => {
  await world.joined();
  const kubeconfig = (await world.bootstrapKubeconfig()).replaceAll('"hub"', '"hub-renamed"');
  await world.writeBootstrap(kubeconfig);
  await until(world.requests, (all) => all.length === 2, 'a second CSR');
});

test('Default → Singleton needs a new certificate for the Klusterlet UID; back and forth again needs none', async () => {
  await world.joined();
  const mode = (value: string) =>
    world.member.client.merge(
      { type: kinds.klusterlet, name: 'klusterlet' },
      { spec: { deployOption: { mode: value } } },
    );
  await mode('Singleton');
  await until(world.requests, (all) => all.length === 2, 'a second CSR');
  await until(
    () => deployment('klusterlet-registration-agent'),
    (found) => found === undefined,
    'the Deployments are swapped',
  );
  expect(await deployment('klusterlet-work-agent')).toBeUndefined();
  const request = await world.approvePending();
  const subject = await subjectOf(Buffer.from(request.spec.request, 'base64').toString());
  expect(request.spec.username).toContain('agent-registration-bootstrap-m1');
  expect(subject?.commonName).toBe(`system:open-cluster-management:m1:${(await world.klusterlet())?.metadata.uid}`);
  const renewed = async (): Promise<void> => {
    const at = new Date().toISOString();
    await until(world.lease, (lease) => (lease?.spec?.renewTime ?? '') > at, 'the lease is renewed again');
  };
  await renewed();
  await mode('Default');
  await until(
    () => deployment('klusterlet-agent'),
    (found) => found === undefined,
    'swapped back',
  );
  await renewed();
  await mode('Singleton');
  await until(
    () => deployment('klusterlet-registration-agent'),
    (found) => found === undefined,
    'and again',
  );
  await renewed();
  expect(await world.requests()).toHaveLength(2);
});

test('Default → Singleton with a dead bootstrap identity: no CSR, everything green on the member, only the lease tells', async () => {
  await world.stop();
  world = await startWorld(600);
  await world.joined();
  await world.hub.client.remove({
    type: kinds.serviceAccount,
    namespace: 'open-cluster-management',
    name: 'agent-registration-bootstrap-m1',
  });
  await world.member.client.merge(
    { type: kinds.klusterlet, name: 'klusterlet' },
    { spec: { deployOption: { mode: 'Singleton' } } },
  );
  await until(
    world.cluster,
    (live) => availability(live) === 'Unknown/ManagedClusterLeaseUpdateStopped',
    'the hub sees it',
  );
  await until(world.cluster, (live) => live?.spec?.taints?.[0]?.key === names.unreachableTaint, 'unreachable');
  const klusterlet = await world.klusterlet();
  expect(await world.requests()).toHaveLength(1);
  expect(condition(klusterlet, 'Available')).toBe('True/KlusterletAvailable');
  expect(condition(klusterlet, 'HubConnectionDegraded')).toBe('False/HubConnectionFunctional');
  expect(condition(klusterlet, 'RegistrationDesiredDegraded')).toBe('False/DeploymentsFunctional');
  expect(world.logged.some((line) => line.includes('Unauthorized'))).toBe(true);
});

test('every restart before acceptance makes another CSR with another agent id, until there are ten', async () => {
  await world.join();
  for (let count = 1; count < 10; count += 1) {
    await until(world.requests, (all) => all.length === count, `${count} CSRs`);
    await world.writeBootstrap(await world.bootstrapKubeconfig());
  }
  await until(world.requests, (all) => all.length === 10, 'ten CSRs');
  await world.writeBootstrap(await world.bootstrapKubeconfig());
  await until(
    () => world.logged,
    (lines) => lines.some((line) => line.includes('too many csr created')),
    'it halts',
  );
  const all = await world.requests();
  const subjects = await Promise.all(all.map(({ spec }) => subjectOf(Buffer.from(spec.request, 'base64').toString())));
  expect(new Set(subjects.map((subject) => subject?.commonName)).size).toBe(10);
});

test('a killed agent: Unknown after five lease durations, the member green; revived: Available again without a CSR', async () => {
  await world.stop();
  world = await startWorld(600);
  await world.joined();
  world.actors.kill('m1');
  await until(world.cluster, (live) => availability(live) === 'Unknown/ManagedClusterLeaseUpdateStopped', 'Unknown');
  expect(condition(await world.klusterlet(), 'Available')).toBe('True/KlusterletAvailable');
  world.actors.revive('m1');
  await until(world.cluster, (live) => availability(live) === 'True/ManagedClusterAvailable', 'Available again');
  expect(await world.requests()).toHaveLength(1);
});

test('acceptance taken back: bindings go, condition says who denied it', async () => {
  await world.joined();
  await world.hub.client.merge({ type: kinds.managedCluster, name: 'm1' }, { spec: { hubAcceptsClient: false } });
  await until(
    world.cluster,
    (live) => condition(live, 'HubAcceptedManagedCluster') === 'False/HubClusterAdminDenied',
    'denied',
  );
  const { items } = await world.hub.client.list({ type: kinds.roleBinding, namespace: 'm1' });
  expect(items).toEqual([]);
  expect(await world.lease()).toBeDefined();
});

test('a joined world at rest asks next to nothing', async () => {
  await world.stop();
  world = await startWorld(1);
  await world.joined();
  let before = -1;
  const look = () => {
    const asked = world.requestCount() - before;
    before += asked;
    return { asked, due: world.nextDue() };
  };
  await until(
    look,
    ({ asked, due }) => asked === 0 && due > 1_000,
    'all is said and nobody waits for less than a second',
  );
});
