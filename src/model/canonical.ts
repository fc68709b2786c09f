/** Code units, not a locale: the same order on every machine. */
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** @returns the same JSON value with the keys of every object sorted, so that equal values print as equal text */
export function keysSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysSorted);
  if (typeof value !== 'object' || value === null) return value;
  // A map's own entries, so that a key named __proto__ stays a key.
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(byKey)
      .map(([key, inner]) => [key, keysSorted(inner)]),
  );
}
