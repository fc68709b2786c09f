import { afterEach, describe, expect, test } from 'vitest';
import { fleetOf } from '../laws/fleet.ts';
import { broken, testWorld, type TestWorld } from '../laws/world.ts';

const managedCluster = '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge';
const lease = '/apis/coordination.k8s.io/v1/namespaces/edge/leases/managed-cluster-lease';
const record = '/api/v1/namespaces/rollcall/configmaps/edge';
const works = '/apis/work.open-cluster-management.io/v1/namespaces/edge/manifestworks';
const work = {
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'ManifestWork',
  metadata: { name: 'prod-app', namespace: 'edge' },
  spec: { workload: { manifests: [] } },
};

let world: TestWorld;
afterEach(() => world.close());

const here = fleetOf([{ name: 'edge', context: 'a' }]);
const leaving = fleetOf([{ name: 'edge', context: 'a', state: 'absent' }]);

describe('what others do between the plan and its confirmation', () => {
  test('another fleet joins a cluster under the name: the join writes nothing', async () => {
    world = await testWorld({ members: ['a', 'b'] });
    const other = fleetOf([{ name: 'edge', context: 'b' }], { name: 'other' });
    const meanwhile = () => world.session().apply(other);
    const { outcomes } = await world.apply(here, {}, { meanwhile });
    expect(outcomes).toMatchObject([
      { is: 'refused', written: [], reason: expect.stringContaining('the record is that of another fleet') },
    ]);
    expect((await world.read('hub', record))?.metadata.labels?.['rollcall.dev/fleet']).toBe('other');
  });

  test('it was unjoined and joined anew by another fleet: the unjoin removes nothing', async () => {
    world = await testWorld({ members: ['a'] });
    await world.apply(here);
    const other = fleetOf([{ name: 'edge', context: 'a' }], { name: 'other' });
    const meanwhile = async () => {
      await world.session().apply(leaving);
      await world.session().apply(other);
    };
    const { outcomes } = await world.apply(leaving, {}, { meanwhile });
    expect(outcomes).toMatchObject([{ is: 'refused', written: [] }]);
    expect(await world.read('hub', managedCluster)).toBeDefined();
    expect((await world.read('hub', record))?.metadata.labels?.['rollcall.dev/fleet']).toBe('other');
  });

  test('works come: an unjoin drains none that the plan did not count', async () => {
    world = await testWorld({ members: ['a'] });
    await world.apply(here);
    const drain = fleetOf([{ name: 'edge', context: 'a', state: 'absent', works: 'drain' }]);
    const meanwhile = () => world.kubectl('hub', 'POST', works, work);
    const { outcomes } = await world.apply(drain, {}, { meanwhile });
    expect(outcomes).toMatchObject([{ is: 'refused', written: [], reason: expect.stringContaining('prod-app') }]);
    expect(await world.read('hub', `${works}/prod-app`)).toBeDefined();
  });

  test('a member given up for dead comes back: it is not forgotten', async () => {
    world = await testWorld({ members: ['a'] });
    await world.apply(here);
    world.world.kill('a');
    const old = new Date(world.clock.now() - 3_600_000).toISOString().replace('Z', '000Z');
    await world.kubectl('hub', 'PATCH', lease, { spec: { renewTime: old } });
    const now = () => new Date(world.clock.now()).toISOString().replace('Z', '000Z');
    const meanwhile = () => world.kubectl('hub', 'PATCH', lease, { spec: { renewTime: now() } });
    const { outcomes } = await world.apply(leaving, { forget: ['edge'] }, { meanwhile });
    expect(outcomes).toMatchObject([
      { is: 'refused', written: [], reason: expect.stringContaining('renews its lease again') },
    ]);
    expect(await world.read('hub', managedCluster)).toBeDefined();
  });

  test('another field drifts: it is not written along', async () => {
    world = await testWorld({ members: ['a'] });
    const labelled = (tier: string) =>
      fleetOf([{ name: 'edge', context: 'a', labels: { tier }, options: { leaseDurationSeconds: 60 } }]);
    await world.apply(labelled('gold'));
    const meanwhile = () => world.kubectl('hub', 'PATCH', managedCluster, { spec: { leaseDurationSeconds: 600 } });
    const { outcomes } = await world.apply(labelled('silver'), {}, { meanwhile });
    expect(outcomes).toMatchObject([
      { is: 'failed', step: 'managed-cluster', reason: expect.stringContaining('changed since the plan') },
    ]);
    expect((await world.read('hub', managedCluster))?.['spec']).toMatchObject({ leaseDurationSeconds: 600 });
  });

  test('consent is taken back, and the hub has not noticed yet: it is not given again', async () => {
    world = await testWorld({ members: ['a'] }, { actors: false });
    await world.kubectl('hub', 'POST', '/apis/cluster.open-cluster-management.io/v1/managedclusters', {
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      metadata: { name: 'edge' },
      spec: { hubAcceptsClient: false },
    });
    const condition = {
      type: 'HubAcceptedManagedCluster',
      status: 'True',
      reason: 'HubClusterAdminAccepted',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await world.kubectl('hub', 'PATCH', `${managedCluster}/status`, { status: { conditions: [condition] } });
    const { plan } = await world.plan(fleetOf([{ name: 'edge', context: 'a', adopt: true }]));
    expect(plan.registrations).toMatchObject([
      { verdict: { is: 'refused', reason: expect.stringContaining('set to false after') } },
    ]);
  });
});

test('a cluster namespace whose contents cannot be listed stays, and the unjoin goes on', async () => {
  world = await testWorld({ members: ['a'] });
  await world.apply(here);
  world.fault = (context, { path }) =>
    context === 'hub' && path.startsWith('/api/v1/namespaces/edge/secrets') ? broken(403) : undefined;
  const { outcomes, events } = await world.apply(leaving);
  expect(outcomes).toMatchObject([{ is: 'done' }]);
  expect(events).toContainEqual(
    expect.objectContaining({ waitingFor: expect.stringContaining('Namespace/edge stays') }),
  );
  expect(await world.read('hub', '/api/v1/namespaces/edge')).toBeDefined();
  expect(await world.read('a', '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet')).toBeUndefined();
});

test('what somebody puts back each time it is deleted ends the unjoin, with its name', async () => {
  world = await testWorld({ members: ['a'] });
  await world.apply(here);
  const accounts = '/api/v1/namespaces/open-cluster-management/serviceaccounts';
  const name = 'agent-registration-bootstrap-edge';
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'open-cluster-management' },
  };
  await world.kubectl('hub', 'POST', accounts, account);
  const { open } = world;
  world.open = (access) => {
    const cluster = open(access);
    return {
      ...cluster,
      remove: async (key, how) => {
        await cluster.remove(key, how);
        if (key.name === name && key.type.kind === 'ServiceAccount')
          await world.kubectl('hub', 'POST', accounts, account);
      },
    };
  };
  const { outcomes } = await world.apply(leaving);
  expect(outcomes).toMatchObject([{ is: 'failed', reason: expect.stringContaining('is put back by somebody') }]);
});

test('--rebuilt is for joining afresh: with state: absent another cluster under the name is refused all the same', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  await world.apply(here);
  const wrong = fleetOf([{ name: 'edge', context: 'b', state: 'absent' }]);
  const { plan } = await world.plan(wrong, { rebuilt: ['edge'] });
  expect(plan.registrations).toMatchObject([
    { verdict: { is: 'refused', reason: expect.stringContaining('another cluster') } },
  ]);
});
