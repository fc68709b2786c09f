import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance, injected so that retries and watches are repeatable in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** 0 ≤ x < 1 */
  random(): number;
  /** Resolves after `milliseconds`, or at once when `signal` aborts; never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
};

/** @returns RFC 3339 in whole seconds, as Kubernetes writes times */
export const rfc3339 = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** @returns the day alone, for messages */
export const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);
