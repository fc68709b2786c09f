import type { KubeObject, RawCluster } from '../../src/model/cluster.ts';
import type { World } from '../../src/sandbox/world.ts';

/** Sends one request and gives back the object. @throws Error with the answer when it is no success */
export async function send(
  raw: RawCluster,
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<KubeObject> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const request = { method, path, headers: { 'content-type': type } } as const;
  const response = await raw.send(body === undefined ? request : { ...request, body: JSON.stringify(body) });
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${response.body}`);
  return JSON.parse(response.body) as KubeObject;
}

export const clusters = '/apis/cluster.open-cluster-management.io/v1/managedclusters';
const klusterlets = '/apis/operator.open-cluster-management.io/v1/klusterlets';
export const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const rbac = 'rbac.authorization.k8s.io';
const agents = '/api/v1/namespaces/open-cluster-management-agent';
const operator = '/api/v1/namespaces/open-cluster-management';

/** Watches a collection until what is in it makes `judge` say something. */
export async function until<T>(
  raw: RawCluster,
  path: string,
  judge: (items: readonly KubeObject[]) => T | undefined,
): Promise<T> {
  const list = await raw.send({ method: 'GET', path });
  const { items, metadata } = JSON.parse(list.body) as { items: KubeObject[]; metadata: { resourceVersion: string } };
  const live = new Map(items.map((item) => [item.metadata.name, item]));
  const first = judge([...live.values()]);
  if (first !== undefined) return first;
  const ends = new AbortController();
  try {
    const query = `watch=true&resourceVersion=${metadata.resourceVersion}`;
    const { lines } = await raw.stream({ method: 'GET', path: `${path}?${query}`, signal: ends.signal });
    for await (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: KubeObject };
      if (type === 'DELETED') live.delete(object.metadata.name);
      else live.set(object.metadata.name, object);
      const found = judge([...live.values()]);
      if (found !== undefined) return found;
    }
  } finally {
    ends.abort();
  }
  throw new Error(`the watch of ${path} ended`);
}

interface WithConditions {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

const holds = (object: KubeObject | undefined, type: string): boolean =>
  (object?.['status'] as WithConditions | undefined)?.conditions?.some((c) => c.type === type && c.status === 'True') ??
  false;

/** Registers a member by hand, with a bootstrap identity of its own, and waits until the hub says that it is available. */
export async function join(world: World, hubName: string, name: string): Promise<void> {
  const hub = world.hub(hubName);
  const member = world.member(name).admin;
  const identity = `bootstrap-${name}`;
  await send(hub.admin, 'POST', clusters, {
    apiVersion: 'cluster.open-cluster-management.io/v1',
    kind: 'ManagedCluster',
    metadata: { name },
    spec: { hubAcceptsClient: true },
  });
  await send(hub.admin, 'POST', `${operator}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: identity },
  });
  await send(hub.admin, 'POST', `/apis/${rbac}/v1/clusterrolebindings`, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: identity },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'open-cluster-management:bootstrap' },
    subjects: [{ kind: 'ServiceAccount', name: identity, namespace: 'open-cluster-management' }],
  });
  const issued = await send(hub.admin, 'POST', `${operator}/serviceaccounts/${identity}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  const { token } = issued['status'] as { token: string };
  const kubeconfig = JSON.stringify({
    clusters: [
      {
        name: 'hub',
        cluster: { server: hub.url, 'certificate-authority-data': Buffer.from(hub.authority.ca).toString('base64') },
      },
    ],
    users: [{ name: 'bootstrap', user: { token } }],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap' } }],
    'current-context': 'bootstrap',
  });
  await send(member, 'POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'open-cluster-management-agent' },
  });
  await send(member, 'POST', `${agents}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'bootstrap-hub-kubeconfig' },
    stringData: { kubeconfig },
  });
  await send(member, 'POST', klusterlets, {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: { clusterName: name, namespace: 'open-cluster-management-agent', deployOption: { mode: 'Default' } },
  });
  const username = `system:serviceaccount:open-cluster-management:${identity}`;
  const request = await until(hub.admin, requests, (items) =>
    items.find((item) => (item['spec'] as { username: string }).username === username),
  );
  await send(hub.admin, 'PUT', `${requests}/${request.metadata.name}/approval`, {
    ...request,
    status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }] },
  });
  await until(hub.admin, clusters, (items) =>
    items.find((item) => item.metadata.name === name && holds(item, 'ManagedClusterConditionAvailable')),
  );
}
