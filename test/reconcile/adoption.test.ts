import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RawCluster } from '../../src/model/cluster.ts';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld } from '../laws/world.ts';
import { klusterlet, managedCluster, record, requests, secret } from './paths.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ members: ['edge-1'] });
});
afterEach(() => world.close());

const home = 'open-cluster-management';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const list = async (cluster: RawCluster, path: string) =>
  (JSON.parse((await cluster.send({ method: 'GET', path })).body) as { items: { metadata: { name: string } }[] }).items;

/** What `clusteradm join` leaves: the shared identity's token, and a Klusterlet with everything written out. */
async function joinByClusteradm(): Promise<void> {
  const by = 'clusteradm';
  const name = 'agent-registration-bootstrap';
  const { admin, url, authority } = world.world.hub('hub');
  await world.kubectl('hub', 'POST', `/api/v1/namespaces/${home}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
  });
  await world.kubectl('hub', 'POST', `${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'open-cluster-management:bootstrap:agent-registration' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${home}:bootstrap` },
    subjects: [{ kind: 'ServiceAccount', name, namespace: home }],
  });
  const asked = await admin.send({
    method: 'POST',
    path: `/api/v1/namespaces/${home}/serviceaccounts/${name}/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec: { expirationSeconds: 3600 } }),
  });
  const { token } = (JSON.parse(asked.body) as { status: { token: string } }).status;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hub',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(authority.ca).toString('base64') },
      },
    ],
    users: [{ name: 'bootstrap', user: { token } }],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap', namespace: 'default' } }],
    'current-context': 'bootstrap',
  };
  const namespace = 'open-cluster-management-agent';
  await world.kubectl(
    'edge-1',
    'POST',
    '/api/v1/namespaces',
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, annotations: { 'workload.openshift.io/allowed': 'management' } },
    },
    by,
  );
  await world.kubectl(
    'edge-1',
    'POST',
    `/api/v1/namespaces/${namespace}/secrets`,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bootstrap-hub-kubeconfig' },
      data: { kubeconfig: Buffer.from(JSON.stringify(kubeconfig)).toString('base64') },
    },
    by,
  );
  await world.kubectl(
    'edge-1',
    'POST',
    '/apis/operator.open-cluster-management.io/v1/klusterlets',
    {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet' },
      spec: {
        clusterName: 'edge-1',
        namespace,
        deployOption: { mode: 'Default' },
        externalServerURLs: [{ url: '' }],
        registrationConfiguration: {
          clientCertExpirationSeconds: 31_536_000,
          featureGates: [{ feature: 'ClusterClaim', mode: 'Enable' }],
          kubeAPIQPS: 50,
          kubeAPIBurst: 100,
          registrationDriver: { authType: 'csr' },
        },
        resourceRequirement: { type: 'Default' },
      },
    },
    by,
  );
}

/** What `clusteradm accept` does. */
async function acceptByClusteradm(): Promise<void> {
  const hub = world.world.hub('hub').admin;
  const name = await world.until('a request', async () => (await list(hub, requests))[0]?.metadata.name);
  const request = await world.read('hub', `${requests}/${name}`);
  const status = { conditions: [{ type: 'Approved', status: 'True', reason: 'clusteradm', message: '' }] };
  await world.kubectl('hub', 'PUT', `${requests}/${name}/approval`, { ...request, status }, 'clusteradm');
  await world.kubectl('hub', 'PATCH', managedCluster('edge-1'), { spec: { hubAcceptsClient: true } }, 'clusteradm');
}

async function healthy(): Promise<void> {
  await world.until('clusteradm join to be complete', async () => {
    const found = await world.plan(fleetOf([{ name: 'edge-1', adopt: true }]));
    return verdicts(found)['hub/edge-1'] === 'adopt' && found.plan.registrations[0]?.notes.length === 0
      ? true
      : undefined;
  });
}

/** What the agent would restart for. */
const agentsInput = async () => ({
  secret: (await world.read('edge-1', secret('bootstrap-hub-kubeconfig')))?.metadata.resourceVersion,
  klusterlet: (await world.read('edge-1', klusterlet()))?.metadata.generation,
  deployment: (
    await world.read(
      'edge-1',
      '/apis/apps/v1/namespaces/open-cluster-management-agent/deployments/klusterlet-registration-agent',
    )
  )?.metadata.generation,
});

