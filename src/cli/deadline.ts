/** @returns a signal that is aborted by `signal` or after `milliseconds`, and a way to clear the timer */
export function deadline(
  milliseconds: number | undefined,
  signal: AbortSignal,
): { readonly signal: AbortSignal; clear(): void } {
  if (milliseconds === undefined) return { signal, clear: () => {} };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return { signal: AbortSignal.any([signal, controller.signal]), clear: () => clearTimeout(timer) };
}
