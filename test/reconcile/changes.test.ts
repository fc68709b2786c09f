import { afterEach, expect, test } from 'vitest';
import { statusOf } from '../../src/reconcile/status.ts';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { broken, testWorld, type TestWorld, unreachable } from '../laws/world.ts';
import { klusterlet, managedCluster, secret } from './paths.ts';

let world: TestWorld;
afterEach(() => world.close());

const mode = (name: 'ocm-default' | 'ocm-singleton') => fleetOf([{ name: 'edge-1', mode: name }]);
const bootstrapVersion = async () =>
  (await world.read('edge-1', secret('bootstrap-hub-kubeconfig')))?.metadata.resourceVersion;

test('default to singleton and back, twice: the second time without a new certificate', async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(mode('ocm-default'));
  const steps: string[][] = [];
  for (const name of ['ocm-singleton', 'ocm-default', 'ocm-singleton', 'ocm-default'] as const) {
    const { survey, outcomes } = await world.apply(mode(name));
    steps.push(survey.plan.registrations[0]?.steps.map(({ step, does }) => `${does} ${step}`) ?? []);
    expect(outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
    expect(verdicts(await world.plan(mode(name)))).toEqual({ 'hub/edge-1': 'in-sync' });
  }
  expect(steps).toEqual([
    ['change record', 'create identity', 'issue bootstrap', 'change klusterlet', 'approve approve'],
    ['change record', 'change klusterlet'],
    ['change record', 'change klusterlet'],
    ['change record', 'change klusterlet'],
  ]);
});

test('a new CA of the hub is written to the member, and its agent asks and is approved again', async () => {
  world = await testWorld({ hubs: ['hub', 'other'], members: ['edge-1'] });
  await world.apply(mode('ocm-default'));
  const { ca } = world.world.hub('other').authority;
  const fleet = fleetOf([{ name: 'edge-1' }], { endpoint: { ca: `${world.world.hub('hub').authority.ca}\n${ca}` } });
  const { plan } = await world.plan(fleet);
  expect(plan.registrations[0]?.steps.map(({ step, does }) => `${does} ${step}`)).toEqual([
    'create identity',
    'issue bootstrap',
    'approve approve',
  ]);
  const fields = plan.registrations[0]?.steps.flatMap((step) => step.fields.map(({ path }) => path));
  expect(fields).toContain('.data.kubeconfig certificate-authority');
});

test('a fresh token alone is no reason to write: what is joined has none to use', async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(mode('ocm-default'));
  const before = await bootstrapVersion();
  world.world.kill('edge-1');
  world.clock.leap(2 * 3_600_000);
  const { survey, outcomes } = await world.apply(mode('ocm-default'));
  expect(verdicts(survey)['hub/edge-1']).toMatch(/^unhealthy/);
  expect(outcomes).toEqual([]);
  expect(await bootstrapVersion()).toBe(before);
});

test('a token that expired before the join is issued again', async () => {
  world = await testWorld({ members: ['edge-1'] });
  const session = world.session((_context, { method, path }) =>
    method === 'PATCH' && path.includes('klusterlets') ? broken() : undefined,
  );
  await session.apply(mode('ocm-default'));
  const before = await bootstrapVersion();
  world.clock.leap(2 * 3_600_000);
  const { survey, outcomes } = await world.apply(mode('ocm-default'));
  const issued = survey.plan.registrations[0]?.steps.find(({ step }) => step === 'bootstrap');
  expect(issued).toMatchObject({ does: 'issue', fields: [{ live: 'a token that has expired' }] });
  expect(outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect(await bootstrapVersion()).not.toBe(before);
});

test('a re-join waits for namespaces that are still Terminating, on hub and member', async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(mode('ocm-default'));
  await world.apply(fleetOf([{ name: 'edge-1', state: 'absent' }]));
  for (const [context, name] of [
    ['hub', 'edge-1'],
    ['edge-1', 'open-cluster-management-agent'],
  ] as const) {
    const metadata = { name: 'held', finalizers: ['example.com/hold'] };
    await world.until('a namespace', async () => {
      const old = await world.read(context, `/api/v1/namespaces/${name}`);
      return old === undefined ? true : undefined;
    });
    await world.kubectl(context, 'POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
    await world.kubectl(context, 'POST', `/api/v1/namespaces/${name}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
    });
    await world.kubectl(context, 'DELETE', `/api/v1/namespaces/${name}`);
  }
  const release = (context: string, name: string) =>
    world.kubectl(context, 'PATCH', `/api/v1/namespaces/${name}/configmaps/held`, { metadata: { finalizers: [] } });
  const waited: string[] = [];
  const { outcomes } = await world.apply(
    mode('ocm-default'),
    {},
    {
      onEvent: (event) => {
        if (event.type !== 'waiting' || waited.includes(event.step)) return;
        waited.push(event.step);
        if (event.step === 'cluster-namespace') void release('hub', 'edge-1');
        if (event.step === 'agent-namespace') void release('edge-1', 'open-cluster-management-agent');
      },
    },
  );
  expect(outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect(waited.slice(0, 2)).toEqual(['cluster-namespace', 'agent-namespace']);
});

test('an object that is gone although it is recorded is a join, and revives with the old certificate', async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(mode('ocm-default'));
  await world.kubectl('hub', 'DELETE', managedCluster('edge-1'));
  await world.until('gone', async () =>
    (await world.read('hub', managedCluster('edge-1'))) === undefined ? true : undefined,
  );
  expect((await world.apply(mode('ocm-default'))).outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  await world.until('in sync', async () => {
    await world.apply(mode('ocm-default'));
    return verdicts(await world.plan(mode('ocm-default')))['hub/edge-1'] === 'in-sync' ? true : undefined;
  });
});

test('status tells the state of each registration', async () => {
  world = await testWorld({ members: ['edge-1', 'edge-2', 'edge-3', 'edge-4', 'edge-5'] });
  await world.apply(fleetOf(['edge-1', 'edge-2', 'edge-3', 'edge-5'].map((name) => ({ name, labels: { a: 'b' } }))));
  await world.kubectl('hub', 'PATCH', managedCluster('edge-2'), { metadata: { labels: { a: 'c' } } });
  await world.kubectl('hub', 'POST', '/apis/cluster.open-cluster-management.io/v1/managedclusters', {
    apiVersion: 'cluster.open-cluster-management.io/v1',
    kind: 'ManagedCluster',
    metadata: { name: 'legacy' },
  });
  const session = world.session((context) => (context === 'edge-3' ? unreachable() : undefined));
  const fleet = fleetOf(['edge-1', 'edge-2', 'edge-3', 'edge-4'].map((name) => ({ name, labels: { a: 'b' } })));
  const { rows, at } = statusOf(await session.plan(fleet));
  expect(rows.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'hub/edge-1 in sync',
    'hub/edge-2 drifted',
    'hub/edge-3 hub view',
    'hub/edge-4 missing',
    'hub/edge-5 orphan',
    'hub/legacy unmanaged',
  ]);
  expect(rows[0]).toMatchObject({
    since: expect.stringMatching(/^20/),
    agentRenewed: expect.stringMatching(/^20/),
    certificateExpires: expect.stringMatching(/^20/),
  });
  expect(rows[1]).toMatchObject({ note: '1 field, kubectl-edit' });
  expect(Date.parse(at)).toBeGreaterThan(0);
  expect(await world.read('edge-1', klusterlet())).toBeDefined();
});
