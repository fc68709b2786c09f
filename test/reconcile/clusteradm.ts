import type { RawCluster } from '../../src/model/cluster.ts';
import { fleetOf } from '../laws/fleet.ts';
import type { TestWorld } from '../laws/world.ts';
import { lease, managedCluster, requests } from './paths.ts';

const home = 'open-cluster-management';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
export const list = async (cluster: RawCluster, path: string) =>
  (JSON.parse((await cluster.send({ method: 'GET', path })).body) as { items: { metadata: { name: string } }[] }).items;

/** What `clusteradm join` leaves: the shared identity's token, and a Klusterlet with everything written out. */
export async function joinByClusteradm(world: TestWorld, hubName = 'hub'): Promise<void> {
  const by = 'clusteradm';
  const name = 'agent-registration-bootstrap';
  const { admin, url, authority } = world.world.hub(hubName);
  await world.kubectl(hubName, 'POST', `/api/v1/namespaces/${home}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
  });
  await world.kubectl(hubName, 'POST', `${rbac}/clusterrolebindings`, {
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
export async function acceptByClusteradm(world: TestWorld, hubName = 'hub'): Promise<void> {
  const hub = world.world.hub(hubName).admin;
  const name = await world.until('a request', async () => (await list(hub, requests))[0]?.metadata.name);
  const request = await world.read(hubName, `${requests}/${name}`);
  const status = { conditions: [{ type: 'Approved', status: 'True', reason: 'clusteradm', message: '' }] };
  await world.kubectl(hubName, 'PUT', `${requests}/${name}/approval`, { ...request, status }, 'clusteradm');
  await world.kubectl(hubName, 'PATCH', managedCluster('edge-1'), { spec: { hubAcceptsClient: true } }, 'clusteradm');
}

/** The agent has renewed its lease again after everything was there. */
export async function healthy(world: TestWorld, hubName = 'hub'): Promise<void> {
  let first: string | undefined;
  await world.until('clusteradm join to be complete', async () => {
    const [plan] = (await world.plan(fleetOf([{ name: 'edge-1', adopt: true, hub: hubName }]))).plan.registrations;
    const isRecordOnly = plan?.verdict.is === 'change' && plan.steps.length === 1 && plan.notes.length === 0;
    if (!isRecordOnly) return undefined;
    const renewTime = JSON.stringify((await world.read(hubName, lease('edge-1')))?.['spec']);
    first ??= renewTime;
    return renewTime === first ? undefined : true;
  });
}
