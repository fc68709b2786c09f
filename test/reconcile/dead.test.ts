import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld, unreachable } from '../laws/world.ts';
import { klusterlet, managedCluster, record, work, works } from './paths.ts';

const minute = 60_000;
const joined = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' } }]);
const absent = fleetOf([{ name: 'edge-1', state: 'absent' }]);
const forget = { forget: ['edge-1'] };
let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ members: ['edge-1'] });
  await world.apply(joined);
});
afterEach(() => world.close());

const dead = () => world.session((context) => (context === 'edge-1' ? unreachable() : undefined));
async function die(): Promise<void> {
  world.world.kill('edge-1');
  world.clock.leap(10 * minute);
  await world.until('silence', async () =>
    /unhealthy/.test(verdicts(await world.plan(joined))['hub/edge-1'] ?? '') ? true : undefined,
  );
}

describe('an agent that is gone', () => {
  test('is unhealthy and not in sync, though the Klusterlet stays green', async () => {
    await die();
    const verdict = verdicts(await world.plan(joined))['hub/edge-1'];
    expect(verdict).toMatch(/unhealthy: .*the agent to renew its lease \(last at 20/);
    expect((await world.apply(joined)).outcomes).toEqual([]);
  });

  test('does not keep a label from being repaired', async () => {
    await die();
    const { outcomes } = await world.apply(fleetOf([{ name: 'edge-1', labels: { tier: 'iron' } }]));
    expect(outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
  });

  test('makes a change that it has to notice time out, with the reason', async () => {
    await die();
    const fleet = fleetOf([
      { name: 'edge-1', labels: { tier: 'gold' }, options: { resources: { qosClass: 'BestEffort' } } },
    ]);
    const { outcomes } = await world.apply(fleet, {}, { waitTimeoutMs: minute });
    expect(outcomes).toMatchObject([
      { is: 'failed', reason: expect.stringMatching(/^timed out waiting for: /), next: 're-running is safe' },
    ]);
  });
});

describe('a dead member', () => {
  test('is blocked', async () => {
    expect(verdicts(await dead().plan(absent))).toEqual({ 'hub/edge-1': 'blocked: connect ECONNREFUSED' });
  });

  test('is not forgotten while its lease is fresh', async () => {
    expect(verdicts(await dead().plan(absent, forget))).toEqual({
      'hub/edge-1': 'refused: its agent is alive and would drain everything from the member',
    });
  });

  test('is not forgotten while works are left, which are counted', async () => {
    await die();
    await world.kubectl('hub', 'POST', works('edge-1'), work('edge-1', 'ledger'));
    await world.kubectl('hub', 'POST', works('edge-1'), work('edge-1', 'payments'));
    const found = await dead().plan(absent, forget);
    expect(verdicts(found)).toEqual({ 'hub/edge-1': 'refused: 2 ManifestWorks are left on the hub for it' });
    expect(found.plan.registrations[0]?.consequences).toMatchObject({ works: 2, workNames: ['ledger', 'payments'] });
  });

  test('is forgotten with a tombstone, and cleaned up when it is back', async () => {
    await die();
    const { survey, outcomes } = await dead().apply(absent, forget);
    const [plan] = survey.plan.registrations;
    expect(plan?.steps.at(-1)).toMatchObject({
      step: 'record',
      does: 'change',
      objects: ['ConfigMap/rollcall/edge-1'],
    });
    expect(plan?.steps.every(({ site }) => site === 'hub')).toBe(true);
    expect(outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
    expect(outcomes[0]?.written.at(-1)).toBe('hub ConfigMap/rollcall/edge-1');
    expect(await world.read('hub', managedCluster('edge-1'))).toBeUndefined();
    const tombstone = await world.read('hub', record('edge-1'));
    expect(JSON.stringify(tombstone?.['data'])).toContain(
      'Secret/open-cluster-management-agent/bootstrap-hub-kubeconfig',
    );

    // Still gone: blocked, or nothing more to forget. Back: the rest goes, and the tombstone with it.
    const waiting = await dead().plan(absent);
    expect(waiting.plan.registrations[0]?.notes[0]).toMatch(/^forgotten at 20.*Klusterlet\/klusterlet/);
    expect((await dead().apply(absent, forget)).outcomes).toEqual([]);
    expect((await world.apply(absent)).outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
    expect(await world.read('edge-1', klusterlet())).toBeUndefined();
    expect(await world.read('hub', record('edge-1'))).toBeUndefined();
  });

  test('is forgotten as an orphan, and pruned when it is back', async () => {
    await die();
    const nobody = fleetOf([]);
    expect((await dead().apply(nobody, forget)).outcomes).toMatchObject([{ is: 'done' }]);
    expect(verdicts(await world.plan(nobody))).toEqual({ 'hub/edge-1': 'unjoin (needs --prune)' });
    expect((await world.apply(nobody, { prune: true })).outcomes).toMatchObject([{ is: 'done' }]);
    expect(verdicts(await world.plan(nobody))).toEqual({});
  });

  test('joins again after it was forgotten, and its tombstone goes', async () => {
    await die();
    await dead().apply(absent, forget);
    world.world.revive('edge-1');
    expect((await world.apply(joined)).outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
    expect((await world.read('hub', record('edge-1')))?.['data']).not.toHaveProperty(['tombstone.json']);
    expect(verdicts(await world.plan(joined))).toEqual({ 'hub/edge-1': 'in-sync' });
  });
});
