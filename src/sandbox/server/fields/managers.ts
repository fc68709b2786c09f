import type { ManagedFieldsEntry } from '../../../model/cluster.ts';
import { decodeFields, encodeFields, type FieldSet, sameSet } from './fieldset.ts';

/** One entry of managedFields, decoded. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** What nobody owns, although requests say it. */
const neverOwned = new Set([
  'f:apiVersion',
  'f:kind',
  'f:metadata',
  ...[
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'selfLink',
    'managedFields',
  ].map((name) => `f:metadata\nf:${name}`),
]);

/** @returns the set without the fields that nobody owns */
export const ownable = (set: FieldSet): Set<string> => new Set([...set].filter((path) => !neverOwned.has(path)));

/**
 * @param apiVersion stands in where an entry has none
 * @returns the entries, decoded; one that owns nothing is left out
 */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined, apiVersion: string): Manager[] {
  return (entries ?? [])
    .map((entry) => ({
      manager: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time,
      fields: decodeFields(entry.fieldsV1 ?? {}),
    }))
    .filter((manager) => manager.fields.size > 0);
}

/** @returns managedFields as the server writes them: without empty entries, Apply before Update, then by time and name */
export function writeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] {
  return managers
    .filter((manager) => manager.fields.size > 0)
    .toSorted(
      (a, b) =>
        compare(a.operation, b.operation) ||
        compare(a.time ?? '', b.time ?? '') ||
        compare(a.manager, b.manager) ||
        compare(a.apiVersion, b.apiVersion) ||
        compare(a.subresource, b.subresource),
    )
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeFields(fields),
      ...(subresource !== '' && { subresource }),
    }));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @returns whether two lists say the same but for the times */
export function sameManagers(a: readonly Manager[], b: readonly Manager[]): boolean {
  return (
    a.length === b.length &&
    a.every((one) => b.some((other) => sameIdentity(one, other) && sameSet(one.fields, other.fields)))
  );
}

/** An applier is one whatever version it applies; an updater is one per version. */
export function sameIdentity(a: Omit<Manager, 'fields' | 'time'>, b: Omit<Manager, 'fields' | 'time'>): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}
