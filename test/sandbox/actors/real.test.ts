import { load } from 'js-yaml';
import { expect } from 'vitest';
import { clientOf } from '../../../src/sandbox/actors/client.ts';
import { kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import type { Dial } from '../../../src/sandbox/actors/kubeconfig.ts';
import { systemClock } from '../../../src/sandbox/actors/loop.ts';
import { startOcmActors } from '../../../src/sandbox/actors/start.ts';
import { seedHub, seedMember } from '../../../src/sandbox/seed.ts';
import { startControlPlanes } from '../../control-plane/harness.ts';
import { connectHttps } from '../../control-plane/https.ts';
import { onRealControlPlanes } from '../../control-plane/required.ts';
import { availability, condition, type Ground, until, worldOn } from './world.ts';

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly {
    readonly user: {
      readonly token?: string;
      readonly 'client-certificate-data'?: string;
      readonly 'client-key-data'?: string;
    };
  }[];
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

const dial: Dial = async (text) => {
  const config = load(text) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error('an empty kubeconfig');
  const { token, 'client-certificate-data': cert, 'client-key-data': key } = user;
  return connectHttps({
    server: cluster.server,
    ca: decode(cluster['certificate-authority-data']),
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert: decode(cert), key: decode(key) }),
  });
};

const startGround = async (): Promise<Ground> => {
  const started = await startControlPlanes(['hub', 'member']);
  const [one, two] = started.planes;
  if (one === undefined || two === undefined) throw new Error('two were asked for');
  const connections = [one, two, one, two].map((plane) => plane.connect());
  const [hub, member, hubActors, memberActors] = connections;
  if (!hub || !member || !hubActors || !memberActors) throw new Error('four were asked for');
  await Promise.all([seedHub(hub, { server: one.server, ca: one.ca }), seedMember(member)]);
  const actors = startOcmActors({
    hub: hubActors,
    members: [{ name: 'm1', cluster: memberActors }],
    clock: systemClock,
    random: Math.random,
    speed: 20,
    dial,
    readYaml: (text) => load(text),
  });
  return {
    hub: { url: one.server, ca: one.ca, client: clientOf(hub, 'test') },
    member: { url: two.server, ca: two.ca, client: clientOf(member, 'test') },
    actors,
    async close() {
      await actors.stop();
      await Promise.all(connections.map((connection) => connection.close()));
      await started.stop();
    },
  };
};

onRealControlPlanes('the actors on real control planes', ({ test }) => {
  test('join, fresh token, Default → Singleton, a work, unjoin', async () => {
    const world = worldOn(await startGround());
    try {
      await world.joined();
      const cluster = await world.cluster();
      expect(cluster?.metadata.labels).toMatchObject({ env: 'test', [names.clusterSetLabel]: 'default' });
      expect(condition(cluster, 'ManagedClusterJoined')).toBe('True/ManagedClusterJoined');
      await until(
        world.klusterlet,
        (found) => condition(found, 'HubConnectionDegraded') === 'False/HubConnectionFunctional',
        'the operator looked at the hub again',
      );

      const renewedAfter = async (at: string): Promise<void> =>
        until(world.lease, (lease) => (lease?.spec?.renewTime ?? '') > at, 'the lease is renewed');
      const before = new Date().toISOString();
      await world.writeBootstrap(await world.bootstrapKubeconfig());
      await renewedAfter(before);
      expect(await world.requests()).toHaveLength(1);

      await world.member.client.merge(
        { type: kinds.klusterlet, name: 'klusterlet' },
        { spec: { deployOption: { mode: 'Singleton' } } },
      );
      await world.approvePending();
      await renewedAfter(new Date().toISOString());

      const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'deployed', namespace: 'default' } };
      await world.hub.client.create(kinds.manifestWork, {
        apiVersion: kinds.manifestWork.apiVersion,
        kind: 'ManifestWork',
        metadata: { name: 'w1', namespace: 'm1' },
        spec: { workload: { manifests: [manifest] } },
      });
      await until(world.work, (work) => condition(work, 'Applied').startsWith('True'), 'the work is applied');
      const configMaps = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
      const deployed = () => world.member.client.get({ type: configMaps, namespace: 'default', name: 'deployed' });
      expect(await deployed()).toBeDefined();

      await world.hub.client.remove({ type: kinds.managedCluster, name: 'm1' });
      await until(world.cluster, (live) => live === undefined, 'the cluster is gone');
      expect(await deployed()).toBeUndefined();
      expect(await world.lease()).toBeDefined();
      await world.member.client.remove({ type: kinds.klusterlet, name: 'klusterlet' });
      await until(world.klusterlet, (live) => live === undefined, 'the Klusterlet is gone');
      expect(availability(await world.cluster())).toBe('absent');
    } finally {
      await world.stop();
    }
  }, 90_000);
});
