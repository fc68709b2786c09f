import type { Core } from './core.ts';
import { type Form, itemText, negotiate, objectText } from './present.ts';
import type { ServedType } from './resources.ts';
import type { ResourceRoute } from './route.ts';
import { fieldSelector, labelSelector, type Selects } from './selectors.ts';
import { ApiError, badRequest, jsonText, notFound } from './status.ts';
import { type Entry, position } from './store.ts';
import { table } from './table.ts';
import type { ServerRequest, ServerResponse } from './types.ts';

/** @returns what the selectors of the query select. @throws ApiError 400 */
export function selection(type: ServedType, query: URLSearchParams): Selects | undefined {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  if (labels === '' && fields === '') return undefined;
  const byLabel = labelSelector(labels);
  const byField = fieldSelector(fields, type.selectable);
  return (object) => byLabel(object) && byField(object);
}

/** Answers a GET of one object. */
export function getObject(core: Core, type: ServedType, route: ResourceRoute, request: ServerRequest): ServerResponse {
  const name = route.name ?? '';
  const entry = core.store.entry(type.group, type.resource, type.namespaced ? route.namespace : undefined, name);
  if (!entry) throw notFound(type, name);
  return presented(core, entry, type, request, 200);
}

/** Answers with one object in the form the client asked for. */
export function presented(
  core: Core,
  entry: Entry,
  type: ServedType,
  request: ServerRequest,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  const form = negotiate(request.headers['accept']);
  if (form !== 'table') return jsonText(status, objectText(entry, type, form), headers);
  const { resourceVersion } = entry.object.metadata;
  return jsonText(status, JSON.stringify(table([entry], type, core.chance.now(), { resourceVersion })), headers);
}

interface Token {
  readonly rv: number;
  readonly start: string;
}

const inconsistent = -1;

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');
}

function decodeToken(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
    if (typeof token.rv === 'number' && typeof token.start === 'string') return token;
  } catch {
    // answered below: a token that cannot be read is a bad request, whatever is wrong with it
  }
  throw badRequest('continue key is not valid: the token cannot be decoded');
}

function expired(message: string, token?: string): ApiError {
  return new ApiError(410, 'Expired', message, token === undefined ? {} : { continueToken: token });
}

function tooLarge(asked: number, version: number): ApiError {
  const message = 'Too large resource version';
  return new ApiError(504, 'Timeout', `Timeout: ${message}: ${asked}, current: ${version}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message }], retryAfterSeconds: 1 },
  });
}

/** The resourceVersion at which a list is to be read. */
function readVersion(core: Core, query: URLSearchParams, token: Token | undefined): number {
  const { version, compacted } = core.store;
  if (token) {
    if (token.rv === inconsistent) return version;
    if (token.rv >= compacted) return token.rv;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      encodeToken({ rv: inconsistent, start: token.start }),
    );
  }
  if (query.get('resourceVersionMatch') !== 'Exact') return version;
  const exact = Number(query.get('resourceVersion'));
  if (exact < compacted) throw expired('The resourceVersion for the provided list is too old.');
  if (exact > version) throw tooLarge(exact, version);
  return exact;
}

function listMetadata(version: number, rest: number, next: string | undefined, selected: boolean) {
  return {
    resourceVersion: String(version),
    ...(next === undefined ? {} : { continue: next, ...(selected ? {} : { remainingItemCount: rest }) }),
  };
}

/**
 * Answers a list: selected, in pages of `limit`, all pages as of the resourceVersion of the first.
 * @throws ApiError 400, 410 for a continue token whose resourceVersion was compacted
 */
export function listObjects(
  core: Core,
  type: ServedType,
  route: ResourceRoute,
  request: ServerRequest,
): ServerResponse {
  const { query } = route;
  const form = negotiate(request.headers['accept']);
  const selects = selection(type, query);
  const continued = query.get('continue');
  const token = continued ? decodeToken(continued) : undefined;
  const version = readVersion(core, query, token);
  const namespace = type.namespaced ? route.namespace : undefined;
  let entries = core.store.entriesAt(version, type.group, type.resource, namespace);
  if (token) entries = entries.filter((entry) => position(entry) > token.start);
  if (selects) entries = entries.filter((entry) => selects(entry.object));
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 && entries.length > limit ? entries.slice(0, limit) : entries;
  const last = page.at(-1);
  const next = page.length < entries.length && last ? encodeToken({ rv: version, start: position(last) }) : undefined;
  const metadata = listMetadata(version, entries.length - page.length, next, selects !== undefined);
  return jsonText(200, listText(core, type, form, page, metadata));
}

function listText(core: Core, type: ServedType, form: Form, page: readonly Entry[], metadata: object): string {
  if (form === 'table') return JSON.stringify(table(page, type, core.chance.now(), metadata));
  const [kind, apiVersion] =
    form === 'partial' ? ['PartialObjectMetadataList', 'meta.k8s.io/v1'] : [type.listKind, type.apiVersion];
  const head = JSON.stringify({ kind, apiVersion, metadata });
  return `${head.slice(0, -1)},"items":[${page.map((entry) => itemText(entry, type, form)).join(',')}]}`;
}
