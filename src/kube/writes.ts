import type { Cluster, KubeObject, ObjectKey, ResourceType } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { arrayAt, isObject, textAt } from './json.ts';
import { describeObject, objectPath, withQuery } from './paths.ts';
import { asObject } from './reads.ts';
import { reduce } from './reduce.ts';
import type { Call, Requests } from './requests.ts';
import { notKubernetes, type Reply, saysAbsent } from './status.ts';

const secretType: ResourceType = { apiVersion: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };
const accountType: ResourceType = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};
const signingRequestType: ResourceType = {
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  namespaced: false,
};

const keyOf = (type: ResourceType, object: KubeObject): ObjectKey => ({
  type,
  name: object.metadata.name,
  ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
});

async function written(type: ResourceType, reply: Reply, call: Call): Promise<KubeObject> {
  const object = asObject(reply.json, type);
  if (object === undefined) throw notKubernetes(reply, call);
  return await reduce(type, object);
}

function applyCall(key: ObjectKey, object: unknown, options: { fieldManager: string; force: boolean }): Call {
  return {
    verb: 'apply',
    method: 'PATCH',
    path: withQuery(objectPath(key), { fieldManager: options.fieldManager, force: options.force }),
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: object,
    what: `apply ${describeObject(key)}`,
    // The same fields under the same manager again change nothing.
    safe: true,
    secret: key.type.kind === 'Secret',
  };
}

/** {@link Cluster.apply} */
export async function apply(
  requests: Requests,
  type: ResourceType,
  object: KubeObject,
  options: { fieldManager: string; force: boolean },
): Promise<KubeObject> {
  const call = applyCall(keyOf(type, object), object, options);
  return await written(type, await requests.demand(call), call);
}

/** {@link Cluster.applySecret} */
export async function applySecret(
  requests: Requests,
  secret: Parameters<Cluster['applySecret']>[0],
  options: { fieldManager: string },
): Promise<void> {
  const { namespace, name, type, labels, data } = secret;
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]);
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, ...(labels !== undefined && { labels }) },
    ...(type !== undefined && { type }),
    data: Object.fromEntries(encoded),
  };
  await requests.demand(applyCall({ type: secretType, namespace, name }, object, { ...options, force: true }));
}

/** {@link Cluster.merge} */
export async function merge(
  requests: Requests,
  key: ObjectKey,
  patch: Readonly<Record<string, unknown>>,
  options: Parameters<Cluster['merge']>[2],
): Promise<KubeObject> {
  const metadata = isObject(patch['metadata']) ? patch['metadata'] : {};
  const { resourceVersion } = options;
  const call: Call = {
    verb: 'patch',
    method: 'PATCH',
    path: withQuery(objectPath(key), { fieldManager: options.fieldManager }),
    headers: { 'content-type': 'application/merge-patch+json' },
    body: resourceVersion === undefined ? patch : { ...patch, metadata: { ...metadata, resourceVersion } },
    what: `patch ${describeObject(key)}`,
    safe: false,
    secret: key.type.kind === 'Secret',
  };
  return await written(key.type, await requests.demand(call), call);
}

/** {@link Cluster.remove} */
export async function remove(requests: Requests, key: ObjectKey, options: { uid: string }): Promise<void> {
  const call: Call = {
    verb: 'delete',
    method: 'DELETE',
    path: objectPath(key),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: options.uid },
      propagationPolicy: 'Background',
    },
    what: `delete ${describeObject(key)}`,
    safe: true,
  };
  const reply = await requests.ask(call);
  if (saysAbsent(reply, key)) return;
  if (reply.code < 200 || reply.code > 299) throw requests.failure(reply, call);
  if (textAt(reply.json, 'kind') === undefined) throw notKubernetes(reply, call);
}

/** {@link Cluster.approve} */
export async function approve(
  requests: Requests,
  name: string,
  options: Parameters<Cluster['approve']>[1],
): Promise<void> {
  const key: ObjectKey = { type: signingRequestType, name };
  const path = objectPath(key);
  const read: Call = { verb: 'get', method: 'GET', path, what: `get ${describeObject(key)}`, safe: true };
  const { json: live } = await requests.demand(read);
  if (!isObject(live) || textAt(live, 'metadata', 'resourceVersion') !== options.resourceVersion) {
    throw new ClusterError('conflict', `${describeObject(key)} changed after it was judged`, { retryable: true });
  }
  const conditions = arrayAt(live, 'status', 'conditions');
  const has = (type: string) => conditions.some((condition) => textAt(condition, 'type') === type);
  if (has('Approved')) return;
  if (has('Denied')) throw new ClusterError('conflict', `${describeObject(key)} was denied by somebody`);
  const status = isObject(live['status']) ? live['status'] : {};
  const approval = { type: 'Approved', status: 'True', reason: options.reason, message: options.message };
  await requests.demand({
    verb: 'update',
    method: 'PUT',
    path: `${path}/approval`,
    body: { ...live, status: { ...status, conditions: [...conditions, approval] } },
    what: `approve ${describeObject(key)}`,
    safe: false,
  });
}

/** {@link Cluster.token} */
export async function token(
  requests: Requests,
  account: { namespace: string; name: string },
  options: { expirationSeconds: number },
): ReturnType<Cluster['token']> {
  const key: ObjectKey = { type: accountType, ...account };
  const call: Call = {
    verb: 'create',
    method: 'POST',
    path: `${objectPath(key)}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: options.expirationSeconds },
    },
    what: `request a token for ${describeObject(key)}`,
    // A repeated one would leave a live token behind that nobody knows.
    safe: false,
    secret: true,
  };
  const reply = await requests.demand(call);
  const made = textAt(reply.json, 'status', 'token');
  const expires = textAt(reply.json, 'status', 'expirationTimestamp');
  if (made === undefined || expires === undefined) throw notKubernetes(reply, call);
  return { token: made, expires };
}
