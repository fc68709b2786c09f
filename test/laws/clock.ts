import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/reconcile/wait.ts';
import type { Clock as WorldClock } from '../../src/sandbox/actors/loop.ts';

/** Virtual milliseconds per real one: leases and namespaces take their time without the tests taking it. */
const haste = 100;

/** Runs fast, and can leap. */
export interface FastClock extends WorldClock, Clock {
  /** Time passes at once; timers do not notice. */
  leap(ms: number): void;
}

export function fastClock(): FastClock {
  const start = Date.now();
  const origin = performance.now();
  let leapt = 0;
  return {
    now: () => start + leapt + (performance.now() - origin) * haste,
    after: (ms, run) => {
      const timer = setTimeout(run, ms / haste);
      return () => clearTimeout(timer);
    },
    sleep: async (ms, signal) => {
      await sleep(ms / haste, undefined, { signal }).catch(() => {});
    },
    leap: (ms) => {
      leapt += ms;
    },
  };
}
