import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { names } from '../../src/sandbox/actors/kinds.ts';
import { createCertificateAuthority } from '../../src/sandbox/server/certificates.ts';
import { kubeconfig } from '../control-plane/credentials.ts';
import type { Bench, Use } from './bench.ts';
import { type Declared, fleetFile } from './fleet-file.ts';
import type { Site } from './ground.ts';
import { agentNamespace, look, stateOf, until } from './live.ts';
import { flat } from './program.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @returns a kubeconfig for what `site` is, as a file beside the ground's; its context has the name of the site */
function written(bench: Bench, site: Site, change: (text: string) => string): string {
  const file = join(dirname(bench.ground.kubeconfig), `${site.name}-${Math.random()}.kubeconfig`);
  writeFileSync(file, change(site.plane?.kubeconfig ?? ''), { mode: 0o600 });
  return file;
}

/** Runs with one cluster reached another way. */
function runWith(bench: Bench, members: readonly Declared[], file: string, args: readonly string[]) {
  // Of equal names the first file wins.
  return bench.rollcall.start(fleetFile(bench.ground, members), args, `${file}:${bench.ground.kubeconfig}`).ended;
}

/** Credentials that are over, and contexts that lead elsewhere. */
export function credentials(use: Use): void {
  test('an agent that lost its credential, with an expired token, gets both anew', async () => {
    const bench = use();
    const { ground } = bench;
    const [alpha] = bench.members;
    await bench.join({ site: alpha });
    const live = look(ground, alpha);
    const old = (await live.requests()).map(({ metadata }) => metadata.name);

    const bootstrap = Buffer.from((await live.bootstrap())?.data?.['kubeconfig'] ?? '', 'base64').toString();
    const sub = `system:serviceaccount:open-cluster-management:agent-registration-bootstrap-${alpha.name}`;
    const exp = Math.floor(Date.now() / 1000) - 60;
    const token = [part({ alg: 'RS256' }), part({ sub, exp }), 'c2lnbmF0dXJl'].join('.');
    const config = load(bootstrap) as { users: { user: object }[] };
    const expired = JSON.stringify({ ...config, users: config.users.map((user) => ({ ...user, user: { token } })) });
    const there = ['-n', agentNamespace];
    const patch = JSON.stringify({ data: { kubeconfig: encode(expired) } });
    await ground.kubectl(alpha, 'patch', 'secret', names.bootstrapSecret, ...there, '--type=merge', '-p', patch);
    await ground.kubectl(alpha, 'delete', 'secret', names.hubSecret, ...there);
    // What it had on disk ends with its pod; the operator makes another one.
    await ground.kubectl(alpha, 'delete', 'deployment', 'klusterlet-registration-agent', ...there);

    const plan = await bench.run(bench.with(), 'plan', '--detailed-exitcode');
    expect(plan.code).toBe(2);
    expect(plan.out).toContain('a token that has expired');
    expect(plan.out).toContain('RESTARTS 1');
    const repaired = await bench.done(bench.with(), 'apply', '--yes');
    expect(repaired.err).toBe('');
    expect(await live.available()).toBe('True');
    const requests = (await live.requests()).map(({ metadata }) => metadata.name);
    expect(requests.filter((name) => !old.includes(name))).toHaveLength(1);
    expect(await live.identity()).toBeUndefined();
    await bench.done(bench.with(), 'plan', '--detailed-exitcode');
  });

  test('a kubeconfig that is no longer good is told from a cluster that is down', async () => {
    const bench = use();
    const { ground } = bench;
    const [alpha, beta] = bench.members;
    await bench.join({ site: alpha });
    const longAgo = await createCertificateAuthority({
      now: () => Date.now() - 730 * 86_400_000,
      random: () => Math.random(),
    });
    const over = await longAgo.client({ commonName: 'admin', organizations: ['system:masters'] });
    const { server = '', ca = '' } = alpha.plane ?? {};
    const expired = written(bench, alpha, () => kubeconfig(alpha.name, server, ca, over));
    const blocked = await runWith(bench, bench.with(), expired, ['plan', '--detailed-exitcode']);
    expect(blocked.code).toBe(5);
    expect(blocked.out).toMatch(/BLOCKED 1\n\? hub\/e2e-alpha +.*client certificate expired 20\d\d-\d\d-\d\d/);

    const otherCa = beta.plane?.ca ?? '';
    const wrong = written(bench, ground.hub, (text) =>
      text.replace(encode(ground.hub.plane?.ca ?? ''), encode(otherCa)),
    );
    const unobserved = await runWith(bench, bench.with(), wrong, ['apply', '--yes']);
    expect(unobserved.code).toBe(6);
    expect(unobserved.out).toContain('HUBS NOT OBSERVED 1');
    expect(unobserved.out).toMatch(/! hub +.*(certificate|CA)/);
  });

  test('another cluster under the name, and one cluster under two names, are refused', async () => {
    const bench = use();
    const { ground } = bench;
    const [alpha, beta, gamma] = bench.members;
    await bench.join({ site: alpha }, { site: beta });
    const before = await ground.atRest(async () => {
      const state = await Promise.all(bench.members.map((site) => stateOf(site, true)));
      const swapped = await bench.run(
        bench.with({ site: beta, name: alpha.name }, { site: alpha, name: beta.name }),
        'apply',
        '--yes',
      );
      expect(swapped.code).toBe(5);
      expect(swapped.out).toContain('REFUSED 2');
      expect(flat(swapped.out)).toMatch(/! hub\/e2e-alpha another cluster: kube-system [\w-]+, recorded [\w-]+/);
      expect(flat(swapped.out)).toMatch(/! hub\/e2e-beta another cluster: kube-system [\w-]+, recorded [\w-]+/);
      expect(swapped.out).toContain('rollcall apply --rebuilt e2e-alpha');

      const { server = '', ca = '', clientCertificate = '', clientKey = '' } = alpha.plane ?? {};
      const pair = { certificate: clientCertificate, key: clientKey };
      const alias = written(bench, gamma, () => kubeconfig(gamma.name, server, ca, pair));
      const twice = await runWith(bench, bench.with({ site: gamma }), alias, ['apply', '--yes']);
      expect(twice.code).toBe(5);
      expect(flat(twice.out)).toContain('one cluster under two names: e2e-alpha and e2e-gamma');
      expect(await Promise.all(bench.members.map((site) => stateOf(site, true)))).toEqual(state);
      return state;
    });
    expect(before).toHaveLength(3);
    await until(look(ground, alpha).available, (status) => status === 'True', 'alpha is Available again');
    await until(look(ground, beta).available, (status) => status === 'True', 'beta is Available again');
  });
}
