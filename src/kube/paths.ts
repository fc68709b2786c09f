import type { ListKey, ObjectKey, ResourceType } from '../model/cluster.ts';
import { resourceName } from './status.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** @returns `/api/v1` or `/apis/group/version` */
export const groupVersionPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** @returns the path of a collection; without namespace that of all namespaces */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupVersionPath(type.apiVersion)}${scope}/${type.resource}`;
}

/** @throws Error for a namespaced object without namespace: the path would mean another object */
export function objectPath(key: ObjectKey): string {
  if (key.type.namespaced && key.namespace === undefined)
    throw new Error(`${key.type.kind} ${key.name} needs a namespace`);
  return `${collectionPath(key.type, key.namespace)}/${encodeURIComponent(key.name)}`;
}

/** @returns `path` with the defined ones of `query` */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** @returns for messages: `Secret ns/name` */
export const describeObject = (key: ObjectKey): string =>
  `${key.type.kind} ${key.type.namespaced && key.namespace !== undefined ? `${key.namespace}/` : ''}${key.name}`;

/** @returns for messages: `managedclusters.cluster.open-cluster-management.io`, `secrets in ns` */
export const describeList = (key: ListKey): string =>
  `${resourceName(key.type.apiVersion, key.type.resource)}${key.namespace === undefined ? '' : ` in ${key.namespace}`}`;
