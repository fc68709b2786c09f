import { afterEach, beforeEach, expect, test } from 'vitest';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld } from '../laws/world.ts';
import { klusterlet, managedCluster, work, works } from './paths.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(fleetOf([{ name: 'edge-1' }]));
  for (const name of ['ledger', 'payments']) await world.kubectl('hub', 'POST', works('edge-1'), work('edge-1', name));
  await world.until('works to arrive', () => world.read('edge-1', '/api/v1/namespaces/default/configmaps/of-payments'));
  await world.until('works to arrive', () => world.read('edge-1', '/api/v1/namespaces/default/configmaps/of-ledger'));
});
afterEach(() => world.close());

const leaving = (policy: 'refuse' | 'drain') => fleetOf([{ name: 'edge-1', state: 'absent', works: policy }]);

test('refuse: the unjoin is refused with counts', async () => {
  const { survey, outcomes } = await world.apply(leaving('refuse'));
  expect(verdicts(survey)).toEqual({ 'hub/edge-1': 'refused: 2 ManifestWorks would be deleted from the member' });
  expect(survey.plan.registrations[0]?.consequences).toMatchObject({ works: 2, workNames: ['ledger', 'payments'] });
  expect(outcomes).toEqual([]);
});

test('drain: works and workloads go first, and the hub is quoted while that takes time', async () => {
  const hold = { metadata: { finalizers: ['example.com/hold'] } };
  await world.kubectl('hub', 'PATCH', `${works('edge-1')}/ledger`, hold);
  let message = '';
  const { survey, outcomes } = await world.apply(
    leaving('drain'),
    {},
    {
      onEvent: (event) => {
        if (message !== '' || event.type !== 'waiting' || !event.waitingFor.includes('count is 1')) return;
        message = event.waitingFor;
        void world.kubectl('hub', 'PATCH', `${works('edge-1')}/ledger`, { metadata: { finalizers: [] } });
      },
    },
  );
  expect(survey.plan.registrations[0]?.consequences).toMatchObject({ works: 2 });
  expect(message).toMatch(
    /^ManagedCluster\/edge-1 to be gone: The resource manifestworks is remaning, the remaining count is 1/,
  );
  expect(outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
  expect(await world.read('edge-1', '/api/v1/namespaces/default/configmaps/of-payments')).toBeUndefined();
  expect(await world.read('edge-1', klusterlet())).toBeUndefined();
});

test('an object that somebody else holds makes the unjoin time out, with who holds it; the next one ends it', async () => {
  for (const name of ['ledger', 'payments']) await world.kubectl('hub', 'DELETE', `${works('edge-1')}/${name}`);
  const hold = { metadata: { finalizers: ['example.com/hold'] } };
  await world.kubectl('hub', 'PATCH', managedCluster('edge-1'), hold);
  const { outcomes } = await world.apply(leaving('drain'), {}, { waitTimeoutMs: 1_000 });
  expect(outcomes).toMatchObject([
    { is: 'failed', reason: expect.stringMatching(/\(finalizers: .*example\.com\/hold/) },
  ]);
  await world.kubectl('hub', 'PATCH', managedCluster('edge-1'), { metadata: { finalizers: [] } });
  expect((await world.apply(leaving('drain'))).outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
});

test('drain with a dead agent is refused: nothing would ever end', async () => {
  world.world.kill('edge-1');
  world.clock.leap(600_000);
  expect(verdicts(await world.plan(leaving('drain')))['hub/edge-1']).toMatch(
    /^refused: 2 ManifestWorks cannot be drained/,
  );
});

test('works that are left though the ManagedCluster is gone are counted, too', async () => {
  world.world.kill('edge-1');
  const strip = { metadata: { finalizers: [] } };
  await world.kubectl('hub', 'DELETE', managedCluster('edge-1'));
  await world.kubectl('hub', 'PATCH', managedCluster('edge-1'), strip);
  await world.until('gone', async () =>
    (await world.read('hub', managedCluster('edge-1'))) === undefined ? true : undefined,
  );
  const verdict = verdicts(await world.plan(leaving('refuse')))['hub/edge-1'];
  expect(verdict).toBe('refused: 2 ManifestWorks would be deleted from the member');
});

test('a cluster namespace that holds more than the lease stays, and the plan says on what that depends', async () => {
  for (const name of ['ledger', 'payments']) await world.kubectl('hub', 'DELETE', `${works('edge-1')}/${name}`);
  await world.kubectl('hub', 'POST', '/api/v1/namespaces/edge-1/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'precious' },
  });
  await world.until('works gone', async () =>
    (await world.read('hub', `${works('edge-1')}/ledger`)) === undefined ? true : undefined,
  );
  await world.until('works gone', async () =>
    (await world.read('hub', `${works('edge-1')}/payments`)) === undefined ? true : undefined,
  );
  const { survey, outcomes, events } = await world.apply(leaving('refuse'));
  expect(survey.plan.registrations[0]?.notes).toEqual([
    'also removed: Namespace/edge-1, the cluster namespace, if it holds nothing but the lease',
  ]);
  expect(outcomes).toMatchObject([{ is: 'done' }]);
  expect(await world.read('hub', '/api/v1/namespaces/edge-1/configmaps/precious')).toBeDefined();
  const said = events.filter(
    (event) => event.type === 'waiting' && event.waitingFor.includes('Namespace/edge-1 stays'),
  );
  expect(said).toHaveLength(1);
});
