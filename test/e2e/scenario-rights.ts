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
const namespace = 'default';

/** @returns the file of a kubeconfig with the ground's contexts, as a ServiceAccount without any right of its own */
async function kubeconfigOf({ ground }: Bench, name: string, sites: readonly Site[]): Promise<string> {
  const config = load(readFileSync(ground.kubeconfig, 'utf8')) as object;
  const users: object[] = [];
  for (const site of sites) {
    await ground.kubectl(site, 'create', 'serviceaccount', name, '-n', namespace);
    const token = await ground.kubectl(site, 'create', 'token', name, '-n', namespace);
    users.push({ name: site.context, user: { token } });
  }
  const file = join(dirname(ground.kubeconfig), `${name}.kubeconfig`);
  writeFileSync(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return file;
}

/** What the manifests in examples/rbac let somebody do, and no more. */
export function rights(use: Use): void {
  test('plan.yaml is enough to plan, apply.yaml to join and unjoin, and a missing right is named', async () => {
    const bench = use();
    const { ground } = bench;
    const [, beta] = bench.members;
    const live = look(ground, beta);
    const viewer = await kubeconfigOf(bench, 'e2e-viewer', [ground.hub, beta]);
    const operator = await kubeconfigOf(bench, 'e2e-operator', [ground.hub, beta]);
    const joining = [{ site: beta, labels: { tier: 'gold' } }];
    const run = (kubeconfig: string, members: readonly Declared[], ...args: readonly string[]): Promise<Ran> =>
      bench.rollcall.start(fleetFile(ground, members), [...args, '--member', beta.name], kubeconfig).ended;
    const grant = async (name: string, site: Site, ...roles: readonly string[]): Promise<void> => {
      const subject = `--serviceaccount=${namespace}:${name}`;
      for (const role of roles)
        await ground.kubectl(site, 'create', 'clusterrolebinding', `${name}-${role}`, `--clusterrole=${role}`, subject);
    };

    const nothing = await run(viewer, joining, 'plan');
    expect(nothing.code, 'no hub can be observed without rights').toBe(6);
    expect(flat(nothing.out)).toMatch(/! hub .*(may not|forbidden).*list/);

    for (const site of [ground.hub, beta]) {
      await ground.kubectl(site, 'apply', '-f', manifest('plan.yaml'));
      await ground.kubectl(site, 'apply', '-f', manifest('apply.yaml'));
    }
    for (const name of ['e2e-viewer', 'e2e-operator']) {
      await grant(name, ground.hub, 'rollcall-plan-hub');
      await grant(name, beta, 'rollcall-plan-member');
    }
    const refused = await run(viewer, joining, 'apply', '--yes');
    expect(refused.code, refused.out + refused.err).toBe(5);
    const said = flat(refused.out);
    expect(said).toMatch(/REFUSED 1 ! hub\/e2e-beta the credentials may not: /);
    expect(said).toContain('create managedclusters.cluster.open-cluster-management.io on the hub');
    expect(said).toContain('create klusterlets.operator.open-cluster-management.io on the member');
    expect(await live.cluster()).toBeUndefined();
    expect(await live.record()).toBeUndefined();

    await grant('e2e-operator', ground.hub, 'rollcall-apply-hub', 'rollcall-apply-hub-contents');
    await grant('e2e-operator', beta, 'rollcall-apply-member');
    for (const mode of ['ocm-default', 'ocm-singleton'] as const) {
      const members = joining.map((declared) => ({ ...declared, mode }));
      const applied = await run(operator, members, 'apply', '--yes', '--wait-timeout', '60s');
      expect(applied, applied.out + applied.err).toMatchObject({ code: 0 });
      expect(await live.available()).toBe('True');
      expect((await run(viewer, members, 'plan', '--detailed-exitcode')).code).toBe(0);
      expect((await run(viewer, members, 'status')).code).toBe(0);
    }

    const absent = [{ site: beta, registration: { state: 'absent' } }];
    const unjoined = await run(operator, absent, 'apply', '--yes', '--allow-removals', '1', '--wait-timeout', '60s');
    expect(unjoined, unjoined.out + unjoined.err).toMatchObject({ code: 0 });
    expect(await live.cluster()).toBeUndefined();
    expect(await live.namespaceOnHub()).toBeUndefined();
    expect(await live.klusterlet()).toBeUndefined();
    expect(await live.record()).toBeUndefined();
  });
}
