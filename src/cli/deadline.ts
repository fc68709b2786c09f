import { exitCodes, RunError } from '../model/errors.ts';

/** How long a command may take, counted from its start. */
export interface Deadline {
  /** Aborted by Ctrl-C, or when the time is up; its reason is then a text. */
  readonly signal: AbortSignal;
  /**
   * Waits for work that only reads.
   * @throws RunError exit 5 when the time is up first
   */
  within<T>(reading: Promise<T>): Promise<T>;
  clear(): void;
}

/** @param milliseconds left out: no limit */
export function deadline(milliseconds: number | undefined, interrupted: AbortSignal): Deadline {
  if (milliseconds === undefined) return { signal: interrupted, within: (reading) => reading, clear: () => {} };
  const controller = new AbortController();
  const { promise: up, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when the time is up.
  up.catch(() => {});
  const timer = setTimeout(() => {
    controller.abort('the time given by --timeout was up');
    const message = `not everything could be read within the ${milliseconds / 1000} s of --timeout; nothing was changed`;
    reject(new RunError(exitCodes.incomplete, message, 'give it more time, or select fewer members'));
  }, milliseconds);
  return {
    signal: AbortSignal.any([interrupted, controller.signal]),
    within: (reading) => Promise.race([reading, up]),
    clear: () => clearTimeout(timer),
  };
}
