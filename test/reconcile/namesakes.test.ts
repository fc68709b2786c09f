import { afterEach, expect, test } from 'vitest';
import type { Fleet } from '../../src/model/fleet.ts';
import { access, fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { broken, testWorld, type TestWorld } from '../laws/world.ts';
import { klusterlet, lease, managedCluster, record, secret } from './paths.ts';

let world: TestWorld;
afterEach(() => world.close());

const gone = (context: string, path: string) =>
  world.until(`${path} to be gone`, async () => ((await world.read(context, path)) === undefined ? true : undefined));

const elsewhere = 'refused: the agent that renews the lease of edge is not on this member';

test('adoption under a wrong context does not take a living name from the cluster that has it', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  await world.apply(fleetOf([{ name: 'edge', context: 'a' }]));
  await world.kubectl('hub', 'DELETE', record('edge'));
  const wrong = fleetOf([{ name: 'edge', context: 'b', adopt: true }]);
  const { survey, outcomes } = await world.apply(wrong);
  expect(verdicts(survey)).toEqual({ 'hub/edge': elsewhere });
  expect(outcomes).toEqual([]);
  const right = fleetOf([{ name: 'edge', context: 'a', adopt: true }]);
  expect((await world.apply(right)).outcomes).toMatchObject([{ is: 'done', action: 'adopt' }]);
});

test('adoption under a wrong context is refused as well where that member has an agent of another name', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  await world.apply(fleetOf([{ name: 'edge', context: 'a' }]));
  await world.apply(fleetOf([{ name: 'other', context: 'b' }], { name: 'second' }));
  await world.kubectl('hub', 'DELETE', record('edge'));
  await world.kubectl('hub', 'DELETE', record('other'));
  const second = { klusterletName: 'second', klusterletNamespace: 'open-cluster-management-agent-second' };
  const wrong = fleetOf([{ name: 'edge', context: 'b', adopt: true, options: second }]);
  expect(verdicts(await world.plan(wrong))).toEqual({ 'hub/edge': elsewhere });
});

test('a living agent is known by its certificate, where its Klusterlet was removed', async () => {
  world = await testWorld({ members: ['a'] });
  await world.apply(fleetOf([{ name: 'edge', context: 'a' }]));
  await world.kubectl('hub', 'DELETE', record('edge'));
  world.world.kill('a');
  await world.kubectl('a', 'PATCH', klusterlet(), { metadata: { finalizers: null } });
  await world.kubectl('a', 'DELETE', klusterlet());
  await gone('a', klusterlet());
  const adopting = fleetOf([{ name: 'edge', context: 'a', adopt: true }]);
  expect(await world.read('a', secret('hub-kubeconfig-secret'))).toBeDefined();
  expect(verdicts(await world.plan(adopting))).toEqual({ 'hub/edge': 'adopt' });
});

/** A registration whose record is all that is left, and cluster b registered under its name by somebody else. */
async function takenOver(): Promise<void> {
  await world.apply(fleetOf([{ name: 'edge', context: 'a' }]));
  const kept = await world.read('hub', record('edge'));
  await world.kubectl('hub', 'DELETE', record('edge'));
  await world.kubectl('hub', 'DELETE', managedCluster('edge'));
  await world.kubectl('a', 'DELETE', klusterlet());
  await gone('a', klusterlet());
  await gone('hub', managedCluster('edge'));
  await world.apply(fleetOf([{ name: 'edge', context: 'b' }], { name: 'somebody' }));
  await world.kubectl('hub', 'DELETE', record('edge'));
  const { name, namespace, labels } = kept?.metadata ?? { name: '' };
  await world.kubectl('hub', 'POST', '/api/v1/namespaces/rollcall/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: kept?.['data'],
  });
}

test("a recorded name that is another cluster's by now is neither joined, unjoined nor pruned", async () => {
  world = await testWorld({ members: ['a', 'b'] });
  await takenOver();
  const before = await world.read('hub', managedCluster('edge'));
  const reason = "refused: edge on the hub is another cluster's by now";
  for (const state of ['present', 'absent'] as const) {
    const { survey, outcomes } = await world.apply(fleetOf([{ name: 'edge', context: 'a', state }]));
    expect(verdicts(survey)).toEqual({ 'hub/edge': reason });
    expect(outcomes).toEqual([]);
  }
  const pruned = await world.apply(fleetOf([]), { prune: true });
  expect(verdicts(pruned.survey)).toEqual({ 'hub/edge': reason });
  expect((await world.read('hub', managedCluster('edge')))?.metadata.uid).toBe(before?.metadata.uid);
  expect(await world.read('b', klusterlet())).toBeDefined();
});

