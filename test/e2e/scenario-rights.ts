import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import type { Bench, Use } from './bench.ts';
import { type Declared, fleetFile } from './fleet-file.ts';
import type { Site } from './ground.ts';
import { look } from './live.ts';
import { flat, type Ran } from './program.ts';

const manifest = (name: string): string => fileURLToPath(new URL(`../../examples/rbac/${name}`, import.meta.url));
const account = { namespace: 'default', name: 'e2e-operator' };

async function grant({ ground }: Bench, site: Site, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    const subject = `--serviceaccount=${account.namespace}:${account.name}`;
    await ground.kubectl(site, 'create', 'clusterrolebinding', `e2e-${role}`, `--clusterrole=${role}`, subject);
  }
}

/** @returns a kubeconfig with the ground's contexts, as a ServiceAccount without any right of its own */
async function asOperator({ ground }: Bench, sites: readonly Site[]): Promise<string> {
  const config = load(readFileSync(ground.kubeconfig, 'utf8')) as object;
  const users = await Promise.all(
    sites.map(async (site) => {
      await ground.kubectl(site, 'create', 'serviceaccount', account.name, '-n', account.namespace);
      const token = await ground.kubectl(site, 'create', 'token', account.name, '-n', account.namespace);
      return { name: site.context, user: { token } };
    }),
  );
  const file = join(dirname(ground.kubeconfig), 'operator.kubeconfig');
  writeFileSync(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return file;
}

/** What the manifests in examples/rbac let somebody do, and no more. */
export function rights(use: Use): void {
  test('plan.yaml is enough to plan, apply.yaml to join and unjoin, and a missing right is named', async () => {
    const bench = use();
    const { ground } = bench;
    const [alpha] = bench.members;
    const live = look(ground, alpha);
    const operator = await asOperator(bench, [ground.hub, alpha]);
    const run = (members: readonly Declared[], ...args: readonly string[]): Promise<Ran> =>
      bench.rollcall.start(fleetFile(ground, members), args, operator).ended;
    const joining = [{ site: alpha, labels: { tier: 'gold' } }];

    const nothing = await run(joining, 'plan');
    expect(nothing.code, 'no hub can be observed without rights').toBe(6);
    expect(flat(nothing.out)).toMatch(/! hub .*(may not|forbidden).*list/);

    for (const site of [ground.hub, alpha]) await ground.kubectl(site, 'apply', '-f', manifest('plan.yaml'));
    await grant(bench, ground.hub, ['rollcall-plan-hub']);
    await grant(bench, alpha, ['rollcall-plan-member']);
    const refused = await run(joining, 'apply', '--yes');
    expect(refused.code, refused.out + refused.err).toBe(5);
    expect(flat(refused.out)).toMatch(/REFUSED 1 ! hub\/e2e-alpha the credentials may not: /);
    expect(flat(refused.out)).toContain('create managedclusters.cluster.open-cluster-management.io on the hub');
    expect(flat(refused.out)).toContain('create klusterlets.operator.open-cluster-management.io on the member');
    expect(await live.cluster()).toBeUndefined();
    expect(await live.record()).toBeUndefined();
    await bench.join(...joining);
    expect((await run(joining, 'plan', '--detailed-exitcode')).code).toBe(0);
    expect((await run(joining, 'status')).code).toBe(0);
    await bench.unjoinAll(1);

    for (const site of [ground.hub, alpha]) await ground.kubectl(site, 'apply', '-f', manifest('apply.yaml'));
    await grant(bench, ground.hub, ['rollcall-apply-hub', 'rollcall-apply-hub-contents']);
    await grant(bench, alpha, ['rollcall-apply-member']);
    const joined = await run(joining, 'apply', '--yes', '--wait-timeout', '60s');
    expect(joined, joined.out + joined.err).toMatchObject({ code: 0 });
    expect(await live.available()).toBe('True');
    const changed = await run([{ site: alpha, mode: 'ocm-singleton' }], 'apply', '--yes', '--wait-timeout', '60s');
    expect(changed, changed.out + changed.err).toMatchObject({ code: 0 });
    const unjoined = await run([], 'unjoin', alpha.name, '--yes', '--allow-removals', '1', '--wait-timeout', '60s');
    expect(unjoined, unjoined.out + unjoined.err).toMatchObject({ code: 0 });
    expect(await live.cluster()).toBeUndefined();
    expect(await live.namespaceOnHub()).toBeUndefined();
    expect(await live.klusterlet()).toBeUndefined();
    expect(await live.record()).toBeUndefined();
  });
}
