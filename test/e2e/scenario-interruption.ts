import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import type { Use } from './bench.ts';
import { fleetFile } from './fleet-file.ts';
import { lockKey, look } from './live.ts';

const operator = `${userInfo().username}@${hostname()}`;

/** Runs that are interrupted, killed, or in each other's way. An agent that does not start keeps them waiting. */
export function interruption(use: Use): void {
  test('a second run finds the lock, Ctrl-C ends the first, and running again converges', async () => {
    const bench = use();
    const { ground, rollcall } = bench;
    const [alpha, , gamma] = bench.members;
    await bench.join({ site: alpha }, { site: gamma });
    // The new agent has to ask for a certificate of its own, and does not start.
    const members = bench.with({ site: alpha, mode: 'ocm-singleton' }, { site: gamma, labels: { tier: 'gold' } });
    const fleet = fleetFile(ground, members);
    ground.actors().kill(alpha.name);
    const first = rollcall.start(fleet, ['apply', '--yes', '--concurrency', '1']);
    await first.says(/e2e-alpha: approve: waiting: /);

    const second = await bench.run(members, 'apply', '--yes');
    expect(second.code).toBe(4);
    expect(second.err).toMatch(new RegExp(`hub hub is locked by ${operator} pid ${first.process.pid} \\w+ since 20`));
    expect(second.err).toContain('nothing was changed');

    first.process.kill('SIGINT');
    const ended = await first.ended;
    expect(ended, ended.out + ended.err).toMatchObject({ code: 130 });
    expect(ended.err).toContain('interrupted: finishing the steps in flight');
    expect(ended.out).toMatch(/2 planned .* exit 130/);
    expect(ended.out).toMatch(/interrupted +1/);
    expect(ended.out).toMatch(/not started +1/);
    expect(ended.out).toContain('again: rollcall apply --member e2e-alpha,e2e-gamma');
    expect(await ground.hub.client.get(lockKey), 'the lock was given back').toBeUndefined();
    expect((await look(ground, gamma).cluster())?.metadata.labels).not.toHaveProperty('tier');

    ground.actors().revive(alpha.name);
    await bench.join(...members);
  });

  test('a run that was killed leaves a lock that ends by itself, and nothing that running again does not finish', async () => {
    const bench = use();
    const { ground, rollcall } = bench;
    const [, beta] = bench.members;
    ground.actors().kill(beta.name);
    const killed = rollcall.start(fleetFile(ground, bench.with({ site: beta })), ['apply', '--yes']);
    await killed.says(/e2e-beta: approve: waiting/);
    killed.process.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await look(ground, beta).record(), 'written before anything else').toBeDefined();
    expect(await ground.hub.client.get(lockKey)).toBeDefined();
    ground.actors().revive(beta.name);

    const early = await bench.run(bench.with({ site: beta }), 'apply', '--yes');
    expect(early.code).toBe(4);
    expect(early.err).toContain(`locked by ${operator} pid ${killed.process.pid}`);
    expect(early.err).toContain('a lock that is not renewed ends after 60 s');

    // A minute later.
    const renewTime = new Date(Date.now() - 61_000).toISOString().replace('Z', '000Z');
    const patch = JSON.stringify({ spec: { renewTime } });
    const { namespace, name } = lockKey;
    await ground.kubectl(ground.hub, 'patch', 'lease', name, '-n', namespace, '--type=merge', '-p', patch);
    await bench.join({ site: beta });
    expect(await ground.hub.client.get(lockKey)).toBeUndefined();
    await bench.done(bench.with(), 'plan', '--detailed-exitcode');
  });
}
