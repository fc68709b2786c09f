import { selectedName } from './selectors.ts';
import type { Attributes, ServerRequest } from './types.ts';

/** A request about a resource, taken apart. */
export interface ResourceRoute {
  readonly apiVersion: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly verb: string;
  readonly query: URLSearchParams;
}

export type Route = ResourceRoute | { readonly path: string; readonly verb: string };

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, named: boolean, query: URLSearchParams): string {
  const verb = verbs[method] ?? method.toLowerCase();
  if (named && verb === 'get' && !isTrue(query.get('watch'))) return 'get';
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' && !named ? 'deletecollection' : verb;
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

/** Takes a request apart the way API servers do, before anything is known about what is served. */
export function parseRoute(request: ServerRequest): Route {
  const [path = '/', search = ''] = request.path.split('?', 2);
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const core = parts[0] === 'api';
  const rest = parts.slice(core ? 2 : 3);
  if ((!core && parts[0] !== 'apis') || rest.length === 0) {
    return { path, verb: verbs[request.method] ?? request.method.toLowerCase() };
  }
  const query = new URLSearchParams(search);
  const apiVersion = core ? (parts[1] ?? '') : `${parts[1]}/${parts[2]}`;
  const group = core ? '' : (parts[1] ?? '');
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '');
  const [resource = '', name, subresource] = inNamespace ? rest.slice(2) : rest;
  const namespace = inNamespace ? rest[1] : resource === 'namespaces' && group === '' ? name : undefined;
  return {
    apiVersion,
    group,
    resource,
    query,
    verb: verbOf(request.method, name !== undefined, query),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** @returns what authorization is asked about the request */
export function attributesOf(route: Route): Attributes {
  if ('path' in route) return { verb: route.verb, group: '', resource: '', nonResourcePath: route.path };
  const name = route.name ?? selectedName(route.query.get('fieldSelector') ?? '');
  return {
    verb: route.verb,
    group: route.group,
    resource: route.resource,
    ...(route.subresource === undefined ? {} : { subresource: route.subresource }),
    ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
    ...(name === undefined ? {} : { name }),
  };
}
