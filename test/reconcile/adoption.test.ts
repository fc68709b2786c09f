import { afterEach, beforeEach, expect, test } from 'vitest';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld } from '../laws/world.ts';
import { acceptByClusteradm, healthy, joinByClusteradm, list } from './clusteradm.ts';
import { klusterlet, managedCluster, record, requests, secret } from './paths.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ members: ['edge-1'] });
});
afterEach(() => world.close());

/** What the agent would restart for. */
const agentsInput = async () => ({
  secret: (await world.read('edge-1', secret('bootstrap-hub-kubeconfig')))?.metadata.resourceVersion,
  klusterlet: (await world.read('edge-1', klusterlet()))?.metadata.generation,
  deployment: (
    await world.read(
      'edge-1',
      '/apis/apps/v1/namespaces/open-cluster-management-agent/deployments/klusterlet-registration-agent',
    )
  )?.metadata.generation,
});

test('a registration made by clusteradm is unmanaged: shown with what differs, and refused', async () => {
  await joinByClusteradm(world);
  await acceptByClusteradm(world);
  await healthy(world);
  const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' } }]);
  const { plan } = await world.plan(fleet);
  expect(plan.registrations[0]).toMatchObject({
    verdict: { is: 'refused', next: 'set adopt: true to take it over' },
    steps: [{ step: 'managed-cluster', fields: [{ path: '.metadata.labels.tier', desired: 'gold' }] }],
  });
  expect((await world.apply(fleet)).outcomes).toEqual([]);
  expect((await world.plan(fleetOf([]))).plan.unmanaged).toEqual([{ hub: 'hub', name: 'edge-1' }]);
  const absent = fleetOf([{ name: 'edge-1', state: 'absent' }]);
  expect(verdicts(await world.plan(absent))['hub/edge-1']).toMatch(/^refused: unmanaged/);
});

test('with adopt it is taken over without anything that its agent would notice, and is in sync', async () => {
  await joinByClusteradm(world);
  await acceptByClusteradm(world);
  await healthy(world);
  const before = await agentsInput();
  const session = world.session();
  const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' }, adopt: true }]);
  const { outcomes, events } = await session.apply(fleet);
  expect(outcomes).toMatchObject([
    { is: 'done', action: 'adopt', written: ['hub ConfigMap/rollcall/edge-1', 'hub ManagedCluster/edge-1'] },
  ]);
  expect(events.filter(({ type }) => type === 'waiting')).toEqual([]);
  expect(
    session.requests
      .filter((request) => /^(PATCH|PUT|POST|DELETE) edge-1 /.test(request))
      .filter((r) => !r.includes('accessreviews')),
  ).toEqual([]);
  expect(await agentsInput()).toEqual(before);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
  const left = fleetOf([{ name: 'edge-1', state: 'absent' }]);
  expect((await world.apply(left)).outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
  expect(await world.read('edge-1', klusterlet())).toBeUndefined();
});

test('what would restart a living agent is left to the next plan, and said', async () => {
  await joinByClusteradm(world);
  await acceptByClusteradm(world);
  await healthy(world);
  const before = await agentsInput();
  const fleet = fleetOf([{ name: 'edge-1', adopt: true, options: { resources: { qosClass: 'BestEffort' } } }]);
  const { survey, outcomes } = await world.apply(fleet);
  expect(survey.plan.registrations[0]?.notes).toEqual(['left for the next plan, it restarts the agent: Klusterlet']);
  expect(outcomes).toMatchObject([{ is: 'done', action: 'adopt', written: ['hub ConfigMap/rollcall/edge-1'] }]);
  expect(await agentsInput()).toEqual(before);
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('one that is not yet joined is adopted and joined by our own identity', async () => {
  await joinByClusteradm(world);
  await world.until('the cluster', () => world.read('hub', managedCluster('edge-1')));
  const fleet = fleetOf([{ name: 'edge-1', adopt: true }]);
  const { survey, outcomes } = await world.apply(fleet);
  expect(verdicts(survey)).toEqual({ 'hub/edge-1': 'adopt' });
  expect(outcomes).toMatchObject([{ is: 'done', action: 'adopt' }]);
  const identity = 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap-edge-1';
  for (const { metadata } of await list(world.world.hub('hub').admin, requests)) {
    const { spec, status } = (await world.read('hub', `${requests}/${metadata.name}`)) as unknown as {
      spec: { username: string };
      status: { conditions?: unknown[] };
    };
    expect((status.conditions?.length ?? 0) > 0).toBe(spec.username === identity);
  }
  expect(await world.read('hub', record('edge-1'))).toBeDefined();
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('an agent without a registration on the hub is not taken over by a join', async () => {
  await world.kubectl('edge-1', 'POST', '/apis/operator.open-cluster-management.io/v1/klusterlets', {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: { clusterName: 'edge-1', namespace: 'open-cluster-management-agent', deployOption: { mode: 'Default' } },
  });
  expect(verdicts(await world.plan(fleetOf([{ name: 'edge-1' }])))['hub/edge-1']).toMatch(
    /^refused: the member already has Klusterlet\/klusterlet/,
  );
});
