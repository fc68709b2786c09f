import type { KubeObject } from '../../model/cluster.ts';
import type { ServedType } from './resources.ts';
import { ApiError } from './status.ts';
import { type Entry, inOrder } from './store.ts';

/** In which form a client wants objects: whole, their metadata only, or as a table. */
export type Form = 'object' | 'partial' | 'table';

/**
 * Picks the first form of the Accept header that the server speaks.
 * @throws ApiError 406
 */
export function negotiate(accept: string | undefined): Form {
  if (accept === undefined || accept === '') return 'object';
  for (const clause of accept.split(',')) {
    const [media = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(media)) continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (as === undefined) return 'object';
    if (!parameters.includes('g=meta.k8s.io') || !parameters.includes('v=v1')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'partial';
  }
  const available = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new ApiError(
    406,
    'NotAcceptable',
    `406: Not Acceptable

Available representations: ${available}`,
    { details: {} },
  );
}

/** @returns the object in the version of the type (conversion only renames the version, as strategy None does) */
export function inVersion(object: KubeObject, type: ServedType): KubeObject {
  if (object.apiVersion === type.apiVersion) return object;
  return { ...object, apiVersion: type.apiVersion };
}

/** @returns the PartialObjectMetadata of an object */
export function partial(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** @returns the JSON text of one object, as GET and watch events carry it */
export function objectText(entry: Entry, type: ServedType, form: Form): string {
  if (form === 'partial') return JSON.stringify(partial(entry.object));
  if (entry.object.apiVersion === type.apiVersion) return entry.text;
  return JSON.stringify(inOrder(inVersion(entry.object, type)));
}

/** @returns the JSON text of one item of a list: items of built-in kinds carry neither kind nor apiVersion */
export function itemText(entry: Entry, type: ServedType, form: Form): string {
  const text = objectText(entry, type, form);
  if (type.custom || form === 'partial') return text;
  const prefix = `{"kind":${JSON.stringify(type.kind)},"apiVersion":${JSON.stringify(type.apiVersion)},`;
  return text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text;
}
