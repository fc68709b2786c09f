import type { KubeObject } from '../../model/cluster.ts';
import { type Core, timestamp, type Writer } from './core.ts';
import { applyObject, type Conflict } from './fields/apply.ts';
import { validate } from './fields/validate.ts';
import type { ServedType } from './resources.ts';
import { ApiError, badRequest, conflict, forbidden, invalid, modified, notFound } from './status.ts';
import { create, replace, type Written } from './write.ts';

const serverSet = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
]);

/** What the API server checks of the options of a PATCH. @throws ApiError 422 */
export function checkPatchOptions(applies: boolean, query: URLSearchParams): void {
  const options = { group: 'meta.k8s.io', resource: 'patchoptions', kind: 'PatchOptions' };
  if (applies && !query.get('fieldManager')) {
    const message = 'Required value: is required for apply patch';
    throw invalid(options, '', [{ reason: 'FieldValueRequired', field: 'fieldManager', message }]);
  }
  if (!applies && query.get('force') !== null) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    throw invalid(options, '', [{ reason: 'FieldValueForbidden', field: 'force', message }]);
  }
}

function typedError(object: KubeObject, problems: readonly string[]): ApiError {
  const { namespace, name } = object.metadata;
  const version = object.apiVersion.includes('/') ? object.apiVersion : `/${object.apiVersion}`;
  const subject = `${namespace ?? ''}/${name}; ${version}, Kind=${object.kind}`;
  const errors = problems.length === 1 ? problems[0] : `errors:\n  ${problems.join('\n  ')}`;
  return new ApiError(500, '', `failed to create typed patch object (${subject}): ${errors}`);
}

const untypable = new Set(['FieldValueTypeInvalid', 'FieldValueDuplicate']);

/** @returns where the object does not even have the shape of its type: that is found before anything is merged */
function shapeProblems(type: ServedType, applied: KubeObject): string[] {
  return validate(type.schema, applied)
    .filter((problem) => untypable.has(problem.type))
    .map((problem) => `.${problem.path.replace(/^\./, '')}: ${problem.message}`);
}

function holder(found: Conflict): string {
  const subresource = found.subresource === undefined ? '' : ` with subresource "${found.subresource}"`;
  const version = found.operation === 'Update' ? ` using ${found.apiVersion}` : '';
  return `"${found.manager}"${subresource}${version}`;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map((found) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${holder(found)}`,
    field: found.field,
  }));
  const holders = [...new Set(conflicts.map(holder))];
  const lines = holders.map((who) => {
    const fields = conflicts.filter((found) => holder(found) === who).map((found) => found.field);
    const many = conflicts.length > 1;
    return many
      ? `conflicts with ${who}:\n${fields.map((field) => `- ${field}`).join('\n')}`
      : `conflict with ${who}: ${fields[0]}`;
  });
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
  return new ApiError(409, 'Conflict', `Apply failed with ${count}: ${lines.join('\n')}`, { details: { causes } });
}

/** The part of an applied object that this request may set. */
function settable(type: ServedType, applied: KubeObject, subresource: string | undefined): KubeObject {
  const { status, ...rest } = applied;
  const entries = Object.entries(applied.metadata).filter(([key]) => !serverSet.has(key));
  const metadata = { ...Object.fromEntries(entries), name: applied.metadata.name };
  const { kind, apiVersion } = applied;
  if (subresource !== undefined) {
    const { name, namespace } = applied.metadata;
    return { kind, apiVersion, metadata: namespace === undefined ? { name } : { name, namespace }, status };
  }
  const keepsStatus = status !== undefined && !type.subresources.includes('status');
  return { ...rest, kind, apiVersion, metadata, ...(keepsStatus ? { status } : {}) };
}

/**
 * Server-side apply: creates the object or merges into it.
 * @param live the stored object in the version that is applied; undefined when there is none
 * @throws ApiError 400, 404, 409 (ownership or resourceVersion), 422, 500 (a field that is not declared)
 */
export function apply(
  core: Core,
  type: ServedType,
  live: KubeObject | undefined,
  applied: KubeObject,
  writer: Writer,
  options: { readonly force: boolean; readonly subresource?: string | undefined },
): Written {
  const { subresource } = options;
  const { name, uid, resourceVersion } = applied.metadata;
  if (applied.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  if (!live && subresource !== undefined) throw notFound(type, name);
  if (!live && uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(type, name, why);
  }
  const said = settable(type, applied, subresource);
  const misshapen = shapeProblems(type, said);
  if (misshapen.length > 0) throw typedError(applied, misshapen);
  const result = applyObject({
    live,
    applied: said,
    manager: writer.manager,
    force: options.force,
    schema: type.schema,
    now: timestamp(core.chance),
    ...(subresource === undefined ? {} : { subresource }),
  });
  if ('undeclared' in result) {
    throw typedError(
      applied,
      result.undeclared.map((field) => `.${field.replace(/^\./, '')}: field not declared in schema`),
    );
  }
  if ('conflicts' in result) throw conflictError(result.conflicts);
  if (live && resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw modified(type, name);
  const managedFields = result.object.metadata.managedFields ?? [];
  if (live) return replace(core, type, live, withUid(result.object, uid), writer, { subresource, managedFields });
  const { namespace } = applied.metadata;
  const asked = { verb: 'create', group: type.group, resource: type.resource, name };
  if (!core.authorize(core.store, writer.user, namespace === undefined ? asked : { ...asked, namespace })) {
    throw forbidden(type, name, `User "${writer.user.name}" cannot create resource "${type.resource}"`);
  }
  return create(core, type, result.object, writer, managedFields);
}

function withUid(object: KubeObject, uid: string | undefined): KubeObject {
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}
