import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import { agentNamespace, availability, condition, startWorld, until, type SandboxWorld } from './world.ts';

vi.setConfig({ testTimeout: 20_000 });

let world: SandboxWorld;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const workload = () => world.member.client.get({ type: configMap, namespace: 'default', name: 'deployed' });

const addWork = async (name = 'w1', annotations: Record<string, string> = {}): Promise<void> => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'deployed', namespace: 'default' },
    data: { a: 'b' },
  };
  await world.hub.client.create(kinds.manifestWork, {
    apiVersion: kinds.manifestWork.apiVersion,
    kind: 'ManifestWork',
    metadata: { name, namespace: 'm1', annotations },
    spec: { workload: { manifests: [manifest] } },
  });
};
const appliedWork = async (): Promise<void> => {
  await addWork();
  await until(
    world.work,
    (work) => condition(work, 'Applied') === 'True/AppliedManifestWorkComplete',
    'the work is applied',
  );
};
const deleteCluster = () => world.hub.client.remove({ type: kinds.managedCluster, name: 'm1' });
const deleteKlusterlet = () => world.member.client.remove({ type: kinds.klusterlet, name: 'klusterlet' });
const namespaceOnHub = () => world.hub.client.get({ type: kinds.namespace, name: 'm1' });
const namespaceOnMember = (name: string) => world.member.client.get({ type: kinds.namespace, name });

test('a work is applied on the member and remembered there', async () => {
  await world.joined();
  await appliedWork();
  expect((await workload())?.['data']).toEqual({ a: 'b' });
  const [applied] = await world.appliedWorks();
  expect(applied?.metadata.name).toMatch(/^[0-9a-f]{64}-w1$/);
  expect(applied?.spec?.agentID).toBe((await world.klusterlet())?.metadata.uid);
  expect((await world.work())?.metadata.finalizers).toEqual([names.workCleanup]);
});

test('ManagedCluster deleted while the agent lives: the work goes with its workload; namespace, lease and CSR stay', async () => {
  await world.joined();
  await appliedWork();
  await deleteCluster();
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  expect(await world.work()).toBeUndefined();
  expect(await workload()).toBeUndefined();
  expect(await world.appliedWorks()).toEqual([]);
  expect((await namespaceOnHub())?.metadata.deletionTimestamp).toBeUndefined();
  expect(await world.lease()).toBeDefined();
  expect(await world.requests()).toHaveLength(1);
  const roles = await world.hub.client.list({ type: kinds.clusterRole, labelSelector: `${names.clusterLabel}=m1` });
  expect(roles.items).toEqual([]);
  const bindings = async () => (await world.hub.client.list({ type: kinds.roleBinding, namespace: 'm1' })).items;
  await until(bindings, (items) => items.length === 0, 'the bindings are gone, the finalizer one too');
});

test('then the Klusterlet: gone at once, its namespaces a moment later, operator and definitions stay', async () => {
  await world.joined();
  await deleteCluster();
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  await deleteKlusterlet();
  await until(world.klusterlet, (klusterlet) => klusterlet === undefined, 'the Klusterlet is gone');
  for (const name of [agentNamespace, names.addOnNamespace])
    await until(
      () => namespaceOnMember(name),
      (namespace) => namespace === undefined,
      `${name} is gone`,
    );
  expect(await namespaceOnMember('open-cluster-management')).toBeDefined();
  const { items } = await world.member.client.list({ type: kinds.customResource });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining([
      'appliedmanifestworks.work.open-cluster-management.io',
      'clusterclaims.cluster.open-cluster-management.io',
      'klusterlets.operator.open-cluster-management.io',
    ]),
  );
  const left = await world.member.client.list({ type: kinds.clusterRole, labelSelector: names.createdByLabel });
  expect(left.items).toEqual([]);
  await world.joined();
  expect(await world.requests()).toHaveLength(2);
});

