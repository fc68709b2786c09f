/** Time, injected: tests and demos do not wait as long as a fleet does. Milliseconds. */
export interface Clock {
  now(): number;
  /** Runs once after at least `ms`; the result cancels it. Very long waits may fire early: callers look again. */
  after(ms: number, run: () => void): () => void;
}

/** The longest wait of setTimeout; beyond it, it would fire at once. */
const longestWait = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestWait));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });

/** Resolves when `signal` aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Wait before attempt number `failures + 1`, in milliseconds: doubles from 100 ms to 5 s. */
export const backoff = (failures: number): number => Math.min(100 * 2 ** failures, 5_000);

/** So many times in a row a key may be reconciled; then it waits, as one that never comes to rest must not take the whole machine. */
const burst = 50;
/** How long a key has to rest for one more of them, in milliseconds. */
const restFor = 100;

export interface Loop {
  /** Something about `key` changed. Cheap; many wakes before a run become one run. */
  wake(key: string): void;
  /** Resolves when no reconcile runs any more; later wakes do nothing. */
  stop(): Promise<void>;
}

/**
 * A level-triggered controller: runs `reconcile` for each key that was woken, never twice at once for one key, again if it was woken
 * meanwhile, again with backoff if it threw, and again after the milliseconds it returns. Timers and sockets get their turn between any two
 * runs, and a key that is woken on and on is reconciled ten times a second.
 */
export const startLoop = (options: {
  readonly clock: Clock;
  readonly reconcile: (key: string) => Promise<number | undefined>;
  /** Keys handled at the same time; default 16. */
  readonly parallel?: number;
  readonly onError: (key: string, error: unknown) => void;
}): Loop => {
  const { clock, reconcile, parallel = 16, onError } = options;
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, () => void>();
  const failures = new Map<string, number>();
  const spent = new Map<string, { readonly runs: number; readonly at: number }>();
  let stopped = false;
  let scheduled = false;

  const spentBy = (key: string): number => {
    const { runs, at } = spent.get(key) ?? { runs: 0, at: clock.now() };
    return Math.max(0, runs - (clock.now() - at) / restFor);
  };
  const later = (key: string, ms: number): void => {
    if (stopped) return;
    timers.get(key)?.();
    timers.set(
      key,
      clock.after(ms, () => wake(key)),
    );
  };
  const run = async (key: string): Promise<void> => {
    try {
      const again = await reconcile(key);
      failures.delete(key);
      if (again !== undefined) later(key, again);
    } catch (error) {
      if (stopped) return;
      onError(key, error);
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      later(key, backoff(count));
    }
  };
  const next = (): void => {
    for (const key of waiting) {
      if (stopped || running.size >= parallel) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      const runs = spentBy(key) + 1;
      if (runs > burst) {
        later(key, (runs - burst) * restFor);
        continue;
      }
      spent.set(key, { runs, at: clock.now() });
      const done = run(key).finally(() => {
        running.delete(key);
        soon();
      });
      running.set(key, done);
    }
  };
  // No microtask: two loops that undo each other's work would never let anything else happen.
  const soon = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      next();
    });
  };
  const wake = (key: string): void => {
    if (stopped) return;
    timers.get(key)?.();
    timers.delete(key);
    waiting.add(key);
    soon();
  };
  return {
    wake,
    async stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      waiting.clear();
      await Promise.all(running.values());
    },
  };
};