test('while the agent lives nowhere, what is recorded may be joined again', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  await takenOver();
  world.world.kill('b');
  world.clock.leap(600_000);
  expect(await world.read('hub', lease('edge'))).toBeDefined();
  const verdict = verdicts(await world.plan(fleetOf([{ name: 'edge', context: 'a' }])))['hub/edge'];
  expect(verdict).not.toMatch(/another cluster/);
});

test('what was adopted and what was joined is left by state: absent, with its agent on the member or without', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  const both = (state: 'present' | 'absent', adopt = false) =>
    fleetOf([
      { name: 'joined', context: 'a', state },
      { name: 'adopted', context: 'b', state, adopt },
    ]);
  await world.apply(both('present'));
  await world.kubectl('hub', 'DELETE', record('adopted'));
  await world.kubectl('hub', 'PATCH', managedCluster('adopted'), {
    metadata: { labels: { 'rollcall.dev/fleet': null } },
  });
  await world.apply(both('present', true));
  await world.kubectl('a', 'DELETE', klusterlet());
  await gone('a', klusterlet());
  expect(verdicts(await world.plan(both('absent')))).toEqual({ 'hub/joined': 'unjoin', 'hub/adopted': 'unjoin' });
});

/** The fleet with a second name for its hub. */
const withAlias = (fleet: Fleet, alias: string, context = 'hub'): Fleet => ({
  ...fleet,
  hubs: fleet.hubs.flatMap((hub) => [hub, { ...hub, name: alias, access: access(context) }]),
});

test('two hub names for one cluster make no orphans: both are unobserved, and members are not asked', async () => {
  world = await testWorld({ members: ['a'] });
  const fleet = fleetOf([{ name: 'edge', context: 'a' }]);
  await world.apply(fleet);
  const uid = (await world.read('hub', '/api/v1/namespaces/kube-system'))?.metadata.uid;
  const session = world.session();
  const { survey, outcomes } = await session.apply(withAlias(fleet, 'hub-us'), { prune: true });
  const reason = `one cluster under two hub names: hub and hub-us (kube-system ${uid})`;
  expect(survey.plan.hubs).toMatchObject([
    { name: 'hub', observed: false, reason },
    { name: 'hub-us', observed: false, reason },
  ]);
  expect(verdicts(survey)).toEqual({ 'hub/edge': `blocked: hub hub: ${reason}` });
  expect(outcomes).toEqual([]);
  expect(session.requests.filter((request) => request.split(' ')[1] === 'a')).toEqual([]);
});

test('nothing is pruned by one of the two names while the other was not read', async () => {
  world = await testWorld({ members: ['a', 'b'] });
  const fleet = fleetOf([{ name: 'edge', context: 'a' }]);
  await world.apply(
    fleetOf([
      { name: 'edge', context: 'a' },
      { name: 'left', context: 'b' },
    ]),
  );
  const two = withAlias(fleet, 'hub-us', 'hub');
  const reason = 'blocked: the file has edge on hub hub, which was not read and may be this very cluster';
  const targeted = { prune: true, targeted: true, hubs: ['hub-us'] };
  expect(verdicts(await world.plan(two, targeted))).toEqual({ 'hub-us/edge': reason, 'hub-us/left': 'unjoin' });
  const old = { ...two, registrations: fleet.registrations.map((one) => ({ ...one, state: 'absent' as const })) };
  expect(verdicts(await world.plan(old, targeted))['hub-us/edge']).toBe('unjoin');
});

test('two hubs are two clusters, and one that does not say which it is stays unobserved', async () => {
  world = await testWorld({ hubs: ['hub', 'hub2'], members: ['a'] });
  const fleet = fleetOf([{ name: 'edge', context: 'a' }]);
  await world.apply(fleet);
  const two = withAlias(fleet, 'hub-us', 'hub2');
  expect((await world.plan(two)).plan.hubs).toEqual([
    { name: 'hub', observed: true },
    { name: 'hub-us', observed: true },
  ]);
  const session = world.session((context, { path }) =>
    context === 'hub2' && path.endsWith('/namespaces/kube-system') ? broken() : undefined,
  );
  expect((await session.plan(two)).plan.hubs).toMatchObject([{ observed: true }, { observed: false }]);
});
