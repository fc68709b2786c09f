import type { Cluster, KubeObject, ListKey } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { listKey, type Ref } from '../model/readings.ts';

/** Monotonic time and sleeping, injected. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const afterExpiryMs = 1_000;

interface Waiter {
  readonly refs: readonly Ref[];
  readonly wake: () => void;
}

/** Something that is armed before a read, so that no change between the read and the wait is missed. */
export interface Alarm {
  /**
   * Resolves when an object of one of the refs has changed since arming, after `atMostMs`, or when the signal is aborted.
   * @returns whether something has changed
   */
  changed(atMostMs: number, signal: AbortSignal): Promise<boolean>;
  disarm(): void;
}

/**
 * Wakes registrations when something changes on a hub: one watch per kind for all of them. A watch is a hint only: what it
 * says is proven by a direct read, and when it fails the timer takes over.
 */
export class HubWaker {
  readonly #hub: Cluster;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #watched = new Map<string, Promise<void>>();

  constructor(hub: Cluster, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  arm(refs: readonly Ref[]): Alarm {
    const watched = refs.filter((ref) => ref.site === 'hub' && 'bulk' in ref && ref.bulk !== undefined);
    for (const ref of watched) if ('bulk' in ref && ref.bulk !== undefined) this.#watch(ref.bulk);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { refs: watched, wake: () => resolve(true) };
    this.#waiters.add(waiter);
    return {
      changed: async (atMostMs, signal) => {
        const timer = new AbortController();
        const slept = this.#clock.sleep(atMostMs, AbortSignal.any([signal, timer.signal])).then(() => false);
        const woken = await Promise.race([promise, slept]);
        timer.abort();
        return woken;
      },
      disarm: () => this.#waiters.delete(waiter),
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watched.values());
  }

  #watch(key: ListKey): void {
    const id = listKey(key);
    if (this.#watched.has(id)) return;
    const following = this.#follow(key);
    // A bug in it is thrown by close, not as an unhandled rejection in the middle of the run.
    following.catch(() => {});
    this.#watched.set(id, following);
  }

  async #follow(key: ListKey): Promise<void> {
    const { signal } = this.#stop;
    const list = { ...key, metadataOnly: true };
    while (!signal.aborted) {
      try {
        const { resourceVersion } = await this.#hub.list(list);
        for await (const { object } of this.#hub.watch(list, { resourceVersion, signal })) this.#changed(key, object);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        if (error.kind !== 'expired') return;
        // A server that is short of memory may say so at once, every time.
        await this.#clock.sleep(afterExpiryMs, signal);
      }
    }
  }

  #changed(key: ListKey, object: KubeObject): void {
    const id = listKey(key);
    for (const { refs, wake } of this.#waiters) {
      if (
        refs.some((ref) => 'bulk' in ref && ref.bulk !== undefined && listKey(ref.bulk) === id && concerns(ref, object))
      )
        wake();
    }
  }
}

function concerns(ref: Ref, { metadata }: KubeObject): boolean {
  if (ref.read === 'object') return ref.key.name === metadata.name && ref.key.namespace === metadata.namespace;
  if (ref.read !== 'list') return false;
  const { namespace, labelSelector } = ref.key;
  if (namespace !== undefined && namespace !== metadata.namespace) return false;
  if (labelSelector === undefined) return true;
  const [label = '', value] = labelSelector.split('=');
  return metadata.labels?.[label] === value;
}
