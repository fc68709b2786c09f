import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { subjectOf } from '../../../src/sandbox/actors/certificates.ts';
import { kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import { agentNamespace, availability, condition, startWorld, until, type SandboxWorld } from './world.ts';

vi.setConfig({ testTimeout: 20_000 });

let world: SandboxWorld;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const renewedAfter = async (at: string): Promise<void> =>
  until(world.lease, (lease) => (lease?.spec?.renewTime ?? '') > at, 'the lease is renewed');

test('a certificate in its last fifth is renewed by its own identity, without anybody', async () => {
  await world.stop();
  world = await startWorld(60);
  await world.joined({ spec: { registrationConfiguration: { clientCertExpirationSeconds: 3600 } } });
  const [first] = await world.requests();
  expect(first?.spec).toMatchObject({ expirationSeconds: 3600 });
  world.advance(50 * 60_000);
  // Timers do not follow the clock here: a restart makes the agent look at it again.
  await world.writeBootstrap(await world.bootstrapKubeconfig());
  await until(
    world.requests,
    (all) => all.length === 2 && all.every(({ status }) => status?.certificate !== undefined),
    'renewed',
  );
  const second = (await world.requests()).find(({ metadata }) => metadata.name !== first?.metadata.name);
  expect(second?.spec.username).toMatch(/^system:open-cluster-management:m1:[a-z0-9]{5}$/);
  const secret = await world.hubSecret();
  expect(second?.spec.username?.endsWith(Buffer.from(secret?.data?.['agent-name'] ?? '', 'base64').toString())).toBe(
    true,
  );
  await until(world.hubSecret, (live) => live?.data?.['tls.crt'] === second?.status?.certificate, 'the secret has it');
  await renewedAfter(new Date().toISOString());
});

test('without the bootstrap secret the agent stays down, and comes back with it without a CSR', async () => {
  await world.joined();
  await world.member.client.remove({ type: kinds.secret, namespace: agentNamespace, name: names.bootstrapSecret });
  await until(
    () => world.logged,
    (lines) => lines.some((line) => line.includes('leads nowhere')),
    'it cannot start',
  );
  const { spec } = (await world.lease()) ?? {};
  await world.writeBootstrap(await world.bootstrapKubeconfig());
  await renewedAfter(spec?.renewTime ?? '');
  expect(await world.requests()).toHaveLength(1);
});

test('a Klusterlet before its namespace has a bootstrap secret waits for it', async () => {
  const kubeconfig = await world.join().then(() => world.bootstrapKubeconfig());
  await until(world.requests, (all) => all.length === 1, 'a CSR');
  await world.member.client.remove({ type: kinds.klusterlet, name: 'klusterlet' });
  await until(world.klusterlet, (found) => found === undefined, 'gone');
  await until(
    () => world.member.client.get({ type: kinds.namespace, name: agentNamespace }),
    (namespace) => namespace === undefined,
    'the namespace is gone',
  );
  await world.member.client.apply(kinds.klusterlet, {
    apiVersion: kinds.klusterlet.apiVersion,
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: { clusterName: 'm1', namespace: agentNamespace, deployOption: { mode: 'Default' } },
  });
  await until(
    world.klusterlet,
    (found) => condition(found, 'HubConnectionDegraded') === 'True/BootstrapSecretMissing,HubKubeConfigSecretMissing',
    'the operator misses the secret',
  );
  expect(condition(await world.klusterlet(), 'Available')).toBe('False/NoAvailablePods');
  await world.writeBootstrap(kubeconfig);
  await until(world.requests, (all) => all.length === 2, 'another CSR');
});

test('an agent without a ManagedCluster makes it, with the annotations it was told', async () => {
  await world.join();
  await until(world.requests, (all) => all.length === 1, 'a CSR');
  await world.hub.client.remove({ type: kinds.managedCluster, name: 'm1' });
  await until(world.cluster, (cluster) => cluster === undefined, 'gone');
  await world.member.client.merge(
    { type: kinds.klusterlet, name: 'klusterlet' },
    {
      spec: {
        externalServerURLs: [{ url: 'https://m1.example:6443' }],
        registrationConfiguration: {
          clusterAnnotations: { 'agent.open-cluster-management.io/site': 'a', 'other/key': 'b' },
        },
      },
    },
  );
  await until(world.cluster, (cluster) => cluster !== undefined, 'made by the agent');
  const made = await world.cluster();
  expect(made?.metadata.annotations).toEqual({ 'agent.open-cluster-management.io/site': 'a' });
  expect(made?.spec?.managedClusterClientConfigs).toEqual([{ url: 'https://m1.example:6443' }]);
  expect(made?.spec?.hubAcceptsClient ?? false).toBe(false);
  await until(world.requests, (all) => all.length === 2, 'a CSR of the restarted agent');
});

test('an agent told to ask for less than an hour does not start; unknown feature gates are named', async () => {
  const registrationConfiguration = {
    clientCertExpirationSeconds: 600,
    featureGates: [{ feature: 'NoSuchGate', mode: 'Enable' }],
  };
  await world.join({ spec: { registrationConfiguration } });
  await until(
    () => world.logged,
    (lines) => lines.some((line) => line.includes('at least 3600')),
    'the agent says why',
  );
  await until(
    world.klusterlet,
    (found) => condition(found, 'ValidFeatureGates') === 'False/InvalidFeatureGatesExisting',
    'the operator says so',
  );
  expect(await world.requests()).toEqual([]);
});

test('a denied CSR is followed by another of the same process', async () => {
  await world.join();
  await until(world.requests, (all) => all.length === 1, 'a CSR');
  const [request] = await world.requests();
  if (request !== undefined) await world.decide(request, 'Denied');
  await until(world.requests, (all) => all.length === 2, 'another CSR');
  const subjects = await Promise.all(
    (await world.requests()).map(({ spec }) => subjectOf(Buffer.from(spec.request, 'base64').toString())),
  );
  expect(subjects[0]).toEqual(subjects[1]);
});

test('the hub accepts a cluster whose namespace is going: it waits, then all is well', async () => {
  await world.joined();
  await world.hub.client.merge({ type: kinds.managedCluster, name: 'm1' }, { spec: { hubAcceptsClient: false } });
  await until(
    world.cluster,
    (live) => condition(live, 'HubAcceptedManagedCluster') === 'False/HubClusterAdminDenied',
    'denied',
  );
  await world.hub.client.remove({ type: kinds.namespace, name: 'm1' });
  await until(
    () => world.hub.client.get({ type: kinds.namespace, name: 'm1' }),
    (found) => found === undefined,
    'gone',
  );
  const since = new Date().toISOString();
  await world.accept();
  await until(
    world.cluster,
    (live) => condition(live, 'HubAcceptedManagedCluster') === 'True/HubClusterAdminAccepted',
    'accepted',
  );
  await renewedAfter(since);
  await until(world.cluster, (live) => availability(live) === 'True/ManagedClusterAvailable', 'Available');
});

test('accepted again after its lease ran out: hub and agent agree, and come to rest', async () => {
  await world.joined();
  await world.hub.client.merge({ type: kinds.managedCluster, name: 'm1' }, { spec: { hubAcceptsClient: false } });
  await until(
    world.cluster,
    (live) => condition(live, 'HubAcceptedManagedCluster') === 'False/HubClusterAdminDenied',
    'denied',
  );
  world.advance(10_000);
  const before = await world.cluster();
  await world.accept();
  await until(world.cluster, (live) => live?.spec?.taints === undefined || live.spec.taints.length === 0, 'no taint');
  await until(
    world.cluster,
    (live) => condition(live, 'HubAcceptedManagedCluster') === 'True/HubClusterAdminAccepted',
    'accepted',
  );
  await until(world.cluster, (live) => availability(live) === 'True/ManagedClusterAvailable', 'Available');
  const after = await world.cluster();
  expect((after?.metadata.generation ?? 0) - (before?.metadata.generation ?? 0)).toBeLessThan(10);
});
