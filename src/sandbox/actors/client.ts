import type { Kind } from './kinds.ts';
import type {
  KubeObject,
  ObjectMeta,
  ListKey,
  ObjectKey,
  RawCluster,
  ResourceType,
  WatchEvent,
} from '../../model/cluster.ts';

/** An API server said no. `reason` is the Status reason (`Forbidden`, `AlreadyExists`), empty when there was none. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
  }
}

type Patch = Readonly<Record<string, unknown>>;

/** Names one object of a kind. */
export interface Key<T extends KubeObject = KubeObject> extends ObjectKey {
  readonly type: Kind<T>;
}

/** Names the objects of a kind that are meant. */
export interface ListOf<T extends KubeObject = KubeObject> extends ListKey {
  readonly type: Kind<T>;
}

/** What one of OCM's programs does to one cluster. Every write carries the program's name as field manager and user agent. */
export interface Client {
  get<T extends KubeObject>(key: Key<T>): Promise<T | undefined>;
  list<T extends KubeObject>(
    key: ListOf<T>,
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  /** Ends when the server ends it. An ERROR event is thrown as {@link ApiError}. */
  watch(key: ListKey, options: { resourceVersion: string; signal: AbortSignal }): AsyncIterable<WatchEvent>;
  create<T extends KubeObject>(type: Kind<T>, object: Draft): Promise<T>;
  /** Creates what is not there yet; an object of that name is left as it is. @returns whether it was created */
  ensure(type: ResourceType, object: Draft): Promise<boolean>;
  update<T extends KubeObject>(type: Kind<T>, object: T, subresource?: 'status' | 'approval'): Promise<T>;
  merge<T extends KubeObject>(key: Key<T>, patch: Patch, subresource?: 'status'): Promise<T>;
  /** Server-side apply, forced. */
  apply(type: ResourceType, object: Draft): Promise<KubeObject>;
  /**
   * Read, change, write conditionally, and again on a conflict. `edit` returns a merge patch, or undefined for nothing to
   * do. `known` saves the first read.
   * @returns the object as it is now; undefined when it is gone
   */
  edit<T extends KubeObject>(
    key: Key<T>,
    edit: (live: T) => Patch | undefined,
    options?: { subresource?: 'status'; known?: T | undefined },
  ): Promise<T | undefined>;
  /** @returns whether there was anything to delete */
  remove(key: ObjectKey): Promise<boolean>;
  /** The type that serves a kind, from discovery; throws {@link ApiError} 404 when there is none. */
  typeOf(object: { readonly apiVersion: string; readonly kind: string }): Promise<ResourceType>;
  readonly raw: RawCluster;
}

/** An object to be created: the server gives what is missing (with `generateName`, the name too). */
export interface Draft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<ObjectMeta> & { readonly generateName?: string };
  readonly [field: string]: unknown;
}

const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

const collection = (type: ResourceType, namespace?: string): string =>
  `${groupPath(type.apiVersion)}${type.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''}/${type.resource}`;

const item = (key: ObjectKey): string => `${collection(key.type, key.namespace)}/${encodeURIComponent(key.name)}`;

const selectors = (key: ListKey): Record<string, string> => ({
  ...(key.labelSelector === undefined ? {} : { labelSelector: key.labelSelector }),
  ...(key.fieldSelector === undefined ? {} : { fieldSelector: key.fieldSelector }),
});

const failure = (status: number, body: string): ApiError => {
  try {
    const said = JSON.parse(body) as { reason?: string; message?: string };
    return new ApiError(status, said.reason ?? '', said.message ?? `status ${status}`);
  } catch {
    return new ApiError(status, '', `status ${status}`);
  }
};

const isStatus = (error: unknown, status: number): boolean => error instanceof ApiError && error.status === status;

/** @returns undefined when `attempt` failed with this HTTP status */
export const unless = async <T>(status: number, attempt: Promise<T>): Promise<T | undefined> => {
  try {
    return await attempt;
  } catch (error) {
    if (isStatus(error, status)) return undefined;
    throw error;
  }
};

