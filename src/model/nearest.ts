/**
 * For "did you mean".
 * @param distance edit distance of two texts; may answer `maxDistance` for whatever is more
 * @returns the first of the candidates that differ least, in their letters' case at most or in a third of the text; undefined
 * when none is that near
 */
export function nearest(
  written: string,
  candidates: Iterable<string>,
  distance: (written: string, candidate: string, options: { readonly maxDistance: number }) => number,
): string | undefined {
  const lower = written.toLowerCase();
  let limit = Math.max(2, Math.floor(written.length / 3));
  let found: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) > limit) continue;
    const differs = candidate.toLowerCase() === lower ? 0 : distance(written, candidate, { maxDistance: limit + 1 });
    if (differs > limit) continue;
    found = candidate;
    limit = differs - 1;
  }
  return found;
}
