import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../../model/cluster.ts';
import { admitted } from './admission.ts';
import { type Core, nameSuffix, timestamp, uuid, type Writer } from './core.ts';
import { withDefaults } from './fields/schema.ts';
import { validate } from './fields/validate.ts';
import { trackUpdate } from './fields/track.ts';
import type { ServedType } from './resources.ts';
import { alreadyExists, badRequest, type FieldProblem, forbidden, invalid, modified, notFound } from './status.ts';
import { type Entry, entryOf } from './store.ts';
import { strategyOf, type Write } from './strategy.ts';
import { addedFinalizers, changedUid, metadataProblems } from './validate.ts';

const finalizing = (object: KubeObject) =>
  (object['spec'] as { finalizers?: readonly string[] } | undefined)?.finalizers;

/** A write that failed none of the checks. */
export interface Written {
  readonly entry: Entry;
  readonly created: boolean;
}

function withStatus(object: KubeObject, status: unknown): KubeObject {
  const { status: _, ...rest } = object;
  const base: KubeObject = { ...rest, kind: object.kind, apiVersion: object.apiVersion, metadata: object.metadata };
  return status === undefined ? base : { ...base, status };
}

function withMetadata(object: KubeObject, metadata: Partial<ObjectMeta>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

function withOwners(object: KubeObject, managedFields: readonly ManagedFieldsEntry[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields.length > 0 ? { ...metadata, managedFields } : metadata };
}

/** What is left out is filled in, by the schema and by the kind. */
function filled(type: ServedType, object: KubeObject): KubeObject {
  const whole = withDefaults(type.schema ?? {}, object);
  return strategyOf(type).defaults?.(whole) ?? whole;
}

function withoutTimes(object: KubeObject): unknown {
  const { managedFields, resourceVersion: _, ...metadata } = object.metadata;
  const entries = managedFields?.map(({ time: __, ...entry }) => entry) ?? [];
  return { ...object, metadata: { ...metadata, entries } };
}

function check(type: ServedType, object: KubeObject, write: Write, found: readonly FieldProblem[] = []): void {
  const why = strategyOf(type).forbid?.(object, write);
  if (why !== undefined) throw forbidden(type, object.metadata.name, why);
  const shape = type.schema
    ? validate(type.schema, object).map((problem) => ({
        reason: problem.type,
        field: problem.path.replace(/^\./, ''),
        message: problem.message,
      }))
    : [];
  const mistyped = shape.find((problem) => problem.reason === 'FieldValueTypeInvalid');
  if (mistyped && !type.custom) {
    const what = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
    throw badRequest(`${what}: json: cannot unmarshal ${mistyped.field}: ${mistyped.message}`);
  }
  const problems = [
    ...found,
    ...metadataProblems(type, object),
    ...(write.before ? addedFinalizers(write.before, object) : []),
    ...shape,
    ...(strategyOf(type).check?.(object, write) ?? []),
  ];
  if (problems.length > 0) throw invalid(type, object.metadata.name, problems);
}

/** @throws ApiError when the namespace is missing (404) or Terminating (403) */
function checkNamespace(core: Core, type: ServedType, object: KubeObject): void {
  const name = object.metadata.namespace;
  if (!type.namespaced || name === undefined) return;
  const namespace = core.store.get('', 'namespaces', undefined, name);
  const named = { group: '', resource: 'namespaces', kind: 'Namespace' };
  if (!namespace) throw notFound(named, name);
  if (!namespace.metadata.deletionTimestamp) return;
  throw forbidden(
    type,
    object.metadata.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
  );
}

function freeName(core: Core, type: ServedType, object: KubeObject): string {
  const prefix = (object.metadata as { readonly generateName?: string }).generateName;
  if (object.metadata.name !== '' || !prefix) return object.metadata.name;
  for (;;) {
    const name = `${prefix.slice(0, 58)}${nameSuffix(core.chance)}`;
    if (!core.store.entry(type.group, type.resource, object.metadata.namespace, name)) return name;
  }
}

/**
 * Creates an object.
 * @param managedFields as server-side apply computed them; left out: those of a plain write under the writer's name
 * @throws ApiError 403, 404, 409, 422
 */
export function create(
  core: Core,
  type: ServedType,
  proposed: KubeObject,
  writer: Writer,
  managedFields?: readonly ManagedFieldsEntry[],
): Written {
  const write: Write = { core, writer, before: undefined, subresource: undefined };
  checkNamespace(core, type, proposed);
  const { resourceVersion: _, deletionTimestamp: __, managedFields: ___, ...metadata } = proposed.metadata;
  const keepsStatus = !type.subresources.includes('status');
  const empty = type.custom ? undefined : {};
  const named = withStatus(proposed, keepsStatus ? proposed['status'] : empty);
  const born: KubeObject = {
    ...named,
    metadata: {
      ...metadata,
      name: freeName(core, type, proposed),
      uid: uuid(core.chance),
      creationTimestamp: timestamp(core.chance),
      ...(type.counted ? { generation: 1 } : {}),
    },
  };
  const defaulted = filled(type, born);
  const prepared = strategyOf(type).prepare?.(defaulted, write) ?? defaulted;
  const object = admitted(core, type, { operation: 'CREATE', new: prepared }, writer);
  if (core.store.entry(type.group, type.resource, object.metadata.namespace, object.metadata.name)) {
    throw alreadyExists(type, object.metadata.name);
  }
  check(type, object, write);
  const complete = withOwners(object, managedFields ?? tracks(core, type, undefined, defaulted, writer));
  if (writer.dryRun) return { entry: entryOf(complete, 0), created: true };
  return { entry: core.store.put(type.group, type.resource, complete), created: true };
}

/** Ownership follows what was written and defaulted: what webhooks add belongs to nobody. */
function tracks(
  core: Core,
  type: ServedType,
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
  subresource?: string,
): readonly ManagedFieldsEntry[] {
  if (strategyOf(type).untracked) return [];
  // The status that a new object starts with is the server's.
  const written = before === undefined && type.subresources.includes('status') ? withStatus(after, undefined) : after;
  return trackUpdate({
    before,
    after: written,
    manager: writer.manager,
    schema: type.schema,
    now: timestamp(core.chance),
    ...(subresource === undefined ? {} : { subresource }),
  });
}

function checkVersion(type: ServedType, before: KubeObject, proposed: KubeObject): void {
  const { name, resourceVersion } = proposed.metadata;
  if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw modified(type, name);
}

const serverSet = new Set([
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
]);

/** Puts back what this write may not touch: server-set metadata, and the status or everything but the status. */
function restored(
  type: ServedType,
  before: KubeObject,
  proposed: KubeObject,
  subresource: string | undefined,
): KubeObject {
  if (subresource !== undefined && subresource !== 'finalize') {
    const { managedFields } = proposed.metadata;
    const whole = withStatus(before, proposed['status']);
    return managedFields === undefined ? whole : withMetadata(whole, { managedFields });
  }
  const kept = Object.entries(before.metadata).filter(([key]) => serverSet.has(key));
  const own = Object.entries(proposed.metadata).filter(([key]) => !serverSet.has(key));
  const { name } = proposed.metadata;
  const whole = { ...proposed, metadata: { ...Object.fromEntries([...own, ...kept]), name } };
  return type.subresources.includes('status') ? withStatus(whole, before['status']) : whole;
}

function specChanged(type: ServedType, before: KubeObject, after: KubeObject): boolean {
  const content = ({ metadata: _, apiVersion: __, ...rest }: KubeObject) => rest;
  const bare = (object: KubeObject) =>
    content(type.subresources.includes('status') ? withStatus(object, undefined) : object);
  return !isDeepStrictEqual(bare(before), bare(after));
}

/**
 * Replaces an object, or the part of it that a subresource may change. What changes nothing is not stored; an object that
 * is being deleted goes with its last finalizer.
 * @throws ApiError 403, 409, 422
 */
export function replace(
  core: Core,
  type: ServedType,
  before: KubeObject,
  proposed: KubeObject,
  writer: Writer,
  options: { readonly subresource?: string | undefined; readonly managedFields?: readonly ManagedFieldsEntry[] } = {},
): Written {
  const { subresource } = options;
  checkVersion(type, before, proposed);
  const write: Write = { core, writer, before, subresource };
  const whole = filled(type, restored(type, before, proposed, subresource));
  const prepared = strategyOf(type).prepare?.(whole, write) ?? whole;
  const review = { operation: 'UPDATE' as const, old: before, new: prepared };
  const object = admitted(core, type, subresource === undefined ? review : { ...review, subresource }, writer);
  check(type, object, write, changedUid(before, proposed));
  const reset = proposed.metadata.managedFields;
  const owned = reset && !options.managedFields ? withMetadata(before, { managedFields: meaningful(reset) }) : before;
  const tracked = options.managedFields ?? tracks(core, type, owned, prepared, writer, subresource);
  const changed = type.counted && specChanged(type, before, object);
  const grown = changed ? withMetadata(object, { generation: (before.metadata.generation ?? 0) + 1 }) : object;
  const after = withOwners(grown, tracked);
  const { group, resource } = type;
  if (writer.dryRun) return { entry: entryOf(after, 0), created: false };
  const live = core.store.entry(group, resource, before.metadata.namespace, before.metadata.name);
  if (live && isDeepStrictEqual(withoutTimes(before), withoutTimes(after))) {
    return { entry: live, created: false };
  }
  const done = after.metadata.deletionTimestamp && !after.metadata.finalizers?.length && !finalizing(after)?.length;
  const entry = done ? core.store.remove(group, resource, after) : core.store.put(group, resource, after);
  return { entry, created: false };
}

/** `[{}]` asks for managedFields to be forgotten. */
function meaningful(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  return entries.filter((entry) => Object.keys(entry).length > 0);
}
