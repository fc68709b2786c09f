import { load } from 'js-yaml';
import { afterEach, describe, expect, it } from 'vitest';
import type { RawCluster } from '../../src/model/cluster.ts';
import { clusters, join, send, until } from './join.ts';
import { startWorld, type World, type WorldOptions } from '../../src/sandbox/world.ts';

const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

async function start(options: Partial<WorldOptions> = {}): Promise<World> {
  const hubs = [{ name: 'hub', context: 'hub' }];
  const members = [{ name: 'm1', context: 'm1' }];
  const world = await startWorld({ hubs, members, readYaml: load, speed: 20, ...options });
  open.push(world);
  return world;
}

async function get(raw: RawCluster, path: string): Promise<Record<string, unknown>> {
  const { status, body } = await raw.send({ method: 'GET', path });
  expect({ path, status }).toEqual({ path, status: 200 });
  return JSON.parse(body) as Record<string, unknown>;
}

describe('a world without sockets', () => {
  it('has a hub with OCM', async () => {
    const hub = (await start({ actors: false })).hub('hub');
    for (const kind of ['managedclusters', 'managedclustersets']) {
      const version = kind === 'managedclusters' ? 'v1' : 'v1beta2';
      await get(hub.admin, `/apis/cluster.open-cluster-management.io/${version}/${kind}`);
    }
    const info = await get(hub.admin, '/api/v1/namespaces/kube-public/configmaps/cluster-info');
    const kubeconfig = load((info['data'] as { kubeconfig: string }).kubeconfig);
    expect(kubeconfig).toMatchObject({ clusters: [{ cluster: { server: hub.url } }] });
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles/open-cluster-management:bootstrap';
    expect(await get(hub.admin, roles)).toMatchObject({ kind: 'ClusterRole' });
    const manager = await get(
      hub.admin,
      '/apis/operator.open-cluster-management.io/v1/clustermanagers/cluster-manager',
    );
    expect(manager).toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'Applied' })]) },
    });
  });

  it('has a member with an available operator', async () => {
    const member = (await start({ actors: false })).member('m1');
    const deployment = await get(
      member.admin,
      '/apis/apps/v1/namespaces/open-cluster-management/deployments/klusterlet',
    );
    expect(deployment).toMatchObject({ status: { availableReplicas: 1 } });
    await get(member.admin, '/apis/operator.open-cluster-management.io/v1/klusterlets');
  });

  it('lets a hub be its own member, and tells other clusters apart by the UID of kube-system', async () => {
    const world = await start({
      actors: false,
      members: [
        { name: 'self', context: 'hub' },
        { name: 'm1', context: 'm1' },
      ],
    });
    expect(world.member('self')).toBe(world.hub('hub'));
    await get(world.hub('hub').admin, '/apis/operator.open-cluster-management.io/v1/klusterlets');
    const uids = await Promise.all(
      world.clusters.map(async ({ admin }) => {
        const { metadata } = await get(admin, '/api/v1/namespaces/kube-system');
        return (metadata as { uid: string }).uid;
      }),
    );
    expect(new Set(uids).size).toBe(2);
  });
});

describe('OCM in a world', () => {
  it('takes a member from its bootstrap token to Available, and away again', async () => {
    const world = await start();
    await join(world, 'hub', 'm1');
    const hub = world.hub('hub').admin;
    await send(hub, 'DELETE', `${clusters}/m1`);
    expect(await until(hub, clusters, (items) => (items.length === 0 ? 'gone' : undefined))).toBe('gone');
  });

  it('keeps a member out whose token was revoked', async () => {
    const world = await start();
    await join(world, 'hub', 'm1');
    const hub = world.hub('hub');
    const accounts = '/api/v1/namespaces/open-cluster-management/serviceaccounts/bootstrap-m1';
    const { token } = (await send(hub.admin, 'POST', `${accounts}/token`, { spec: {} }))['status'] as { token: string };
    const presented = { authorization: `Bearer ${token}` };
    expect(await hub.authenticate(presented)).toMatchObject({ name: expect.stringContaining('bootstrap-m1') });
    await send(hub.admin, 'DELETE', accounts);
    expect(await hub.authenticate(presented)).toBeUndefined();
  });
});
