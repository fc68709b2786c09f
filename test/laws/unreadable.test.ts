import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { ClusterError } from '../../src/model/errors.ts';
import { modes } from '../../src/model/fleet.ts';
import { fleetOf } from './fleet.ts';
import { verdicts } from './read-plan.ts';
import { broken, testWorld, type TestWorld, unreachable } from './world.ts';

const isWrite = (request: string): boolean =>
  !request.startsWith('GET') && !request.includes('selfsubjectaccessreviews');

describe.each(modes.map((mode) => drivers[mode]))('$mode', ({ mode }) => {
  let world: TestWorld;
  const names = ['edge-1', 'edge-2', 'edge-3', 'edge-4'];
  const declared = (change: object) =>
    fleetOf(names.map((name) => ({ name, mode, labels: { tier: 'gold' }, ...change })));
  const joined = declared({});
  beforeAll(async () => {
    world = await testWorld({ members: names });
    await world.apply(joined);
  }, 20_000);
  afterAll(() => world.close());

  test('a member that cannot be reached is blocked, the others are not, and nothing is written to it', async () => {
    const repaired = declared({ labels: { tier: 'iron' } });
    const session = world.session((context) => (context === 'edge-2' ? unreachable() : undefined));
    const { survey, outcomes } = await session.apply(repaired);
    expect(verdicts(survey)).toEqual({
      'hub/edge-1': 'repair',
      'hub/edge-2': 'blocked: connect ECONNREFUSED',
      'hub/edge-3': 'repair',
      'hub/edge-4': 'repair',
    });
    expect(outcomes.map(({ is }) => is)).toEqual(['done', 'done', 'done']);
    expect(session.requests.filter((request) => isWrite(request) && request.includes('edge-2'))).toEqual([]);
    await world.apply(joined);
  });

  test('a hub that cannot be reached is unobserved, and nothing is written anywhere', async () => {
    const session = world.session((context) => (context === 'hub' ? unreachable() : undefined));
    const { survey, outcomes } = await session.apply(declared({ state: 'absent' }), { prune: true });
    expect(survey.plan.hubs).toEqual([{ name: 'hub', observed: false, reason: 'connect ECONNREFUSED' }]);
    expect(outcomes).toEqual([]);
    expect(session.requests.filter(isWrite)).toEqual([]);
  });

  /** Every read of a plan, by the first part of its path that tells it from the others. */
  async function readsOf(change: object): Promise<readonly string[]> {
    const session = world.session();
    await session.plan(declared(change), { prune: true });
    return [...new Set(session.requests.filter((request) => request.startsWith('GET')))].filter(
      (request) => !/ edge-[134] /.test(request),
    );
  }

  test.each([
    ['repair', { labels: { tier: 'iron' } }],
    ['unjoin', { state: 'absent' }],
  ])(
    'any one read that fails with 500: what needs it is blocked, and nothing is written there: %s',
    async (_what, change) => {
      const reads = await readsOf(change);
      const undisturbed = (await world.plan(declared(change), { prune: true })).plan.registrations;
      let needed = 0;
      for (const read of reads) {
        const session = world.session((context, { method, path }) =>
          `${method} ${context} ${path}` === read ? broken() : undefined,
        );
        const { plan } = await session.plan(declared(change), { prune: true });
        const blocked = plan.registrations
          .filter(({ verdict }) => verdict.is === 'blocked')
          .map(({ member }) => member);
        if (blocked.length > 0)
          expect({ read, blocked }).toEqual({ read, blocked: read.includes(' hub ') ? names : ['edge-2'] });
        // Who is not blocked did not need it: nothing else about the plan has changed, and least of all is more removed.
        for (const one of plan.registrations.filter(({ verdict }) => verdict.is !== 'blocked'))
          expect({ read, plan: one }).toEqual({ read, plan: undisturbed.find(({ id }) => id === one.id) });
        expect(session.requests.filter(isWrite)).toEqual([]);
        needed += blocked.length > 0 ? 1 : 0;
      }
      expect(needed).toBeGreaterThan(9);
    },
  );

  test('a plain 404 proves nothing, and a page that is not JSON neither', async () => {
    for (const answer of [
      { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' },
    ]) {
      const session = world.session((_context, { path }) => (path.includes('klusterlets') ? answer : undefined));
      for (const verdict of Object.values(verdicts(await session.plan(joined)))) expect(verdict).toMatch(/^blocked/);
    }
  });

  test('a read that fails in the middle of an unjoin removes nothing more', async () => {
    const session = world.session();
    const fleet = declared({ state: 'absent' });
    let failing = false;
    session.fault = (context, { method, path }) => {
      if (method === 'DELETE' && path.includes('managedclusters/')) failing = true;
      return failing && context !== 'hub' && path.includes('klusterlets') ? broken() : undefined;
    };
    const { outcomes } = await session.apply(fleet);
    expect(outcomes.map(({ is }) => is)).toEqual(['failed', 'failed', 'failed', 'failed']);
    expect(session.requests.filter((request) => request.startsWith('DELETE') && request.includes('edge-1/'))).toEqual(
      [],
    );
    for (const name of names)
      expect(await world.read('hub', `/api/v1/namespaces/rollcall/configmaps/${name}`)).toBeDefined();
    expect((await world.apply(fleet)).outcomes.map(({ is }) => is)).toEqual(['done', 'done', 'done', 'done']);
  });

  test('a timeout is blocked with its reason', async () => {
    const slow = new ClusterError('timeout', 'connect 10.4.0.7:6443 timed out, 5 s', { next: 'look at the network' });
    const session = world.session((context) => (context === 'edge-1' ? slow : undefined));
    const [first] = (await session.plan(joined)).plan.registrations;
    expect(first?.verdict).toEqual({ is: 'blocked', reason: slow.message, next: 'look at the network' });
  });
});
