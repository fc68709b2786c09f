import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RawResponse } from '../../../src/model/cluster.ts';
import { ApiError, type Client, clientOf, type Draft } from '../../../src/sandbox/actors/client.ts';
import { kinds, names } from '../../../src/sandbox/actors/kinds.ts';
import { systemClock } from '../../../src/sandbox/actors/loop.ts';
import { type SandboxCluster, startCluster } from '../../../src/sandbox/cluster.ts';

const clock = { ...systemClock, now: () => Date.parse('2026-11-21T00:00:00Z') };
let hub: SandboxCluster;
let admin: Client;
/** May do anything to ManagedClusters, but neither accept nor put into sets. */
let stranger: Client;

beforeEach(async () => {
  hub = await startCluster({
    context: 'hub',
    roles: ['hub'],
    clock,
    random: Math.random,
    speed: 1,
    url: 'https://hub',
    listen: false,
  });
  admin = clientOf(hub.admin, 'test');
  const rbac = 'rbac.authorization.k8s.io';
  await admin.create(kinds.clusterRole, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'stranger' },
    rules: [{ apiGroups: ['cluster.open-cluster-management.io'], resources: ['managedclusters'], verbs: ['*'] }],
  });
  await admin.create(kinds.clusterRoleBinding, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'stranger' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'stranger' },
    subjects: [{ apiGroup: rbac, kind: 'User', name: 'stranger' }],
  });
  stranger = clientOf(hub.server.asUser({ name: 'stranger', groups: ['system:authenticated'] }), 'test');
});
afterEach(() => hub.close());

const draft = (spec: object = {}, name = 'm1'): Draft => ({
  apiVersion: kinds.managedCluster.apiVersion,
  kind: 'ManagedCluster',
  metadata: { name },
  spec,
});
const key = { type: kinds.managedCluster, name: 'm1' };
const refusal = (attempt: Promise<unknown>): Promise<Pick<ApiError, 'status' | 'message'>> =>
  attempt.then(
    () => expect.unreachable('it was let through'),
    (error: unknown) => {
      if (error instanceof ApiError) return error;
      throw error;
    },
  );

test('a new cluster gets the default set and stamped taints', async () => {
  const taints = [{ key: 'mine', effect: 'NoSelect', timeAdded: '2000-01-01T00:00:00Z' }];
  const made = await admin.create(kinds.managedCluster, draft({ taints }));
  expect(made.metadata.labels).toEqual({ [names.clusterSetLabel]: 'default' });
  expect(made.spec?.taints).toEqual([{ key: 'mine', effect: 'NoSelect', timeAdded: '2026-11-21T00:00:00Z' }]);
});

test('the same taints applied a second time: 400, because leaving timeAdded out counts as changing it', async () => {
  const object = draft({ taints: [{ key: 'mine', effect: 'NoSelect' }] });
  await admin.apply(kinds.managedCluster, object);
  expect(await refusal(admin.apply(kinds.managedCluster, object))).toMatchObject({
    status: 400,
    message: expect.stringContaining('It is not allowed to set TimeAdded of Taint') as string,
  });
});

test('accepting without the right: 403', async () => {
  await admin.create(kinds.managedCluster, draft());
  expect(await refusal(stranger.merge(key, { spec: { hubAcceptsClient: true } }))).toMatchObject({
    status: 403,
    message: expect.stringContaining('user "stranger" cannot update the HubAcceptsClient field') as string,
  });
  await stranger.merge(key, { spec: { leaseDurationSeconds: 30 } });
});

test('creating without the right to join the default set: 403', async () => {
  expect(await refusal(stranger.create(kinds.managedCluster, draft()))).toMatchObject({
    status: 403,
    message: expect.stringContaining(
      'cannot add/remove a ManagedCluster to/from ManagedClusterSet "default"',
    ) as string,
  });
});

test('a set that does not exist is taken without a word', async () => {
  await admin.create(kinds.managedCluster, draft());
  await admin.merge(key, { metadata: { labels: { [names.clusterSetLabel]: 'no-such-set' } } });
  expect((await admin.get(key))?.metadata.labels?.[names.clusterSetLabel]).toBe('no-such-set');
});

test('accepting while the namespace is Terminating: 403', async () => {
  await admin.create(kinds.managedCluster, draft());
  await admin.create(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'm1' } });
  await admin.remove({ type: kinds.namespace, name: 'm1' });
  expect(await refusal(admin.merge(key, { spec: { hubAcceptsClient: true } }))).toMatchObject({
    status: 403,
    message: expect.stringContaining('cluster namespace "m1" is terminating') as string,
  });
});

test('client configs must be https; a name that is no label is refused only beside them', async () => {
  const configs = (url: string) => ({ managedClusterClientConfigs: [{ url }] });
  expect(await refusal(admin.create(kinds.managedCluster, draft(configs('http://m1'))))).toMatchObject({ status: 400 });
  expect(await refusal(admin.create(kinds.managedCluster, draft(configs('https://m1'), 'a.b')))).toMatchObject({
    status: 400,
  });
  await admin.create(kinds.managedCluster, draft({}, 'a.b'));
  await admin.create(kinds.managedCluster, draft(configs('https://m1')));
});

test('a refusal is a Status that names the webhook', async () => {
  const response: RawResponse = await hub.admin.send({
    method: 'POST',
    path: '/apis/cluster.open-cluster-management.io/v1/managedclusters',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(draft({ managedClusterClientConfigs: [{ url: 'http://m1' }] })),
  });
  expect(JSON.parse(response.body)).toMatchObject({
    kind: 'Status',
    code: 400,
    message: expect.stringContaining(
      'admission webhook "managedclustervalidators.admission.cluster.open-cluster-management.io" denied',
    ) as string,
  });
});
