import type { Cluster, KubeObject, ListKey, ObjectKey, ResourceType, SecretFacts } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { arrayAt, isObject, textAt } from './json.ts';
import { collectionPath, describeList, describeObject, objectPath, withQuery } from './paths.ts';
import { reduce } from './reduce.ts';
import { type Call, type Requests, serverTime } from './requests.ts';
import { notKubernetes, saysAbsent } from './status.ts';

/** How often a list starts over because it changed under our hands before it was complete. */
const maxRestarts = 3;

const metadataAccept = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

/** @returns `value` as an object of this type; undefined when it is none */
export function asObject(value: unknown, type: ResourceType): KubeObject | undefined {
  if (!isObject(value) || !isObject(value['metadata'])) return undefined;
  const name = textAt(value, 'metadata', 'name');
  if (name === undefined) return undefined;
  // Items of a list carry no type of their own, and PartialObjectMetadata carries its own.
  return { ...value, metadata: { ...value['metadata'], name }, apiVersion: type.apiVersion, kind: type.kind };
}

/** {@link Cluster.get} */
export async function get(requests: Requests, key: ObjectKey, facts?: SecretFacts): ReturnType<Cluster['get']> {
  const call: Call = {
    verb: 'get',
    method: 'GET',
    path: objectPath(key),
    what: `get ${describeObject(key)}`,
    safe: true,
  };
  const reply = await requests.ask(call);
  if (saysAbsent(reply, key)) return { object: undefined, at: serverTime(reply, call) };
  if (reply.code !== 200) throw requests.failure(reply, call);
  const object = textAt(reply.json, 'kind') === key.type.kind ? asObject(reply.json, key.type) : undefined;
  if (object?.metadata.name !== key.name) throw notKubernetes(reply, call);
  return { object: await reduce(key.type, object, facts), at: serverTime(reply, call) };
}

/** {@link Cluster.list} */
export async function list(
  requests: Requests,
  key: ListKey,
  limit: number,
  facts?: SecretFacts,
): ReturnType<Cluster['list']> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await listOnce(requests, key, limit, facts);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.kind !== 'expired') throw error;
      if (restarts >= maxRestarts) {
        const message = `list ${describeList(key)}: it expired ${restarts + 1} times before its last page was read`;
        throw new ClusterError('expired', message, { retryable: true, cause: error });
      }
    }
  }
}

async function listOnce(
  requests: Requests,
  key: ListKey,
  limit: number,
  facts?: SecretFacts,
): ReturnType<Cluster['list']> {
  const items: KubeObject[] = [];
  for (let next: string | undefined; ; ) {
    const query = { labelSelector: key.labelSelector, fieldSelector: key.fieldSelector, limit, continue: next };
    const call: Call = {
      verb: 'list',
      method: 'GET',
      path: withQuery(collectionPath(key.type, key.namespace), query),
      ...(key.metadataOnly && { headers: { accept: metadataAccept('PartialObjectMetadataList') } }),
      what: `list ${describeList(key)}`,
      safe: true,
    };
    const reply = await requests.demand(call);
    const page = isObject(reply.json) ? reply.json : {};
    const isList = textAt(page, 'kind')?.endsWith('List') && (Array.isArray(page['items']) || page['items'] === null);
    if (!isList) throw notKubernetes(reply, call);
    for (const item of arrayAt(page, 'items')) {
      const object = asObject(item, key.type);
      if (object === undefined) throw notKubernetes(reply, call);
      items.push(await reduce(key.type, key.metadataOnly ? metadataOf(object) : object, facts));
    }
    const following = textAt(page, 'metadata', 'continue');
    if (following === undefined) {
      return { items, resourceVersion: textAt(page, 'metadata', 'resourceVersion') ?? '', at: serverTime(reply, call) };
    }
    if (following === next)
      throw new ClusterError('unavailable', `list ${describeList(key)}: the server repeats a page`);
    next = following;
  }
}

export const metadataOf = (object: KubeObject): KubeObject => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  metadata: object.metadata,
});
