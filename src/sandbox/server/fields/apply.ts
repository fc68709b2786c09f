import type { KubeObject } from '../../../model/cluster.ts';
import { common, displayPath, type FieldSet, union, without } from './fieldset.ts';
import { type Manager, ownable, readManagers, sameIdentity, sameManagers, writeManagers } from './managers.ts';
import { type Schema, withCanonicalQuantities, withDefaults } from './schema.ts';
import { bare, trackUpdate } from './track.ts';
import { sameValue } from './values.ts';
import {
  compareFields,
  fieldsSaid,
  mergeApplied,
  removeFields,
  undeclaredFields,
  withDeclaredParents,
} from './walk.ts';

export interface Apply {
  /** The stored object; undefined when the apply creates it. */
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  readonly schema: Schema | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly subresource?: string;
}

/** A field that another manager owns with another value. `operation` and the rest tell its entry. */
export interface Conflict {
  readonly manager: string;
  /** As in `.spec.list[name="x"].colour` */
  readonly field: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
}

export type Applied =
  | { readonly object: KubeObject }
  | { readonly conflicts: readonly Conflict[] }
  | { readonly undeclared: readonly string[] };

/**
 * Server-side apply: merges what is applied into the live object, removes what this manager's previous apply said and
 * nobody else owns, fills in defaults, and keeps managedFields.
 * @returns the object to be stored (the live one itself when nothing changes), the conflicts unless forced, or the
 *   fields that the schema does not declare
 */
export function applyObject(input: Apply): Applied {
  const { schema } = input;
  const undeclared = undeclaredFields(schema, input.applied);
  if (undeclared.length > 0) return { undeclared };
  const applied = withCanonicalQuantities(schema, bare(input.applied));
  const live = input.live && bare(input.live);
  const managers = ownedSoFar(input);
  const self = {
    manager: input.manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    subresource: input.subresource ?? '',
  } as const;
  const mine = managers.find((entry) => sameIdentity(entry, self));
  const others = managers.filter((entry) => entry !== mine);
  const said = fieldsSaid(schema, applied);

  const merged = mergeApplied(schema, live, applied);
  const kept = mine
    ? withoutGivenUp(schema, merged, mine.fields, union(said, ...others.map((entry) => entry.fields)))
    : merged;
  const { added, modified, removed } = compareFields(schema, live, kept);
  const changed = union(added, modified);
  const conflicts = others.flatMap((entry) =>
    [...common(entry.fields, changed)].toSorted().map((path) => conflictOf(entry, path)),
  );
  if (conflicts.length > 0 && !input.force) return { conflicts };

  const object = withDefaults(schema, kept);
  const gone = union(changed, removed);
  const fields = ownable(said);
  const next: Manager[] = others
    .map((entry) => ({ ...entry, fields: without(entry.fields, gone) }))
    .filter((entry) => entry.fields.size > 0);
  // As the server does: an apply that only starts or stops co-owning equal values leaves no time of its own.
  const time = live === undefined || gone.size > 0 ? input.now : mine?.time;
  next.push({ ...self, fields, time });
  if (input.live && sameValue(live, object) && sameManagers(managers, next)) return { object: input.live };
  const managedFields = writeManagers(next);
  if (managedFields.length === 0) return { object };
  return { object: { ...object, metadata: { ...object.metadata, managedFields } } };
}

/** An object whose fields were never tracked belongs, as it is, to a manager of the server's making. */
function ownedSoFar({ live, schema, now }: Apply): Manager[] {
  if (!live) return [];
  const known = readManagers(live.metadata.managedFields, live.apiVersion);
  if (known.length > 0) return known;
  const entries = trackUpdate({ before: undefined, after: live, manager: 'before-first-apply', schema, now });
  return readManagers(entries, live.apiVersion);
}

/**
 * Removes what the previous apply said and nobody owns any more. A declared container that was only there for it goes with
 * everything in it; fields in it that somebody owns keep it.
 */
function withoutGivenUp(schema: Schema | undefined, merged: KubeObject, before: FieldSet, owned: FieldSet): KubeObject {
  if (without(before, owned).size === 0) return merged;
  const given = withDeclaredParents(schema, before);
  const all = withDeclaredParents(schema, fieldsSaid(schema, merged));
  const claimed = withDeclaredParents(schema, owned);
  const left = (object: unknown): Set<string> => withDeclaredParents(schema, fieldsSaid(schema, object));
  const stripped = left(removeFields(schema, merged, given));
  const unclaimed = without(without(all, stripped), claimed);
  const remaining = left(removeFields(schema, merged, unclaimed));
  return removeFields(schema, merged, common(without(all, remaining), given));
}

function conflictOf(entry: Manager, path: string): Conflict {
  const { manager, operation, apiVersion, subresource } = entry;
  return { manager, field: displayPath(path), operation, apiVersion, ...(subresource !== '' && { subresource }) };
}
