import type { RawCluster } from '../../model/cluster.ts';
import { type Controllers, startControllers } from './controllers/controllers.ts';
import type { Core } from './core.ts';
import { asObject, parseBody } from './decode.ts';
import { discovery } from './discovery.ts';
import { inProcess } from './in-process.ts';
import { deleteCollection, deleteObject, type Mutation, patch, post, put } from './mutate.ts';
import { openapi } from './openapi.ts';
import { getObject, listObjects } from './read.ts';
import { Registry } from './registry.ts';
import { requestToken, review } from './reviews.ts';
import type { ServedType } from './resources.ts';
import { attributesOf, parseRoute, type ResourceRoute, type Route } from './route.ts';
import { timers } from './scheduler.ts';
import { addStarters } from './starters.ts';
import { ApiError, forbidden, json, methodNotAllowed, notFound, pageNotFound, unknownResource } from './status.ts';
import { Store } from './store.ts';
import type { Attributes, ServerOptions, ServerRequest, ServerResponse, Stored, User } from './types.ts';
import { watchObjects } from './watch.ts';

const plainText = { 'cache-control': 'no-cache, private', 'content-type': 'text/plain; charset=utf-8' };

function denied(user: User, asked: Attributes): ApiError {
  if (asked.nonResourcePath !== undefined) {
    const message = `forbidden: User "${user.name}" cannot ${asked.verb} path "${asked.nonResourcePath}"`;
    return new ApiError(403, 'Forbidden', message, { details: {} });
  }
  const { verb, group, resource, subresource, namespace, name } = asked;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return forbidden({ group, resource, kind: resource }, name ?? '', why);
}

/** Whether the path fits the type: its scope, its subresources. */
function serves(type: ServedType, { namespace, name, resource, subresource }: ResourceRoute): boolean {
  if (subresource !== undefined && !type.subresources.includes(subresource)) return false;
  if (type.namespaced) return name === undefined || namespace !== undefined;
  return namespace === undefined || resource === 'namespaces';
}

/**
 * The Kubernetes API server of one sandbox cluster, without sockets: requests go in, responses come out. It holds
 * everything in memory and runs the built-in controllers that a bare control plane has.
 */
export class ApiServer {
  readonly #core: Core;
  readonly #options: ServerOptions;
  readonly #store = new Store();
  readonly #closing = new AbortController();
  readonly #controllers: Controllers;

  constructor(options: ServerOptions) {
    const { chance, authorize, authority, scheduler = timers, admit } = options;
    this.#options = options;
    this.#core = {
      store: this.#store,
      registry: new Registry(),
      chance,
      authorize,
      authority,
      scheduler,
      admit,
    };
    this.#controllers = startControllers(this.#core, options.delays ?? { namespace: 5000, controllers: 0 });
    addStarters(this.#core, options.identity);
  }

  /** Read access to what is stored, past authorization. */
  get stored(): Stored {
    return this.#store;
  }

  /** Forgets the history of changes: older watches and continue tokens get 410 Expired from here on. */
  compact(): void {
    this.#store.compact();
  }

  /** Resolves once the built-in controllers have nothing left to do, whatever their delays. */
  settled(): Promise<void> {
    return this.#controllers.settled();
  }

  /** @returns the server as this user reaches it, in process: no sockets, no authentication, but authorization */
  asUser(user: User): RawCluster {
    return inProcess(this, user);
  }

  /** Ends all watches and stops the controllers. */
  close(): void {
    this.#closing.abort();
    this.#controllers.stop();
  }

  /**
   * Answers one request.
   * @throws Error only what `intercept` returned: a connection that broke
   */
  async handle(request: ServerRequest): Promise<ServerResponse> {
    this.#options.onRequest?.(request);
    const fault = this.#options.intercept?.(request);
    if (fault instanceof Error) throw fault;
    const response = fault ?? (await this.#answer(request));
    return { ...response, headers: { date: new Date(this.#core.chance.now()).toUTCString(), ...response.headers } };
  }

  async #answer(request: ServerRequest): Promise<ServerResponse> {
    try {
      const route = parseRoute(request);
      const asked = attributesOf(route);
      if (!this.#core.authorize(this.#store, request.user, asked)) throw denied(request.user, asked);
      return 'path' in route ? this.#nonResource(route, request) : await this.#resource(route, request);
    } catch (error) {
      if (error instanceof ApiError) return json(error.code, error.status());
      if (error instanceof URIError) return json(400, new ApiError(400, 'BadRequest', error.message).status());
      const message = `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`;
      return json(500, new ApiError(500, 'InternalError', message).status());
    }
  }

  #nonResource(route: Exclude<Route, ResourceRoute>, request: ServerRequest): ServerResponse {
    const path = route.path.replace(/(.)\/+$/, '$1');
    const { registry } = this.#core;
    if (route.verb !== 'get') return pageNotFound;
    if (path === '/version') return json(200, this.#version());
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return { status: 200, headers: plainText, body: 'ok' };
    if (/^\/apis?(\/|$)/.test(path)) return discovery(registry, path, request.headers['accept']);
    return path === '/openapi/v3' || path.startsWith('/openapi/v3/') ? openapi(registry, path) : pageNotFound;
  }

  #version(): object {
    const gitVersion = this.#options.gitVersion ?? 'v1.36.2';
    const [major = '', minor = ''] = gitVersion.replace(/^v/, '').split('.');
    return {
      major,
      minor,
      gitVersion,
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '',
      goVersion: '',
      compiler: 'gc',
      platform: 'linux/amd64',
    };
  }

  async #resource(route: ResourceRoute, request: ServerRequest): Promise<ServerResponse> {
    const core = this.#core;
    const type = core.registry.find(route.apiVersion, route.resource);
    if (!type || !serves(type, route)) {
      if (core.registry.isBuiltIn(route.group)) throw unknownResource();
      if (
        type &&
        route.name !== undefined &&
        !core.store.entry(type.group, type.resource, route.namespace, route.name)
      ) {
        throw notFound(type, route.name);
      }
      return pageNotFound;
    }
    if (!type.verbs.includes('list')) {
      if (route.verb !== 'create') throw methodNotAllowed();
      return json(201, await review(core, request.user, asObject(parseBody(request.body, type), type, route)));
    }
    if (route.subresource === 'token') {
      if (route.verb !== 'create') throw methodNotAllowed();
      return json(
        201,
        await requestToken(core, route.namespace ?? '', route.name ?? '', parseBody(request.body, type)),
      );
    }
    if (route.verb === 'watch') return watchObjects(core, type, route, request, this.#closing.signal);
    return this.#stored({ core, type, route, request });
  }

  #stored(mutation: Mutation): ServerResponse {
    const { core, type, route, request } = mutation;
    if (route.subresource !== undefined && !['get', 'update', 'patch'].includes(route.verb)) throw methodNotAllowed();
    if (route.subresource === undefined && !type.verbs.includes(route.verb)) throw methodNotAllowed();
    switch (route.verb) {
      case 'get':
        return getObject(core, type, route, request);
      case 'list':
        return listObjects(core, type, route, request);
      case 'create':
        if (route.name !== undefined) throw methodNotAllowed();
        return post(mutation);
      case 'update':
        if (route.name === undefined) throw methodNotAllowed();
        return put(mutation);
      case 'patch':
        if (route.name === undefined) throw methodNotAllowed();
        return patch(mutation);
      case 'delete':
        return deleteObject(mutation);
      default:
        return deleteCollection(mutation);
    }
  }
}
