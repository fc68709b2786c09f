import type { KubeObject } from '../../model/cluster.ts';
import { ApiError, type Client, type ListOf } from './client.ts';
import { backoff, type Clock, pause } from './loop.ts';

/** What a list key selects, kept up to date by a watch: reading it costs no request. */
export interface Cache<T extends KubeObject> {
  get(name: string, namespace?: string): T | undefined;
  items(): readonly T[];
  /** Called with every object that appears, changes or goes. @returns how to stop that */
  subscribe(changed: (object: T) => void): () => void;
  /** Resolves once the first list has been read, or the server said that it does not serve the kind. */
  readonly ready: Promise<void>;
  /** Resolves when the watch has ended. */
  stop(): Promise<void>;
}

const idOf = (name: string, namespace = ''): string => `${namespace}/${name}`;

/** How long a watch must have lasted for its end not to count as a failure, in milliseconds. */
const quickEnd = 1_000;

/**
 * Lists, then watches for as long as it lives; lists again after 410. What fails (no right yet, server away) is tried again with
 * backoff, as a reflector does, and what was known stays known.
 */
export const startCache = <T extends KubeObject>(client: Client, key: ListOf<T>, clock: Clock): Cache<T> => {
  const known = new Map<string, T>();
  const listeners = new Set<(object: T) => void>();
  const end = new AbortController();
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();

  const changed = (object: T): void => {
    for (const listener of listeners) listener(object);
  };
  const put = (object: T): void => {
    const id = idOf(object.metadata.name, object.metadata.namespace);
    if (known.get(id)?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    known.set(id, object);
    changed(object);
  };
  const drop = (object: T): void => {
    if (known.delete(idOf(object.metadata.name, object.metadata.namespace))) changed(object);
  };
  const relist = async (): Promise<string> => {
    const { items, resourceVersion } = await client.list<T>(key);
    const live = new Set(items.map(({ metadata }) => idOf(metadata.name, metadata.namespace)));
    for (const [id, object] of known) if (!live.has(id)) drop(object);
    // A list leaves apiVersion and kind to the list; objects carry them everywhere else.
    for (const object of items) put({ ...object, apiVersion: key.type.apiVersion, kind: key.type.kind });
    isReady();
    return resourceVersion;
  };
  const follow = async (from: string): Promise<string> => {
    let resourceVersion = from;
    for await (const event of client.watch(key, { resourceVersion, signal: end.signal })) {
      resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      if (event.type === 'DELETED') drop(event.object as T);
      else if (event.type !== 'BOOKMARK') put(event.object as T);
    }
    return resourceVersion;
  };
  const live = async (): Promise<void> => {
    let at: string | undefined;
    let failures = 0;
    while (!end.signal.aborted) {
      const began = clock.now();
      try {
        at ??= await relist();
        at = await follow(at);
      } catch (error) {
        if (error instanceof ApiError && error.status !== 429 && error.status < 500) at = undefined;
        if (error instanceof ApiError && error.status === 404) isReady();
      }
      failures = clock.now() - began >= quickEnd ? 0 : failures + 1;
      if (failures > 0) await pause(clock, backoff(failures), end.signal);
    }
  };
  const done = live();
  return {
    get: (name, namespace) => known.get(idOf(name, namespace)),
    items: () => [...known.values()],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready,
    stop() {
      end.abort();
      return done;
    },
  };
};
