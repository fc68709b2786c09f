import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../src/reconcile/lock.ts';
import { access, fleetOf } from '../laws/fleet.ts';
import { testWorld, type TestWorld, unreachable } from '../laws/world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ hubs: ['hub', 'hub2'], members: ['edge-1'] });
});
afterEach(() => world.close());

const fleet = fleetOf([{ name: 'edge-1' }]);
const lease = '/apis/coordination.k8s.io/v1/namespaces/rollcall/leases/fleet-acme';
const hubs = (names: readonly string[] = ['hub']) => new Map(names.map((name) => [name, world.open(access(name))]));

test('a second run is refused, with the holder named, and changes nothing', async () => {
  const lock = await takeLock(hubs(), 'acme', 'alice@laptop pid 7');
  await expect(world.apply(fleet)).rejects.toThrow(
    /^hub hub is locked by alice@laptop pid 7 since 20.*; nothing was changed$/,
  );
  await expect(world.apply(fleet)).rejects.toMatchObject({ exitCode: 4 });
  await lock.release();
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done' }]);
  expect(await world.read('hub', lease)).toBeUndefined();
});

test('another fleet is not kept waiting', async () => {
  await takeLock(hubs(), 'others', 'bob');
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done' }]);
});

test('a lock that is not renewed is taken over, and its holder may not write any more', async () => {
  const lock = await takeLock(hubs(), 'acme', 'alice');
  world.clock.leap(61_000);
  const next = await takeLock(hubs(), 'acme', 'bob');
  expect([await lock.held('hub'), await next.held('hub')]).toEqual([false, true]);
  await lock.renew();
  await lock.release();
  expect(await next.held('hub')).toBe(true);
});

test('a renewed lock is not taken over', async () => {
  const lock = await takeLock(hubs(), 'acme', 'alice');
  world.clock.leap(45_000);
  await lock.renew();
  world.clock.leap(45_000);
  await expect(takeLock(hubs(), 'acme', 'bob')).rejects.toThrow(/locked by alice/);
});

test('a lock edited by hand locks nobody out for good, and says what is known of it', async () => {
  const lock = await takeLock(hubs(), 'acme', 'alice');
  await world.kubectl('hub', 'PATCH', lease, { spec: { acquireTime: null, leaseDurationSeconds: 90 } });
  await expect(takeLock(hubs(), 'acme', 'bob')).rejects.toMatchObject({
    message: 'hub hub is locked by alice; nothing was changed',
    next: 'wait for that run; a lock that is not renewed ends after 90 s',
  });
  await world.kubectl('hub', 'PATCH', lease, { spec: { renewTime: '2099-01-01T00:00:00.000000Z' } });
  expect(await (await takeLock(hubs(), 'acme', 'bob')).held('hub')).toBe(true);
  expect(await lock.held('hub')).toBe(false);
});

test('of two runs at once one gets it', async () => {
  const tries = await Promise.allSettled(['alice', 'bob', 'carol'].map((who) => takeLock(hubs(), 'acme', who)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('it is taken on all hubs or on none', async () => {
  await takeLock(hubs(['hub2']), 'acme', 'alice');
  await expect(takeLock(hubs(['hub', 'hub2']), 'acme', 'bob')).rejects.toThrow(/hub hub2 is locked by alice/);
  expect(await world.read('hub', lease)).toBeUndefined();
});

test('a run that lost its lock before its first write is blocked', async () => {
  const session = world.session((context, { method, path }) =>
    context === 'hub' && method === 'GET' && path.endsWith('leases/fleet-acme') && stolen ? unreachable() : undefined,
  );
  let stolen = false;
  const { outcomes } = await session.apply(
    fleet,
    {},
    {
      onEvent: ({ type }) => {
        stolen = type === 'started';
      },
    },
  );
  expect(outcomes).toMatchObject([{ is: 'blocked', reason: 'connect ECONNREFUSED', written: [] }]);
});
