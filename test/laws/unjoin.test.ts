import { afterEach, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes } from '../../src/model/fleet.ts';
import type { RegistrationPlan } from '../../src/model/plan.ts';
import { content, dump } from './dump.ts';
import { fleetOf } from './fleet.ts';
import { testWorld, type TestWorld } from './world.ts';

let world: TestWorld;
afterEach(() => world.close());

/** What stays though all is removed: OCM's own definitions and cluster sets, and the place of the records. */
const stays = /^(customresourcedefinitions |namespaces rollcall$|(configmaps|serviceaccounts) rollcall\/)/;

const planned = ({ steps, notes }: RegistrationPlan): readonly string[] => [
  ...steps.flatMap(({ site, objects, does }) =>
    objects.map((name) => `${site} ${name}${does === 'remove' ? ' removed' : ''}`),
  ),
  ...notes.flatMap(
    (note) =>
      /^also removed: ([^,]+),/
        .exec(note)
        ?.slice(1)
        .map((name) => `hub ${name} removed`) ?? [],
  ),
];

describe.each(modes.map((mode) => drivers[mode]))('$mode', ({ mode }) => {
  test('only what is planned is written, and an unjoin returns every cluster to what it was', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const { admin: hub, server: hubServer } = world.world.hub('hub');
    const { admin: member, server: memberServer } = world.world.member('edge-1');
    await Promise.all([hubServer.settled(), memberServer.settled()]);
    const before = { hub: await dump(hub), member: await dump(member) };

    const join = await world.apply(fleetOf([{ name: 'edge-1', mode, labels: { tier: 'gold' } }]));
    const [joining] = join.survey.plan.registrations;
    const [joined] = join.outcomes;
    expect(joined?.is).toBe('done');
    if (joining === undefined || joined === undefined) throw new Error('no plan');
    const approved = joined.written.filter((name) => name.includes('CertificateSigningRequest/'));
    expect(approved).toHaveLength(1);
    // The identity is made and removed within the join.
    const names = new Set(
      joined.written.filter((name) => !approved.includes(name)).map((name) => name.replace(/ removed$/, '')),
    );
    expect([...names].toSorted()).toEqual([...new Set(planned(joining))].toSorted());

    const leave = await world.apply(fleetOf([{ name: 'edge-1', mode, state: 'absent' }]));
    const [leaving] = leave.survey.plan.registrations;
    expect(leave.outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
    if (leaving === undefined) throw new Error('no plan');
    const removed = leave.outcomes[0]?.written ?? [];
    expect(removed.filter((name) => !planned(leaving).includes(name))).toEqual([]);
    // The klusterlet operator is faster than we are.
    const byOthers = ['member Namespace/open-cluster-management-agent removed'];
    expect(planned(leaving).filter((name) => !removed.includes(name) && !byOthers.includes(name))).toEqual([]);
    await Promise.all([hubServer.settled(), memberServer.settled()]);
    const namespaces = /^(configmaps|serviceaccounts|secrets|leases|roles|rolebindings) open-cluster-management-agent/;
    await world.until('namespaces gone', async () =>
      [...(await dump(member)).keys()].some(
        (key) => namespaces.test(key) || key.startsWith('namespaces open-cluster-management-agent'),
      )
        ? undefined
        : true,
    );
    for (const [site, cluster] of [
      ['hub', hub],
      ['member', member],
    ] as const) {
      const after = await dump(cluster);
      expect([...after.keys()].filter((key) => !before[site].has(key) && !stays.test(key))).toEqual([]);
      for (const [key, object] of before[site]) {
        expect({ key, object: content(after.get(key) ?? object) }).toEqual({ key, object: content(object) });
        expect(after.has(key)).toBe(true);
      }
    }
  });

  test('with the ManagedCluster gone already, the rest goes', async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleetOf([{ name: 'edge-1', mode }]));
    const cluster = '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge-1';
    await world.kubectl('hub', 'DELETE', cluster);
    await world.until('gone', async () => ((await world.read('hub', cluster)) === undefined ? true : undefined));
    const { outcomes } = await world.apply(fleetOf([{ name: 'edge-1', mode, state: 'absent' }]));
    expect(outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
    expect(
      await world.read('edge-1', '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet'),
    ).toBeUndefined();
    expect(await world.read('hub', '/api/v1/namespaces/rollcall/configmaps/edge-1')).toBeUndefined();
  });

  test('with the Klusterlet kind not served any more, the rest goes', async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleetOf([{ name: 'edge-1', mode }]));
    const klusterlet = '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet';
    await world.kubectl('edge-1', 'DELETE', klusterlet);
    await world.until('gone', async () => ((await world.read('edge-1', klusterlet)) === undefined ? true : undefined));
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    for (const kind of ['klusterlets.operator', 'appliedmanifestworks.work'])
      await world.kubectl('edge-1', 'DELETE', `${definitions}/${kind}.open-cluster-management.io`);
    const { outcomes } = await world.apply(fleetOf([{ name: 'edge-1', mode, state: 'absent' }]));
    expect(outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
  });
});