test('the wrong order orphans: workload and AppliedManifestWork stay, the hub waits and says for what, forcing ends it', async () => {
  await world.joined();
  await appliedWork();
  await deleteKlusterlet();
  await until(world.klusterlet, (klusterlet) => klusterlet === undefined, 'the Klusterlet is gone');
  expect(await workload()).toBeDefined();
  const [orphan] = await world.appliedWorks();
  expect(orphan?.metadata.finalizers ?? []).toEqual([]);
  await deleteCluster();
  await until(
    world.cluster,
    (cluster) => condition(cluster, 'Deleting') === 'False/ResourceRemaining',
    'it says what remains',
  );
  const message = 'The resource manifestworks is remaning, the remaining count is 1, the finalizer pending count is 1';
  await until(
    world.cluster,
    (cluster) => cluster?.status?.conditions?.some((entry) => entry.message === message) === true,
    message,
  );
  const binding = { type: kinds.roleBinding, namespace: 'm1', name: 'open-cluster-management:managedcluster:m1:work' };
  expect((await world.hub.client.get(binding))?.metadata.finalizers).toEqual([names.workCleanup]);
  await world.hub.client.merge(
    { type: kinds.manifestWork, namespace: 'm1', name: 'w1' },
    { metadata: { finalizers: null } },
  );
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  await until(
    () => world.hub.client.get(binding),
    (live) => live === undefined,
    'and the binding',
  );
});

test('what the wrong order orphaned belongs to the next agent of the same name', async () => {
  await world.joined();
  await appliedWork();
  await deleteKlusterlet();
  await until(
    () => namespaceOnMember(agentNamespace),
    (namespace) => namespace === undefined,
    'the agents are gone',
  );
  await world.joined();
  const klusterlet = await world.klusterlet();
  await until(
    world.appliedWorks,
    ([applied]) => applied?.spec?.agentID === klusterlet?.metadata.uid,
    'it is taken over',
  );
  expect((await world.appliedWorks())[0]?.metadata.finalizers).toEqual([names.appliedWorkCleanup]);
  await deleteCluster();
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  expect(await workload()).toBeUndefined();
});

test('works go one cleanup-priority after the other', async () => {
  await world.joined();
  world.actors.kill('m1');
  await addWork('early');
  await addWork('late', { [names.cleanupPriority]: '7' });
  const key = (name: string) => ({ type: kinds.manifestWork, namespace: 'm1', name });
  await world.hub.client.merge(key('early'), { metadata: { finalizers: ['test/hold'] } });
  await deleteCluster();
  await until(world.cluster, (cluster) => condition(cluster, 'Deleting') === 'False/ResourceRemaining', 'it waits');
  expect((await world.hub.client.get(key('early')))?.metadata.deletionTimestamp).toBeDefined();
  expect((await world.hub.client.get(key('late')))?.metadata.deletionTimestamp).toBeUndefined();
  await world.hub.client.merge(key('early'), { metadata: { finalizers: null } });
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  expect(await world.hub.client.get(key('late'))).toBeUndefined();
});

test('a ManagedCluster deleted and made again revives by its old certificate', async () => {
  await world.joined();
  await deleteCluster();
  await until(world.cluster, (cluster) => cluster === undefined, 'the cluster is gone');
  await world.hub.client.apply(kinds.managedCluster, {
    apiVersion: kinds.managedCluster.apiVersion,
    kind: 'ManagedCluster',
    metadata: { name: 'm1' },
    spec: { hubAcceptsClient: true },
  });
  await until(world.cluster, (cluster) => availability(cluster) === 'True/ManagedClusterAvailable', 'Available again');
  expect(await world.requests()).toHaveLength(1);
});

test('a second Klusterlet with its own names joins and leaves beside the first', async () => {
  await world.joined();
  const second = { name: 'm1-again', klusterlet: 'second', namespace: 'open-cluster-management-agent-hub2' };
  await world.join(second);
  await world.approvePending();
  await world.accept(second.name);
  await until(
    () => world.cluster(second.name),
    (cluster) => availability(cluster).startsWith('True'),
    'Available',
  );
  await world.hub.client.remove({ type: kinds.managedCluster, name: second.name });
  await until(
    () => world.cluster(second.name),
    (cluster) => cluster === undefined,
    'gone from the hub',
  );
  await world.member.client.remove({ type: kinds.klusterlet, name: second.klusterlet });
  await until(
    () => namespaceOnMember(second.namespace),
    (namespace) => namespace === undefined,
    'its namespace is gone',
  );
  expect((await namespaceOnMember(names.addOnNamespace))?.metadata.deletionTimestamp).toBeUndefined();
  expect((await namespaceOnMember(agentNamespace))?.metadata.deletionTimestamp).toBeUndefined();
  expect(availability(await world.cluster())).toBe('True/ManagedClusterAvailable');
});
