import { afterEach, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes } from '../../src/model/fleet.ts';
import { dump } from './dump.ts';
import { fleetOf } from './fleet.ts';
import { statusOf } from '../../src/reconcile/status.ts';
import { type Applied, testWorld, type TestWorld, unreachable } from './world.ts';

let world: TestWorld;
afterEach(() => world.close());

const words = (text: string): readonly string[] =>
  text
    .split(/\s+/)
    .map((word) => word.replaceAll(/^["',]+|["',]+$/g, ''))
    .filter((word) => word.length >= 24 && !word.startsWith('https://') && !word.startsWith('-----'));

/** Every long word in any Secret of the members, as stored and decoded: tokens, keys, kubeconfigs. */
async function secretsOf(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const objects = await dump(world.world.member('edge-1').admin);
  for (const [key, object] of objects) {
    if (!key.startsWith('secrets ')) continue;
    for (const [name, value] of Object.entries(object['data'] as Readonly<Record<string, string>>)) {
      if (name === 'cluster-name' || name === 'agent-name') continue;
      found.add(value);
      for (const word of words(Buffer.from(value, 'base64').toString())) found.add(word);
    }
  }
  return found;
}

describe.each(modes.map((mode) => drivers[mode]))('$mode', ({ mode }) => {
  test('no plan, event, outcome, status or error holds a secret', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const fleet = fleetOf([{ name: 'edge-1', mode }]);
    const said: string[] = [];
    const secrets = new Set<string>();
    const hear = async ({ survey, outcomes, events }: Applied): Promise<void> => {
      said.push(JSON.stringify([survey.plan, statusOf(survey), outcomes, events]));
      for (const secret of await secretsOf()) secrets.add(secret);
    };
    const failing = world.session((context, { method, path }) =>
      context === 'edge-1' && method === 'PATCH' && path.includes('/secrets/') ? unreachable() : undefined,
    );
    await hear(await failing.apply(fleet));
    await hear(await world.apply(fleet));
    const secret = '/api/v1/namespaces/open-cluster-management-agent/secrets/bootstrap-hub-kubeconfig';
    await world.kubectl('edge-1', 'PATCH', secret, {
      data: { kubeconfig: Buffer.from('token: hunter2hunter2hunter2hunter2').toString('base64') },
    });
    await hear(await world.apply(fleet));
    await hear(await world.apply(fleetOf([{ name: 'edge-1', mode, state: 'absent' }])));
    expect(secrets.size).toBeGreaterThan(10);
    const text = said.join('\n');
    for (const one of secrets) expect(text.includes(one)).toBe(false);
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10}|BEGIN|hunter2/);
  });
});
