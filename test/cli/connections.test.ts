import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, fleetText, startBed } from './bed.ts';

const clusters = ['hub', 'edge-1', 'edge-2'];
let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'] });
  await bed.write('fleet.yaml', fleetText(['edge-1', '{ name: edge-2, labels: { tier: gold } }']));
  expect(await bed.rollcall(['apply', '--yes'])).toMatchObject({ code: 0 });
});
afterAll(() => bed.close());

/** Connections that a run opens, by cluster, as the clusters count them. */
async function opened(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const counts = (): number[] =>
    clusters.map(
      (context) => bed.world.clusters.find((one) => one.context === context)?.listener?.usage.connections ?? 0,
    );
  const before = counts();
  await run();
  return Object.fromEntries(counts().map((count, index) => [clusters[index], count - (before[index] ?? 0)]));
}

test('a plan opens one connection to each cluster', async () => {
  const run = () => bed.rollcall(['plan', '--detailed-exitcode']);
  expect(await opened(run)).toEqual({ hub: 1, 'edge-1': 1, 'edge-2': 1 });
});

test('an apply opens one more to a member that it writes to, and none to the others', async () => {
  const path = '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet?fieldManager=kubectl-edit';
  const meddle = { spec: { deployOption: { mode: 'Singleton' } } };
  await bed.ask('edge-1', 'PATCH', path, meddle, 'application/merge-patch+json');
  const run = async () => expect(await bed.rollcall(['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await opened(run)).toEqual({ hub: 1, 'edge-1': 2, 'edge-2': 1 });
});
