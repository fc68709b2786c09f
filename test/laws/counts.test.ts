import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes } from '../../src/model/fleet.ts';
import { fleetOf } from './fleet.ts';
import { verdicts } from './read-plan.ts';
import { testWorld, type TestWorld } from './world.ts';

const perMember = 8;

describe.each(modes.map((mode) => drivers[mode]))('$mode', ({ mode }) => {
  let world: TestWorld;
  const names = Array.from({ length: 12 }, (_, index) => `edge-${index}`);
  const some = (count: number) => fleetOf(names.slice(0, count).map((name) => ({ name, mode })));
  beforeAll(async () => {
    world = await testWorld({ members: names });
    await world.apply(some(names.length));
  }, 30_000);
  afterAll(() => world.close());

  async function requestsOf(count: number) {
    const session = world.session();
    const found = await session.plan(some(count), {
      targeted: true,
      selects: ({ name }) => names.slice(0, count).includes(name),
    });
    expect(Object.values(verdicts(found))).toEqual(names.slice(0, count).map(() => 'in-sync'));
    const of = (context: string) => session.requests.filter((request) => request.split(' ')[1] === context);
    return { hub: of('hub'), members: names.slice(0, count).map((name) => of(name).length), all: session.requests };
  }

  test(`at most ${perMember} requests per member in sync, none of them a write`, async () => {
    const { members, all } = await requestsOf(names.length);
    expect(Math.max(...members)).toBeLessThanOrEqual(perMember);
    expect(all.filter((request) => !request.startsWith('GET'))).toEqual([]);
  });

  test('the hub is asked the same for few members and for many', async () => {
    const [few, many] = [await requestsOf(4), await requestsOf(names.length)];
    expect(many.hub.toSorted()).toEqual(few.hub.toSorted());
    expect(new Set(many.hub).size).toBe(many.hub.length);
  });
});
