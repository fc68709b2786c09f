import type { Clock } from '../../src/reconcile/wait.ts';
import type { Clock as WorldClock } from '../../src/sandbox/actors/loop.ts';

/** Virtual milliseconds per real one: leases and namespaces take their time without the tests taking it. */
const haste = 100;
/** Real milliseconds between two beats. */
const beatMs = 2;

/** Runs fast, waits for a busy machine, and can leap. */
export interface FastClock extends WorldClock, Clock {
  /** Time passes at once; timers do not notice. */
  leap(ms: number): void;
  /** Nothing more happens, and the process may end. */
  stop(): void;
}

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/**
 * Time goes on by beats, one per turn of the event loop at most: on a busy machine it goes slower, and everything in the world
 * gets as much done in a virtual second as on an idle one.
 */
export function fastClock(): FastClock {
  const start = Date.now();
  const timers = new Set<Timer>();
  let beats = 0;
  let lastBeat = performance.now();
  let leapt = 0;
  const passed = (): number => (beats * beatMs + Math.min(performance.now() - lastBeat, beatMs)) * haste;
  const beat = setInterval(() => {
    beats += 1;
    lastBeat = performance.now();
    const due = [...timers].filter((timer) => timer.due <= beats * beatMs * haste).toSorted((a, b) => a.due - b.due);
    for (const timer of due) if (timers.delete(timer)) timer.run();
  }, beatMs);
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = { due: passed() + Math.max(ms, 0), run };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => start + leapt + passed(),
    after,
    sleep: (ms, signal) => {
      if (signal.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (): void => resolve();
      const cancel = after(ms, end);
      signal.addEventListener('abort', end, { once: true });
      return promise.finally(() => {
        cancel();
        signal.removeEventListener('abort', end);
      });
    },
    leap: (ms) => {
      leapt += ms;
    },
    stop: () => clearInterval(beat),
  };
}
