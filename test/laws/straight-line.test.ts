import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes } from '../../src/model/fleet.ts';
import { fleetOf } from './fleet.ts';
import { testWorld, type TestWorld } from './world.ts';
import { verdicts } from './read-plan.ts';

const writes = (requests: readonly string[]): readonly string[] =>
  requests.filter((request) => !request.startsWith('GET') && !request.includes('selfsubjectaccessreviews'));

describe.each(modes.map((mode) => drivers[mode]))('$mode', ({ mode }) => {
  let world: TestWorld;
  const labels = { tier: 'gold' };
  const fleet = fleetOf([
    { name: 'edge-1', mode, labels },
    { name: 'edge-2', mode, options: { resources: { qosClass: 'BestEffort' } } },
  ]);
  beforeAll(async () => {
    world = await testWorld({ members: ['edge-1', 'edge-2'] });
  });
  afterAll(() => world.close());

  test('from an empty world apply converges, then the plan is empty and a second apply writes nothing', async () => {
    const { survey, outcomes } = await world.apply(fleet);
    expect(survey.plan.registrations.map(({ verdict }) => verdict)).toEqual([
      { is: 'change', action: 'join' },
      { is: 'change', action: 'join' },
    ]);
    expect(outcomes.map(({ is }) => is)).toEqual(['done', 'done']);
    expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync', 'hub/edge-2': 'in-sync' });
    world.requests.length = 0;
    expect((await world.apply(fleet)).outcomes).toEqual([]);
    expect(writes(world.requests)).toEqual([]);
  });

  test('the same fleet and live state give the same bytes', async () => {
    const [one, other] = [await world.plan(fleet), await world.plan(fleet)];
    expect(JSON.stringify(one.plan)).toBe(JSON.stringify(other.plan));
  });

  test('a label repair writes the ManagedCluster and the record, and nothing else', async () => {
    const silver = fleetOf([{ name: 'edge-1', mode, labels: { tier: 'silver', zone: 'a' } }]);
    const scope = { targeted: true, selects: ({ name }: { name: string }) => name === 'edge-1' };
    world.requests.length = 0;
    const { outcomes, events } = await world.apply(silver, scope);
    expect(outcomes).toMatchObject([
      { is: 'done', action: 'repair', written: ['hub ConfigMap/rollcall/edge-1', 'hub ManagedCluster/edge-1'] },
    ]);
    expect(events.filter(({ type }) => type === 'waiting')).toEqual([]);
    expect(writes(world.requests).filter((request) => !request.includes(' hub '))).toEqual([]);
    await world.apply(fleet, scope);
    const live = await world.read('hub', '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge-1');
    expect(live?.metadata.labels).toMatchObject({ tier: 'gold' });
    expect(live?.metadata.labels).not.toHaveProperty('zone');
  });
});
