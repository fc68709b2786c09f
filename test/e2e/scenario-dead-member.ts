import { expect, test } from 'vitest';
import { kinds, names } from '../../src/sandbox/actors/kinds.ts';
import type { Use } from './bench.ts';
import type { Site } from './ground.ts';
import { look } from './live.ts';
import { flat } from './program.ts';

const planeOf = ({ plane, name }: Site) => {
  if (plane === undefined) throw new Error(`${name} was not started here`);
  return plane;
};

/** A member that hangs, dies, is forgotten, and comes back. */
export function deadMember(use: Use): void {
  test('a dead member is blocked and stops nobody', async () => {
    const bench = use();
    const { ground } = bench;
    const [alpha, beta] = bench.members;
    await bench.join({ site: alpha }, { site: beta });
    ground.actors().kill(beta.name);
    planeOf(beta).suspend();
    const gold = { labels: { tier: 'gold' } };
    const hung = await bench.run(bench.with({ site: alpha, ...gold }, { site: beta, ...gold }), 'apply', '--yes');
    planeOf(beta).resume();
    await planeOf(beta).kill();
    bench.keep({ site: alpha, ...gold });
    expect(hung.code, hung.out + hung.err).toBe(5);
    expect(flat(hung.out)).toMatch(/BLOCKED 1 \? hub\/e2e-beta TLS handshake with \S+ timed out after 5 s/);
    expect(hung.out).toMatch(/repaired +1 /);
    expect((await look(ground, alpha).cluster())?.metadata.labels).toMatchObject({ tier: 'gold' });
    expect((await look(ground, beta).cluster())?.metadata.labels).not.toHaveProperty('tier');

    const dead = bench.with();
    const plan = await bench.run(dead, 'plan', '--detailed-exitcode');
    expect(plan.code).toBe(5);
    expect(plan.out).toMatch(/\? hub\/e2e-beta +connect \S+ refused/);
    expect(plan.tookMs, 'nobody waits for it').toBeLessThan(5_000);
    const status = await bench.run(dead, 'status');
    expect(status.code).toBe(5);
    expect(status.out).toMatch(/e2e-beta +hub +ocm-default +hub view/);
  });

  test('it is forgotten once its lease is old, and its side is cleaned when it is back', async () => {
    const bench = use();
    const { ground } = bench;
    const [, beta] = bench.members;
    bench.drop(beta);
    const rest = bench.with();
    const live = look(ground, beta);
    const forget = ['apply', '--yes', '--forget', beta.name];
    const one = ['--allow-removals', '1'];

    const declared = await bench.run(bench.with({ site: beta }), ...forget, ...one);
    expect(declared.code).toBe(4);
    expect(declared.err).toContain('the file still declares it');
    const blocked = await bench.run(rest, 'apply', '--yes', '--prune', '--allow-removals', '1');
    expect(blocked.out).toMatch(/BLOCKED 1\n\? hub\/e2e-beta +connect \S+ refused/);

    const alive = await bench.run(rest, ...forget);
    expect(alive.code).toBe(5);
    expect(alive.out).toContain('its agent is alive');
    expect(await live.cluster()).toBeDefined();

    const past = new Date(Date.now() - 3_600_000).toISOString().replace('Z', '000Z');
    const patch = JSON.stringify({ spec: { renewTime: past } });
    await ground.kubectl(ground.hub, 'patch', 'lease', names.lease, '-n', beta.name, '--type=merge', '-p', patch);
    const forgotten = await bench.done(rest, ...forget, ...one);
    expect(forgotten.out).toMatch(/unjoined +1 /);
    expect(await live.cluster()).toBeUndefined();
    expect(await live.namespaceOnHub()).toBeUndefined();
    expect(await live.requests()).toEqual([]);
    expect((await live.record())?.data?.['tombstone.json']).toContain('Klusterlet/klusterlet');

    const plan = await bench.run(rest, 'plan', '--prune', '--detailed-exitcode');
    expect(plan.code).toBe(5);
    expect(flat(plan.out)).toMatch(/forgotten at \S+, left on the member: .*Klusterlet\/klusterlet/);

    await planeOf(beta).restart();
    ground.actors().revive(beta.name);
    expect(await live.klusterlet()).toBeDefined();
    const cleaned = await bench.done(rest, 'apply', '--yes', '--prune', '--allow-removals', '1');
    expect(cleaned.out).toMatch(/unjoined +1 /);
    expect(await live.klusterlet()).toBeUndefined();
    expect(await live.agentNamespace()).toBeUndefined();
    expect(await live.record()).toBeUndefined();
    const works = await beta.client.list({ type: kinds.appliedWork });
    expect(works.items).toEqual([]);
    expect(await live.cluster(), 'nobody joins it again').toBeUndefined();
  });
}