test('a registration made by clusteradm is unmanaged: shown with what differs, and refused', async () => {
  await joinByClusteradm();
  await acceptByClusteradm();
  await healthy();
  const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' } }]);
  const { plan } = await world.plan(fleet);
  expect(plan.registrations[0]).toMatchObject({
    verdict: { is: 'refused', next: 'set adopt: true to take it over' },
    steps: [{ step: 'managed-cluster', fields: [{ path: '.metadata.labels.tier', desired: 'gold' }] }],
  });
  expect((await world.apply(fleet)).outcomes).toEqual([]);
  expect((await world.plan(fleetOf([]))).plan.unmanaged).toEqual([{ hub: 'hub', name: 'edge-1' }]);
  const absent = fleetOf([{ name: 'edge-1', state: 'absent' }]);
  expect(verdicts(await world.plan(absent))['hub/edge-1']).toMatch(/^refused: unmanaged/);
});

test('with adopt it is taken over without anything that its agent would notice, and is in sync', async () => {
  await joinByClusteradm();
  await acceptByClusteradm();
  await healthy();
  console.log(JSON.stringify((await world.plan(fleetOf([{ name: 'edge-1', labels: { tier: 'gold' }, adopt: true }]))).plan.registrations, null, 1), JSON.stringify(await world.read('hub', managedCluster('edge-1'))));
  const before = await agentsInput();
  const session = world.session();
  const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' }, adopt: true }]);
  const { outcomes, events } = await session.apply(fleet);
  expect(outcomes).toMatchObject([
    { is: 'done', action: 'adopt', written: ['hub ConfigMap/rollcall/edge-1', 'hub ManagedCluster/edge-1'] },
  ]);
  expect(events.filter(({ type }) => type === 'waiting')).toEqual([]);
  expect(
    session.requests
      .filter((request) => /^(PATCH|PUT|POST|DELETE) edge-1 /.test(request))
      .filter((r) => !r.includes('accessreviews')),
  ).toEqual([]);
  expect(await agentsInput()).toEqual(before);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
  const left = fleetOf([{ name: 'edge-1', state: 'absent' }]);
  expect((await world.apply(left)).outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
  expect(await world.read('edge-1', klusterlet())).toBeUndefined();
});

test('what would restart a living agent is left to the next plan, and said', async () => {
  await joinByClusteradm();
  await acceptByClusteradm();
  await healthy();
  const before = await agentsInput();
  const fleet = fleetOf([{ name: 'edge-1', adopt: true, options: { resources: { qosClass: 'BestEffort' } } }]);
  const { survey, outcomes } = await world.apply(fleet);
  expect(survey.plan.registrations[0]?.notes).toEqual(['left for the next plan, it restarts the agent: Klusterlet']);
  expect(outcomes).toMatchObject([{ is: 'done', action: 'adopt', written: ['hub ConfigMap/rollcall/edge-1'] }]);
  expect(await agentsInput()).toEqual(before);
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('one that is not yet joined is adopted and joined by our own identity', async () => {
  await joinByClusteradm();
  await world.until('the cluster', () => world.read('hub', managedCluster('edge-1')));
  const fleet = fleetOf([{ name: 'edge-1', adopt: true }]);
  const { survey, outcomes } = await world.apply(fleet);
  expect(verdicts(survey)).toEqual({ 'hub/edge-1': 'adopt' });
  expect(outcomes).toMatchObject([{ is: 'done', action: 'adopt' }]);
  const identity = 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap-edge-1';
  for (const { metadata } of await list(world.world.hub('hub').admin, requests)) {
    const { spec, status } = (await world.read('hub', `${requests}/${metadata.name}`)) as unknown as {
      spec: { username: string };
      status: { conditions?: unknown[] };
    };
    expect((status.conditions?.length ?? 0) > 0).toBe(spec.username === identity);
  }
  expect(await world.read('hub', record('edge-1'))).toBeDefined();
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('an agent without a registration on the hub is not taken over by a join', async () => {
  await world.kubectl('edge-1', 'POST', '/apis/operator.open-cluster-management.io/v1/klusterlets', {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: { clusterName: 'edge-1', namespace: 'open-cluster-management-agent', deployOption: { mode: 'Default' } },
  });
  expect(verdicts(await world.plan(fleetOf([{ name: 'edge-1' }])))['hub/edge-1']).toMatch(
    /^refused: the member already has Klusterlet\/klusterlet/,
  );
});
