import type { KubeObject, OwnerReference } from '../../../model/cluster.ts';
import type { Core } from '../core.ts';
import { remove } from '../remove.ts';
import type { ServedType } from '../resources.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

interface Found {
  readonly type: ServedType;
  readonly object: KubeObject;
}

const keyOf = (group: string, resource: string, { metadata }: KubeObject) =>
  `${group}/${resource}/${metadata.namespace ?? ''}/${metadata.name}`;

function without(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers, ...metadata } = object.metadata;
  const left = (finalizers ?? []).filter((entry) => entry !== finalizer);
  return { ...object, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata };
}

function withOwners(object: KubeObject, owners: readonly OwnerReference[]): KubeObject {
  const { ownerReferences: _, ...metadata } = object.metadata;
  return { ...object, metadata: owners.length > 0 ? { ...metadata, ownerReferences: owners } : metadata };
}

/** Deletes what is owned only by objects that are gone, and carries out foreground and orphaning deletions. */
export function garbage(core: Core): Controller {
  /** Owner UID → keys of the objects that name it. */
  const dependents = new Map<string, Set<string>>();

  const forget = (uid: string, key: string) => {
    const keys = dependents.get(uid);
    keys?.delete(key);
    if (keys?.size === 0) dependents.delete(uid);
  };
  const find = (key: string): Found | undefined => {
    const [group = '', resource = '', namespace, name = ''] = key.split('/');
    const type = core.registry.stored().find((entry) => entry.group === group && entry.resource === resource);
    const object = core.store.get(group, resource, namespace, name);
    return type && object ? { type, object } : undefined;
  };
  const typeOf = (owner: OwnerReference) =>
    core.registry.all().find((type) => type.apiVersion === owner.apiVersion && type.kind === owner.kind);
  const ownerOf = (reference: OwnerReference, dependent: KubeObject): KubeObject | 'unknown' | undefined => {
    const type = typeOf(reference);
    if (!type) return 'unknown';
    const namespace = type.namespaced ? dependent.metadata.namespace : undefined;
    const owner = core.store.get(type.group, type.resource, namespace, reference.name);
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  };
  const owned = (owner: KubeObject): Found[] =>
    [...(dependents.get(owner.metadata.uid ?? '') ?? [])].map(find).filter((found) => found !== undefined);

  const release = ({ type, object }: Found, finalizer: string) =>
    replace(core, type, object, without(object, finalizer), controllerWriter);

  const finishForeground = (owner: Found) => {
    for (const { type, object } of owned(owner.object)) {
      if (!object.metadata.deletionTimestamp)
        remove(core, type, object, controllerWriter, { propagationPolicy: 'Foreground' });
    }
    const uid = owner.object.metadata.uid;
    const blocking = owned(owner.object).filter(({ object }) =>
      object.metadata.ownerReferences?.some((entry) => entry.uid === uid && entry.blockOwnerDeletion),
    );
    if (blocking.length === 0) release(owner, foreground);
  };
  const finishOrphan = (owner: Found) => {
    for (const { type, object } of owned(owner.object)) {
      const rest = (object.metadata.ownerReferences ?? []).filter((entry) => entry.uid !== owner.object.metadata.uid);
      replace(core, type, object, withOwners(object, rest), controllerWriter);
    }
    release(owner, orphan);
  };
  const collect = (dependent: Found) => {
    const { type, object } = dependent;
    const references = object.metadata.ownerReferences ?? [];
    const solid = references.filter((reference) => ownerOf(reference, object) !== undefined);
    if (references.length === 0 || solid.length === references.length) return;
    if (solid.length > 0) replace(core, type, object, withOwners(object, solid), controllerWriter);
    else remove(core, type, object, controllerWriter, {});
  };

  return {
    *concerns({ type, group, resource, before, entry: { object } }) {
      const key = keyOf(group, resource, object);
      for (const { uid } of before?.object.metadata.ownerReferences ?? []) forget(uid, key);
      const { uid = '', ownerReferences = [], finalizers = [] } = object.metadata;
      if (type !== 'DELETED') {
        for (const owner of ownerReferences) {
          dependents.set(owner.uid, (dependents.get(owner.uid) ?? new Set()).add(key));
        }
        if (ownerReferences.length > 0 || finalizers.includes(foreground) || finalizers.includes(orphan)) yield key;
        return;
      }
      yield* dependents.get(uid) ?? [];
      for (const reference of ownerReferences) {
        const owner = ownerOf(reference, object);
        const ownerType = typeOf(reference);
        if (owner && owner !== 'unknown' && ownerType) yield keyOf(ownerType.group, ownerType.resource, owner);
      }
    },
    reconcile(key) {
      const found = find(key);
      if (!found) return;
      const { deletionTimestamp, finalizers = [] } = found.object.metadata;
      if (!deletionTimestamp) collect(found);
      else if (finalizers.includes(foreground)) finishForeground(found);
      else if (finalizers.includes(orphan)) finishOrphan(found);
    },
  };
}
