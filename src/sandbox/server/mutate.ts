import type { KubeObject } from '../../model/cluster.ts';
import { apply, checkPatchOptions } from './apply.ts';
import type { Core, Writer } from './core.ts';
import { asObject, isFields, parseBody, pruned } from './decode.ts';
import { patched, patchTypes } from './patch.ts';
import { inVersion } from './present.ts';
import { presented, selection } from './read.ts';
import { type DeleteOptions, remove } from './remove.ts';
import type { ServedType } from './resources.ts';
import type { ResourceRoute } from './route.ts';
import { badRequest, conflict, invalid, json, methodNotAllowed, notFound, unsupportedMediaType } from './status.ts';
import type { ServerRequest, ServerResponse, User } from './types.ts';
import { create, replace, type Written } from './write.ts';

/** One write request with what was found out about it. */
export interface Mutation {
  readonly core: Core;
  readonly type: ServedType;
  readonly route: ResourceRoute;
  readonly request: ServerRequest;
}

function writerOf({ route, request }: Mutation, user: User): Writer {
  const { query } = route;
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All' && value !== '')) {
    const field = 'dryRun';
    const message = `Unsupported value: ["${dryRun.join('","')}"]: supported values: "All"`;
    const kind =
      { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' }[request.method] ?? 'DeleteOptions';
    const options = { group: 'meta.k8s.io', resource: 'options', kind };
    throw invalid(options, '', [{ reason: 'FieldValueNotSupported', field, message }]);
  }
  const agent = (request.headers['user-agent'] ?? '').split('/')[0] || 'unknown';
  return { user, manager: query.get('fieldManager') || agent.slice(0, 128), dryRun: dryRun.includes('All') };
}

function mediaType(request: ServerRequest): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
}

function requireJson(request: ServerRequest): void {
  if (mediaType(request) !== 'application/json')
    throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

function live({ core, type, route }: Mutation): KubeObject | undefined {
  const namespace = type.namespaced ? route.namespace : undefined;
  return core.store.get(type.group, type.resource, namespace, route.name ?? '');
}

function liveOrThrow(mutation: Mutation): KubeObject {
  const object = live(mutation);
  if (!object) throw notFound(mutation.type, mutation.route.name ?? '');
  return inVersion(object, mutation.type);
}

function answer(mutation: Mutation, written: Written, warnings: readonly string[]): ServerResponse {
  const { core, type, request } = mutation;
  const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ');
  const headers: Record<string, string> = warning === '' ? {} : { warning };
  return presented(core, written.entry, type, request, written.created ? 201 : 200, headers);
}

function decoded(mutation: Mutation, value: unknown): { object: KubeObject; warnings: string[] } {
  const { type, route } = mutation;
  return pruned(asObject(value, type, route), type, route.query.get('fieldValidation'));
}

/** POST: creates the object of the body. */
export function post(mutation: Mutation): ServerResponse {
  const { core, type, route, request } = mutation;
  requireJson(request);
  if (type.namespaced && route.namespace === undefined) {
    throw methodNotAllowed();
  }
  const { object, warnings } = decoded(mutation, parseBody(request.body, type));
  return answer(mutation, create(core, type, object, writerOf(mutation, request.user)), warnings);
}

/** PUT: replaces the object, conditional on the resourceVersion in the body. */
export function put(mutation: Mutation): ServerResponse {
  const { core, type, route, request } = mutation;
  requireJson(request);
  const { object, warnings } = decoded(mutation, parseBody(request.body, type));
  const before = liveOrThrow(mutation);
  const { uid } = object.metadata;
  if (uid && uid !== before.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`;
    throw conflict(type, object.metadata.name, why);
  }
  if (!object.metadata.resourceVersion && !type.unconditionalUpdate) {
    const message = 'Invalid value: 0: must be specified for an update';
    throw invalid({ ...type, kind: type.resource }, object.metadata.name, [
      { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message },
    ]);
  }
  const { subresource } = route;
  return answer(
    mutation,
    replace(core, type, before, object, writerOf(mutation, request.user), { subresource }),
    warnings,
  );
}

function requireAppliedType(body: unknown, type: ServedType): void {
  const { apiVersion = '/', kind = '' } = isFields(body) ? body : {};
  if (kind === type.kind && apiVersion === type.apiVersion) return;
  throw badRequest(`invalid object type: ${String(apiVersion)}, Kind=${String(kind)}`);
}

const policies = ['Foreground', 'Background', 'Orphan'];

/** PATCH: server-side apply, JSON patch, merge patch or strategic merge patch, by content type. */
export function patch(mutation: Mutation): ServerResponse {
  const { core, type, route, request } = mutation;
  const media = mediaType(request);
  const applies = media === patchTypes.apply;
  checkPatchOptions(applies, route.query);
  const writer = writerOf(mutation, request.user);
  const body = parseBody(request.body, type);
  const { subresource } = route;
  if (applies) {
    requireAppliedType(body, type);
    const before = live(mutation);
    const force = route.query.get('force') === 'true';
    const applied = asObject(body, type, route);
    const written = apply(core, type, before && inVersion(before, type), applied, writer, { force, subresource });
    return answer(mutation, written, []);
  }
  const before = liveOrThrow(mutation);
  const { object, warnings } = decoded(mutation, patched(before, media, body, type.custom));
  return answer(mutation, replace(core, type, before, object, writer, { subresource }), warnings);
}

function deleteOptions({ route, request, type }: Mutation): DeleteOptions {
  const body = parseBody(request.body || '{}', type);
  const policy = route.query.get('propagationPolicy');
  const options = (isFields(body) ? body : {}) as DeleteOptions;
  const asked = policy ?? options.propagationPolicy;
  if (asked === undefined) return options;
  if (policies.includes(asked)) return { ...options, propagationPolicy: asked };
  const message = `Unsupported value: "${asked}": supported values: "Foreground", "Background", "Orphan", "nil"`;
  const kind = { group: 'meta.k8s.io', resource: 'deleteoptions', kind: 'DeleteOptions' };
  throw invalid(kind, '', [{ reason: 'FieldValueNotSupported', field: 'propagationPolicy', message }]);
}

function deletionWriter(mutation: Mutation): Writer {
  const { request, type } = mutation;
  const body = parseBody(request.body || '{}', type);
  const writer = writerOf(mutation, request.user);
  const dryRun = isFields(body) && Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  return dryRun ? { ...writer, dryRun } : writer;
}

/** DELETE of one object. */
export function deleteObject(mutation: Mutation): ServerResponse {
  const { core, type, request } = mutation;
  const writer = deletionWriter(mutation);
  const object = liveOrThrow(mutation);
  const { gone, entry } = remove(core, type, object, writer, deleteOptions(mutation));
  if (!gone) return presented(core, entry, type, request, 200);
  const { name, uid } = object.metadata;
  const group = type.group === '' ? {} : { group: type.group };
  const details = { name, ...group, kind: type.resource, uid };
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

/** DELETE of a collection: everything that the selectors select. */
export function deleteCollection(mutation: Mutation): ServerResponse {
  const { core, type, route } = mutation;
  const writer = deletionWriter(mutation);
  const selects = selection(type, route.query);
  const namespace = type.namespaced ? route.namespace : undefined;
  const chosen = core.store
    .entries(type.group, type.resource, namespace)
    .filter((entry) => !selects || selects(entry.object));
  for (const { object } of chosen) remove(core, type, object, writer, deleteOptions(mutation));
  const metadata = { resourceVersion: String(core.store.version) };
  const items = chosen.map((entry) => entry.object);
  return json(200, { kind: type.listKind, apiVersion: type.apiVersion, metadata, items });
}
