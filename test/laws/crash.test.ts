import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { RunError } from '../../src/model/errors.ts';
import { type Fleet, type Mode, modes } from '../../src/model/fleet.ts';
import { dump } from './dump.ts';
import { type Declared, fleetOf } from './fleet.ts';
import { verdicts } from './read-plan.ts';
import { type Applied, type Fault, testWorld, type TestWorld } from './world.ts';

/** What ends a run in the middle: nothing is sent any more, not even the release of the lock. */
class Crash extends Error {}

const isWrite = (method: string): boolean => method !== 'GET';

/** @returns a fault that lets `count` requests of a sort through and then ends the run */
function crashAfter(count: number, sort: 'writes' | 'reads'): Fault {
  let left = count;
  let dead = false;
  return (_context, { method }) => {
    if (!dead && isWrite(method) === (sort === 'writes')) {
      dead = left === 0;
      left -= 1;
    }
    return dead ? new Crash('crashed') : undefined;
  };
}

/** Every write, and reads from the first to far into the waiting. */
const points = [
  ...Array.from({ length: 16 }, (_, count) => ({ count, sort: 'writes' as const })),
  ...[4, 30].map((count) => ({ count, sort: 'reads' as const })),
];
const names = points.map((_, index) => `m${index}`);

/** The lock of a run that crashed holds until it expires. */
async function unlocked(world: TestWorld, attempt: () => Promise<Applied>): Promise<Applied> {
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RunError) || attempts > 100) throw error;
      await world.clock.sleep(3_000, new AbortController().signal);
    }
  }
}

async function settle(world: TestWorld, fleet: Fleet): Promise<void> {
  const session = world.session();
  await world.until(`${fleet.name} in sync`, async () => {
    const { survey, outcomes } = await unlocked(world, () => session.apply(fleet));
    expect(outcomes.filter(({ is }) => is !== 'done')).toEqual([]);
    return Object.values(verdicts(survey)).every((verdict) => verdict === 'in-sync') ? true : undefined;
  });
}

const other: Readonly<Record<Mode, Mode>> = { 'ocm-default': 'ocm-singleton', 'ocm-singleton': 'ocm-default' };

let world: TestWorld;
const members = new Map<string, ReadonlySet<string>>();
beforeAll(async () => {
  world = await testWorld({ members: names });
  for (const name of names) {
    const { server, admin } = world.world.member(name);
    await server.settled();
    members.set(name, new Set((await dump(admin)).keys()));
  }
}, 20_000);
afterAll(() => world.close());

describe.each(modes.map((mode) => drivers[mode]))('$mode: a crash before any request, then a fresh run', ({ mode }) => {
  /** Crashes a run of every member at a point of its own, then runs again until nothing is left to do. @returns how many crashed */
  async function crashAll(declared: Partial<Declared>): Promise<number> {
    const crashed = await Promise.all(
      points.map(async ({ count, sort }, index) => {
        const name = names[index] ?? '';
        const fleet = fleetOf([{ name, mode, labels: { tier: 'gold' }, ...declared }], { name: `fleet-${name}` });
        const scope = { targeted: true };
        let ended = false;
        try {
          await unlocked(world, () => world.session(crashAfter(count, sort)).apply(fleet, scope));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          ended = true;
        }
        await settle(world, fleet);
        return ended;
      }),
    );
    return crashed.filter(Boolean).length;
  }

  test('joins', async () => {
    expect(await crashAll({})).toBeGreaterThan(13);
  }, 30_000);

  test('changes the mode', async () => {
    expect(await crashAll({ mode: other[mode] })).toBeGreaterThan(7);
  }, 30_000);

  test('unjoins and leaves nothing on the member', async () => {
    expect(await crashAll({ state: 'absent' })).toBeGreaterThan(8);
    for (const name of names) {
      // The klusterlet operator takes its last namespace with it in its own time.
      await world.until(`nothing left on ${name}`, async () => {
        const left = [...(await dump(world.world.member(name).admin)).keys()];
        return left.every((key) => members.get(name)?.has(key)) ? true : undefined;
      });
    }
    const hub = [...(await dump(world.world.hub('hub').admin)).keys()];
    // The lock of a run that crashed after its last write expires where it is; the next run takes it over.
    const locks = /^leases rollcall\//;
    expect(hub.filter((key) => / m\d+|-m\d+|:m\d+/.test(key) && !locks.test(key))).toEqual([]);
  }, 30_000);
});
