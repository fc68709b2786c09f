import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds } from '../../src/sandbox/actors/kinds.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { Bench } from './bench.ts';
import { fleetFile } from './fleet-file.ts';
import { existingClusters, existingGround, type Ground, memberNames, type Site, startGround } from './ground.ts';
import { configMaps, everything, lockKey, look, stateOf, until } from './live.ts';
import { Program } from './program.ts';
import { expectNoSecretIn } from './secrets.ts';

const existing = existingClusters(process.env);

if (existing === undefined)
  onRealControlPlanes('the straight line on real control planes', () => {
    straightLine(() => startGround({ members: memberNames }));
  });
else
  describe(`the straight line on hub ${existing.hub}`, () => {
    straightLine(() => existingGround(existing));
  });

/** From join to unjoin, each test on what the one before left. */
function straightLine(start: () => Promise<Ground>): void {
  let ground: Ground;
  let rollcall: Program;
  let first: Site;
  let before: readonly (readonly string[])[] = [];

  const sites = (): readonly Site[] => [ground.hub, ...ground.members];
  /** The first member as a test wants it, the others singletons. */
  const fleet = (changed: object = {}): object =>
    fleetFile(
      ground,
      ground.members.map((site) =>
        site === first
          ? { site, labels: { tier: 'gold' }, ...changed }
          : {
              site,
              mode: 'ocm-singleton',
              registration: { options: { resources: { qosClass: 'BestEffort' } } },
            },
      ),
    );
  const versions = () => Promise.all(sites().map((site) => stateOf(site, ground.isOurs)));
  const paths = () => Promise.all(sites().map(async (site) => [...(await everything(site)).keys()].toSorted()));

  beforeAll(async () => {
    ground = await start();
    rollcall = new Program(ground.kubeconfig);
    const [one] = ground.members;
    if (one === undefined) throw new Error('a member is needed');
    first = one;
  }, 120_000);
  afterAll(async () => {
    // What a failed test left would be in the next run's way.
    if (existing !== undefined && ground !== undefined) await new Bench(ground, rollcall).sweep();
    rollcall?.remove();
    await ground?.close();
  }, 120_000);

  test('validates and plans without writing, and joins only when told to', async () => {
    before = await paths();
    const count = ground.members.length;
    expect(await rollcall.run(fleet(), 'validate')).toMatchObject({ code: 0, err: '' });
    const plan = await rollcall.run(fleet(), 'plan');
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(plan.out).toContain(`${count} join`);
    expect((await rollcall.run(fleet(), 'plan', '--detailed-exitcode')).code).toBe(2);
    const unconfirmed = await rollcall.run(fleet(), 'apply');
    expect(unconfirmed.code).toBe(4);
    expect(unconfirmed.err).toContain('not confirmed');
    expect(await look(ground, first).cluster()).toBeUndefined();
    expect(await ground.hub.client.get({ type: kinds.namespace, name: 'rollcall' })).toBeUndefined();
  });

  test('joins members in both modes', async () => {
    const joined = await rollcall.run(fleet(), 'apply', '--yes');
    expect(joined, joined.out + joined.err).toMatchObject({ code: 0, err: '' });
    expect(joined.out).toMatch(new RegExp(`joined +${ground.members.length} `));
    for (const site of ground.members) {
      const live = look(ground, site);
      expect(await live.available()).toBe('True');
      expect((await live.cluster())?.spec?.hubAcceptsClient).toBe(true);
      expect((await live.klusterlet())?.spec).toMatchObject({
        clusterName: site.name,
        deployOption: { mode: site === first ? 'Default' : 'Singleton' },
      });
      expect((await live.record())?.data?.['record.json']).toContain(`"member":"${site.name}"`);
      expect(await live.identity(), 'its role reads every ConfigMap').toBeUndefined();
      expect(await live.requests()).toHaveLength(1);
    }
    expect((await look(ground, first).cluster())?.metadata.labels).toMatchObject({ tier: 'gold' });
    expect(await ground.hub.client.get(lockKey)).toBeUndefined();
    expect((await rollcall.run(fleet(), 'plan', '--detailed-exitcode')).code).toBe(0);
    const status = await rollcall.run(fleet(), 'status', '--all');
    expect(status.code).toBe(0);
    expect(status.out).toMatch(new RegExp(`${first.name} +hub +ocm-default +in sync`));
  });

  test('writes nothing when nothing is to be done, the lock included', async () => {
    await ground.atRest(async () => {
      const untouched = await versions();
      const again = await rollcall.run(fleet(), 'apply', '--yes', '-v');
      expect(again.code).toBe(0);
      expect(again.out).toContain('nothing to do');
      expect((await rollcall.run(fleet(), 'plan', '--detailed-exitcode')).code).toBe(0);
      expect((await rollcall.run(fleet(), 'status')).code).toBe(0);
      expect(await versions()).toEqual(untouched);
    });
  });

  test('reports drift with who and when, repairs it, and takes away what left the file', async () => {
    await ground.kubectl(
      ground.hub,
      'label',
      'managedcluster',
      first.name,
      'tier=lead',
      'owner=somebody',
      '--overwrite',
    );
    await ground.kubectl(
      first,
      'patch',
      'klusterlet',
      'klusterlet',
      '--type=merge',
      '-p',
      '{"spec":{"deployOption":{"mode":"Singleton"}}}',
    );
    const seen = await rollcall.run(fleet(), 'plan', '--detailed-exitcode');
    expect(seen.code).toBe(2);
    const when = String.raw`\d{4}-\d\d-\d\d \d\d:\d\dZ`;
    expect(seen.out).toContain('1 repair');
    expect(seen.out).toMatch(new RegExp(String.raw`lead → gold +by kubectl-label, ${when}`));
    expect(seen.out).toMatch(new RegExp(String.raw`Singleton → Default +by kubectl-patch, ${when}`));
    expect(seen.out).toContain('RESTARTS 1');
    expect(seen.out, 'nobody declared that label').not.toContain('owner');
    const status = await rollcall.run(fleet(), 'status');
    expect(status.code).toBe(2);
    expect(status.out).toContain('2 fields, ');

    const repaired = await rollcall.run(fleet(), 'apply', '--yes', '--only', 'repair');
    expect(repaired, repaired.out + repaired.err).toMatchObject({ code: 0 });
    expect(repaired.out).toMatch(/repaired +1 /);
    const live = look(ground, first);
    expect((await live.cluster())?.metadata.labels).toMatchObject({ tier: 'gold', owner: 'somebody' });
    expect((await live.klusterlet())?.spec?.deployOption?.mode).toBe('Default');
    expect((await rollcall.run(fleet(), 'plan', '--detailed-exitcode')).code).toBe(0);

    const other = fleet({ labels: { rank: 'one' } });
    expect((await rollcall.run(other, 'apply', '--yes')).code).toBe(0);
    const labels = (await live.cluster())?.metadata.labels ?? {};
    expect(labels).toMatchObject({ rank: 'one', owner: 'somebody' });
    expect(labels).not.toHaveProperty('tier');
    expect((await rollcall.run(fleet(), 'apply', '--yes')).code).toBe(0);
  });

  test('changes the mode, there and back', async () => {
    const live = look(ground, first);
    for (const [mode, deploy, agent, gone] of [
      ['ocm-singleton', 'Singleton', 'klusterlet-agent', 'klusterlet-registration-agent'],
      ['ocm-default', 'Default', 'klusterlet-registration-agent', 'klusterlet-agent'],
    ] as const) {
      const plan = await rollcall.run(fleet({ mode }), 'plan', '--detailed-exitcode');
      expect(plan.code).toBe(2);
      expect(plan.out).toContain('RESTARTS 1');
      const changed = await rollcall.run(fleet({ mode }), 'apply', '--yes');
      expect(changed, changed.out + changed.err).toMatchObject({ code: 0 });
      expect((await live.klusterlet())?.spec?.deployOption?.mode).toBe(deploy);
      expect(await live.agent(agent)).toBeDefined();
      expect(await live.agent(gone)).toBeUndefined();
      expect(await live.available()).toBe('True');
      expect(await live.identity()).toBeUndefined();
      expect((await rollcall.run(fleet({ mode }), 'plan', '--detailed-exitcode')).code).toBe(0);
    }
    const uid = (await live.klusterlet())?.metadata.uid ?? 'none';
    const credential = (await live.credential())?.data?.['agent-name'] ?? '';
    expect(Buffer.from(credential, 'base64').toString(), 'a singleton is known by its Klusterlet').toBe(uid);
  });

  test('refuses to unjoin what still has works, then drains it', async () => {
    const live = look(ground, first);
    const deployed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'e2e-deployed', namespace: 'default' } };
    await ground.hub.client.create(kinds.manifestWork, {
      apiVersion: kinds.manifestWork.apiVersion,
      kind: 'ManifestWork',
      metadata: { name: 'e2e-work', namespace: first.name },
      spec: { workload: { manifests: [deployed] } },
    });
    const workload = () => first.client.get({ type: configMaps, namespace: 'default', name: 'e2e-deployed' });
    await until(workload, (found) => found !== undefined, 'the work is applied');

    const declared = await rollcall.run(fleet(), 'unjoin', first.name, '--yes');
    expect(declared.code).toBe(4);
    expect(declared.err).toContain(`the file still declares ${first.name}`);

    const refused = await rollcall.run(fleet({ registration: { state: 'absent' } }), 'apply', '--yes');
    expect(refused.code).toBe(5);
    expect(refused.out).toContain('1 ManifestWork would be deleted from the member');
    expect(await workload()).toBeDefined();

    const drain = fleet({ registration: { state: 'absent', works: 'drain' } });
    const unasked = await rollcall.run(drain, 'apply', '--yes');
    expect(unasked.code).toBe(4);
    expect(unasked.err).toContain('--allow-removals 1');
    expect(unasked.out).toContain('1 work');
    expect(await live.available()).toBe('True');

    const drained = await rollcall.run(drain, 'apply', '--yes', '--allow-removals', '1');
    expect(drained, drained.out + drained.err).toMatchObject({ code: 0 });
    expect(drained.out).toMatch(/unjoined +1 /);
    expect(await workload()).toBeUndefined();
    expect(await live.cluster()).toBeUndefined();
    expect(await live.klusterlet()).toBeUndefined();
    expect(await live.agentNamespace()).toBeUndefined();
    expect(await live.namespaceOnHub()).toBeUndefined();
    expect(await live.requests()).toEqual([]);
    expect(await live.record()).toBeUndefined();
    expect((await rollcall.run(drain, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('joins again, and leaves nothing behind when everything has left', async () => {
    const rejoined = await rollcall.run(fleet(), 'apply', '--yes');
    expect(rejoined, rejoined.out + rejoined.err).toMatchObject({ code: 0 });
    expect(await look(ground, first).available()).toBe('True');

    const empty = fleetFile(ground, []);
    const kept = await rollcall.run(empty, 'plan');
    expect(kept.out).toContain('needs --prune');
    const names = ground.members.map(({ name }) => name);
    const left = await rollcall.run(empty, 'unjoin', ...names, '--yes', '--allow-removals', String(names.length));
    expect(left, left.out + left.err).toMatchObject({ code: 0 });
    if (!ground.isOurs) return;
    const added = (await paths()).map((list, index) => list.filter((path) => !before[index]?.includes(path)));
    const [onHub, ...onMembers] = added;
    expect(onMembers).toEqual(ground.members.map(() => []));
    expect(onHub, "the program's own namespace stays, with what every namespace holds").toEqual([
      '/api/v1/configmaps rollcall/kube-root-ca.crt',
      '/api/v1/namespaces /rollcall',
      '/api/v1/serviceaccounts rollcall/default',
    ]);
  });

  test('has printed no secret', () => expectNoSecretIn(rollcall, ground));
}
