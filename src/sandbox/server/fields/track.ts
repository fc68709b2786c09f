import type { KubeObject, ManagedFieldsEntry } from '../../../model/cluster.ts';
import { union, without } from './fieldset.ts';
import { type Manager, ownable, readManagers, sameIdentity, writeManagers } from './managers.ts';
import type { Schema } from './schema.ts';
import { isFields } from './values.ts';
import { compareFields } from './walk.ts';

export interface Update {
  /** The stored object; undefined on create. Its managedFields are what was owned so far. */
  readonly before: KubeObject | undefined;
  /** The object as it will be stored, defaults included. Its own managedFields are not looked at. */
  readonly after: KubeObject;
  readonly manager: string;
  readonly subresource?: string;
  readonly schema: Schema | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/**
 * Field ownership after a create, update or patch: fields that are new or have another value go to (manager, Update,
 * subresource) and leave the other entries; fields that are gone leave every entry.
 * @returns the new managedFields; entries that own nothing are dropped
 */
export function trackUpdate(input: Update): readonly ManagedFieldsEntry[] {
  const { before, after, now, schema } = input;
  const { added, modified, removed } = compareFields(schema, before && bare(before), bare(after));
  const changed = union(added, modified);
  const gone = union(modified, added, removed);
  const self = {
    manager: input.manager,
    operation: 'Update',
    apiVersion: after.apiVersion,
    subresource: input.subresource ?? '',
  } as const;
  const taken = ownable(changed);
  let found = false;
  const managers = readManagers(before?.metadata.managedFields, after.apiVersion).map((entry): Manager => {
    if (!sameIdentity(entry, self)) return { ...entry, fields: without(entry.fields, gone) };
    found = true;
    const fields = union(without(entry.fields, removed), taken);
    return { ...entry, fields, time: taken.size > 0 ? now : entry.time };
  });
  if (!found) managers.push({ ...self, fields: taken, time: now });
  return writeManagers(managers);
}

/** @returns the object without its managedFields */
export function bare(object: KubeObject): KubeObject {
  if (!isFields(object.metadata) || object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