/** An actor's client for one cluster. `program` is its field manager and user agent. */
export const clientOf = (raw: RawCluster, program: string): Client => {
  const send = async <T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<T> => {
    const response = await raw.send({
      method,
      path,
      headers: {
        accept: 'application/json',
        'user-agent': program,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 300) throw failure(response.status, response.body);
    // The one place where bytes become typed objects: an API server keeps to the types it serves.
    return JSON.parse(response.body) as T;
  };
  const by = `?fieldManager=${program}`;
  const discovered = new Map<string, Promise<{ resources: { name: string; kind: string; namespaced: boolean }[] }>>();

  const client: Client = {
    raw,
    get: <T extends KubeObject>(key: Key<T>) => unless(404, send<T>('GET', item(key))),
    async list<T extends KubeObject>(key: ListOf<T>) {
      const query = new URLSearchParams(selectors(key)).toString();
      const page = await send<{ items: T[]; metadata: { resourceVersion: string } }>(
        'GET',
        `${collection(key.type, key.namespace)}${query === '' ? '' : `?${query}`}`,
      );
      return { items: page.items, resourceVersion: page.metadata.resourceVersion };
    },
    async *watch(key, { resourceVersion, signal }) {
      const query = new URLSearchParams({
        ...selectors(key),
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion,
      });
      const path = `${collection(key.type, key.namespace)}?${query.toString()}`;
      const stream = await raw.stream({
        method: 'GET',
        path,
        headers: { accept: 'application/json', 'user-agent': program },
        signal,
      });
      for await (const line of stream.lines) {
        if (stream.status >= 300) throw failure(stream.status, line);
        const event = JSON.parse(line) as WatchEvent | { type: 'ERROR'; object: { code: number } };
        if (event.type === 'ERROR') throw failure(event.object.code, JSON.stringify(event.object));
        yield event;
      }
      if (stream.status >= 300) throw new ApiError(stream.status, '', `status ${stream.status}`);
    },
    create: <T extends KubeObject>(type: Kind<T>, object: Draft) =>
      send<T>('POST', `${collection(type, object.metadata.namespace)}${by}`, object),
    ensure: async (type, object) => (await unless(409, client.create(type, object))) !== undefined,
    update: <T extends KubeObject>(type: Kind<T>, object: T, subresource?: string) => {
      const path = item({ type, ...object.metadata });
      return send<T>('PUT', `${path}${subresource === undefined ? '' : `/${subresource}`}${by}`, object);
    },
    merge: (key, patch, subresource) =>
      send(
        'PATCH',
        `${item(key)}${subresource === undefined ? '' : `/${subresource}`}${by}`,
        patch,
        'application/merge-patch+json',
      ),
    apply: (type, object) => {
      const path = item({
        type,
        name: object.metadata.name ?? '',
        ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      });
      return send('PATCH', `${path}${by}&force=true`, object, 'application/apply-patch+yaml');
    },
    async edit<T extends KubeObject>(
      key: Key<T>,
      edit: (live: T) => Patch | undefined,
      options: { subresource?: 'status'; known?: T | undefined } = {},
    ) {
      let live = options.known;
      for (let attempt = 0; attempt < 8; attempt += 1) {
        live ??= await client.get<T>(key);
        const patch = live && edit(live);
        if (live === undefined || patch === undefined) return live;
        const metadata = {
          ...(patch['metadata'] as Patch | undefined),
          resourceVersion: live.metadata.resourceVersion,
        };
        try {
          return await client.merge<T>(key, { ...patch, metadata }, options.subresource);
        } catch (error) {
          if (isStatus(error, 404)) return undefined;
          if (!isStatus(error, 409)) throw error;
          live = undefined;
        }
      }
      throw new ApiError(409, 'Conflict', `${key.type.resource} ${key.name} is changed faster than it can be edited`);
    },
    remove: async (key) => (await unless(404, send('DELETE', item(key)))) !== undefined,
    async typeOf({ apiVersion, kind }) {
      const known =
        discovered.get(apiVersion) ??
        send<{ resources: { name: string; kind: string; namespaced: boolean }[] }>('GET', groupPath(apiVersion));
      discovered.set(apiVersion, known);
      known.catch(() => discovered.delete(apiVersion));
      const found = (await known).resources.find((entry) => entry.kind === kind && !entry.name.includes('/'));
      if (found === undefined) throw new ApiError(404, 'NotFound', `${apiVersion} ${kind} is not served`);
      return { apiVersion, kind, resource: found.name, namespaced: found.namespaced };
    },
  };
  return client;
};
