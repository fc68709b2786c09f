import type { KubeObject } from '../../model/cluster.ts';
import { admitDeletion } from './admission.ts';
import { type Core, timestamp, type Writer } from './core.ts';
import type { ServedType } from './resources.ts';
import { conflict, forbidden } from './status.ts';
import { type Entry, entryOf } from './store.ts';

/** As in a DeleteOptions body or the query. */
export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
}

/** What became of a deletion: gone at once, or waiting for finalizers. */
export interface Removed {
  readonly gone: boolean;
  readonly entry: Entry;
}

/** Holds a deleted CustomResourceDefinition until its objects are gone. */
export const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

const undeletable = ['default', 'kube-public', 'kube-system'];

/** The real server names the kind in these messages, not the resource. */
function checkPreconditions(type: ServedType, object: KubeObject, options: DeleteOptions): void {
  const named = { ...type, resource: type.kind };
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { name } = object.metadata;
  if (uid !== undefined && uid !== object.metadata.uid) {
    const record = `(${object.metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name, `the UID in the precondition (${uid}) does not match the UID in record ${record}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    const record = `(${object.metadata.resourceVersion}). The object might have been modified`;
    throw conflict(
      named,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ${record}`,
    );
  }
}

function propagationFinalizer(options: DeleteOptions): string | undefined {
  if (options.propagationPolicy === 'Foreground') return 'foregroundDeletion';
  return options.propagationPolicy === 'Orphan' || options.orphanDependents ? 'orphan' : undefined;
}

/** @returns the object as it is once its deletion was asked for */
function dying(core: Core, type: ServedType, object: KubeObject, finalizers: readonly string[]): KubeObject {
  const { generation } = object.metadata;
  const metadata = {
    ...object.metadata,
    ...(finalizers.length > 0 ? { finalizers } : {}),
    deletionTimestamp: timestamp(core.chance),
    deletionGracePeriodSeconds: 0,
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  };
  if (type.group !== '' || type.resource !== 'namespaces') return { ...object, metadata };
  const { deletionGracePeriodSeconds: _, ...plain } = metadata;
  return { ...object, metadata: plain, status: { ...Object(object['status']), phase: 'Terminating' } };
}

/**
 * Deletes an object: at once, or, while finalizers hold it, by a deletionTimestamp.
 * @throws ApiError 403, 409
 */
export function remove(
  core: Core,
  type: ServedType,
  object: KubeObject,
  writer: Writer,
  options: DeleteOptions,
): Removed {
  checkPreconditions(type, object, options);
  const { group, resource } = type;
  const isNamespace = group === '' && resource === 'namespaces';
  if (isNamespace && undeletable.includes(object.metadata.name)) {
    throw forbidden(type, object.metadata.name, 'this namespace may not be deleted');
  }
  admitDeletion(core, type, object, writer);
  const own = resource === 'customresourcedefinitions' ? definitionFinalizer : undefined;
  const extra = [own, propagationFinalizer(options)].filter((finalizer) => finalizer !== undefined);
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...extra])];
  const held = finalizers.length > 0 || isNamespace;
  if (writer.dryRun) return { gone: !held, entry: entryOf(object, 0) };
  if (!held) return { gone: true, entry: core.store.remove(group, resource, object) };
  const { namespace, name, deletionTimestamp } = object.metadata;
  const live = core.store.entry(group, resource, namespace, name);
  if (deletionTimestamp !== undefined && live) return { gone: false, entry: live };
  return { gone: false, entry: core.store.put(group, resource, dying(core, type, object, finalizers)) };
}
