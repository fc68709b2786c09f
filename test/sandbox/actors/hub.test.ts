import { expect, test } from 'vitest';
import { clientOf } from '../../../src/sandbox/actors/client.ts';
import { startHubController } from '../../../src/sandbox/actors/hub-controller.ts';
import { kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import { systemClock } from '../../../src/sandbox/actors/loop.ts';
import { startCluster } from '../../../src/sandbox/cluster.ts';
import { startWorld } from '../../../src/sandbox/world.ts';
import { condition, until } from './world.ts';

test('a hub controller that starts in the middle of a deletion lets nothing go before it has seen the works', async () => {
  let refusals = 0;
  let refused = 0;
  const hub = await startCluster({
    context: 'hub',
    roles: ['hub'],
    clock: systemClock,
    random: Math.random,
    speed: 60,
    url: 'https://hub',
    listen: false,
    intercept({ path }) {
      if (refused >= refusals || !path.includes('/manifestworks')) return undefined;
      refused += 1;
      return new Error('connection reset');
    },
  });
  const client = clientOf(hub.admin, 'test');
  const cluster = { type: kinds.managedCluster, name: 'm1' };
  const finalizers = [names.resourceCleanup];
  const { apiVersion } = kinds.managedCluster;
  await client.create(kinds.managedCluster, {
    apiVersion,
    kind: 'ManagedCluster',
    metadata: { name: 'm1', finalizers },
  });
  await client.create(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'm1' } });
  await client.create(kinds.manifestWork, {
    apiVersion: kinds.manifestWork.apiVersion,
    kind: 'ManifestWork',
    metadata: { name: 'w1', namespace: 'm1', finalizers: [names.workCleanup] },
    spec: { workload: { manifests: [] } },
  });
  await client.remove(cluster);
  refusals = 3;
  const stop = startHubController({ hub: hub.admin, clock: systemClock, speed: 60, log: () => undefined });
  try {
    await until(
      () => client.get(cluster),
      (live) => condition(live, 'Deleting') === 'False/ResourceRemaining',
      'it waits',
    );
    expect(refused).toBe(3);
    await client.merge({ type: kinds.manifestWork, namespace: 'm1', name: 'w1' }, { metadata: { finalizers: null } });
    await until(
      () => client.get(cluster),
      (live) => live === undefined,
      'it is gone',
    );
  } finally {
    await stop();
    await hub.close();
  }
});

test('what the hub controller tries again is told', async () => {
  const logged: string[] = [];
  let broken = 0;
  const world = await startWorld({
    hubs: [{ name: 'hub', context: 'hub' }],
    members: [],
    readYaml: JSON.parse,
    intercept(_, { method, path }) {
      if (broken > 0 || method === 'GET' || !path.includes('/managedclusters/m1')) return undefined;
      broken += 1;
      return new Error('connection reset');
    },
    log: (program, error) => logged.push(`${program}: ${error instanceof Error ? error.message : ''}`),
  });
  try {
    const { apiVersion } = kinds.managedCluster;
    const m1 = { apiVersion, kind: 'ManagedCluster', metadata: { name: 'm1' } };
    await clientOf(world.hub('hub').admin, 'test').create(kinds.managedCluster, m1);
    await until(
      () => logged,
      (lines) => lines.length > 0,
      'it is logged',
    );
    expect(logged).toEqual(['hub controller m1: connection reset']);
  } finally {
    await world.close();
  }
});
