import { afterEach, expect, test } from 'vitest';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld } from '../laws/world.ts';
import { klusterlet, managedCluster } from './paths.ts';

let world: TestWorld;
afterEach(() => world.close());

const uidOf = async (context: string): Promise<string> =>
  (await world.read(context, '/api/v1/namespaces/kube-system'))?.metadata.uid ?? '';

test('another cluster under the name is refused with both identities, and nothing is written to it', async () => {
  world = await testWorld({ members: ['edge-1', 'stranger'] });
  await world.apply(fleetOf([{ name: 'edge-1' }]));
  const session = world.session();
  const { survey, outcomes } = await session.apply(fleetOf([{ name: 'edge-1', context: 'stranger' }]));
  expect(verdicts(survey)['hub/edge-1']).toBe(
    `refused: another cluster: kube-system ${await uidOf('stranger')}, recorded ${await uidOf('edge-1')}`,
  );
  expect(survey.plan.registrations[0]?.verdict).toMatchObject({ next: 'rebuilt? rollcall apply --rebuilt edge-1' });
  expect(outcomes).toEqual([]);
  const leaving = fleetOf([{ name: 'edge-1', context: 'stranger', state: 'absent' }]);
  expect(verdicts(await session.plan(leaving))['hub/edge-1']).toMatch(/^refused: another cluster/);
});

test('another cluster that takes over the name during the run stops the registration', async () => {
  world = await testWorld({ members: ['edge-1', 'stranger'] });
  const session = world.session();
  const fleet = fleetOf([{ name: 'edge-1' }]);
  let planned = false;
  const original = session.open;
  const { outcomes } = await Object.assign(session, {
    open: (access: Parameters<typeof original>[0]) => {
      if (access.via !== 'kubeconfig' || access.context !== 'edge-1') return original(access);
      const context = planned ? 'stranger' : 'edge-1';
      planned = true;
      return original({ ...access, context });
    },
  }).apply(fleet);
  expect(outcomes).toMatchObject([
    { is: 'refused', reason: expect.stringMatching(/^another cluster answers/), written: [] },
  ]);
});

test('--rebuilt is refused while the old agent renews its lease, and then joins afresh and keeps the hub object', async () => {
  world = await testWorld({ members: ['edge-1', 'rebuilt'] });
  await world.apply(fleetOf([{ name: 'edge-1', labels: { tier: 'gold' } }]));
  const before = await world.read('hub', managedCluster('edge-1'));
  const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' }, context: 'rebuilt' }]);
  const scope = { rebuilt: ['edge-1'] };
  expect(verdicts(await world.plan(fleet, scope))['hub/edge-1']).toMatch(
    /^refused: the agent of the recorded cluster .* still renews/,
  );
  world.world.kill('edge-1');
  world.clock.leap(600_000);
  const { outcomes } = await world.apply(fleet, scope);
  expect(outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect((await world.read('hub', managedCluster('edge-1')))?.metadata.uid).toBe(before?.metadata.uid);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('two members that are one cluster are refused with both names', async () => {
  world = await testWorld({ members: ['edge-1'] });
  const fleet = fleetOf([{ name: 'edge-1' }, { name: 'edge-2', context: 'edge-1' }]);
  const reason = `refused: one cluster under two names: edge-1 and edge-2 (kube-system ${await uidOf('edge-1')})`;
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': reason, 'hub/edge-2': reason });
  await world.apply(fleetOf([{ name: 'edge-1' }]));
  const later = fleetOf([{ name: 'edge-2', context: 'edge-1' }]);
  expect(verdicts(await world.plan(later))['hub/edge-2']).toBe(reason);
});

test('a hub may be its own member', async () => {
  world = await testWorld({ members: ['hub'] });
  const fleet = fleetOf([{ name: 'self', context: 'hub' }]);
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/self': 'in-sync' });
  const { outcomes } = await world.apply(fleetOf([{ name: 'self', context: 'hub', state: 'absent' }]));
  expect(outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
});

test('a member may join two hubs with an agent each, and leave one of them', async () => {
  world = await testWorld({ hubs: ['hub', 'hub2'], members: ['edge-1'] });
  const second = { klusterletName: 'second', klusterletNamespace: 'open-cluster-management-agent-second' };
  const fleet = fleetOf([{ name: 'edge-1' }, { name: 'edge-1', hub: 'hub2', options: second }]);
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done' }, { is: 'done' }]);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync', 'hub2/edge-1': 'in-sync' });
  const one = fleetOf([{ name: 'edge-1' }, { name: 'edge-1', hub: 'hub2', state: 'absent' }]);
  expect((await world.apply(one)).outcomes).toMatchObject([{ is: 'done', action: 'unjoin', id: 'hub2/edge-1' }]);
  expect(await world.read('edge-1', klusterlet('second'))).toBeUndefined();
  expect(verdicts(await world.plan(one))).toEqual({ 'hub/edge-1': 'in-sync', 'hub2/edge-1': 'in-sync' });
});

test('a second hub does not take over the agent of the first', async () => {
  world = await testWorld({ hubs: ['hub', 'hub2'], members: ['edge-1'] });
  await world.apply(fleetOf([{ name: 'edge-1' }]));
  expect(verdicts(await world.plan(fleetOf([{ name: 'edge-1', hub: 'hub2' }])))['hub2/edge-1']).toMatch(
    /^refused: the member already has Secret\/open-cluster-management-agent\/bootstrap-hub-kubeconfig for https:/,
  );
});
