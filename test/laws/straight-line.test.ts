import { afterEach, expect, test } from 'vitest';
import { fleetOf, testWorld, type TestWorld } from './world.ts';

let world: TestWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('joins, does nothing, repairs, unjoins', async () => {
  world = await testWorld({ members: ['edge-1', 'edge-2'] });
  const fleet = fleetOf([
    { name: 'edge-1', labels: { tier: 'gold' } },
    { name: 'edge-2', mode: 'ocm-singleton' },
  ]);
  const first = await world.apply(fleet);
  expect(first.outcomes.map(({ is }) => is)).toEqual(['done', 'done']);
  world.requests.length = 0;
  const again = await world.plan(fleet);
  expect(again.plan.registrations.map(({ verdict }) => verdict)).toEqual([{ is: 'in-sync' }, { is: 'in-sync' }]);
  expect(world.requests.filter((r) => !r.startsWith('GET'))).toEqual([]);
  console.log(world.requests.join('\n'));

  const other = fleetOf([
    { name: 'edge-1', labels: { tier: 'silver', x: 'y' }, mode: 'ocm-singleton' },
    { name: 'edge-2', mode: 'ocm-default', options: { resources: { qosClass: 'BestEffort' } } },
  ]);
  const repair = await world.apply(other);
  console.log(JSON.stringify(repair.survey.plan.registrations, null, 1), repair.outcomes);
  expect(repair.outcomes.map(({ is }) => is)).toEqual(['done', 'done']);
  expect((await world.plan(other)).plan.registrations.map(({ verdict }) => verdict)).toEqual([
    { is: 'in-sync' },
    { is: 'in-sync' },
  ]);
  const gone = fleetOf([{ name: 'edge-1', state: 'absent' }]);
  const left = await world.apply(gone, { prune: true });
  console.log(
    JSON.stringify(left.survey.plan.registrations, null, 1),
    left.outcomes,
    left.events.map((e) => JSON.stringify(e)).join('\n'),
  );
  expect(left.outcomes.map(({ is }) => is)).toEqual(['done', 'done']);
  expect((await world.plan(gone)).plan.registrations.map(({ verdict }) => verdict)).toEqual([{ is: 'in-sync' }]);
});
