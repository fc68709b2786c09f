import leven from 'leven';

/** "did you mean …" for the closest of `known`; undefined when none is close enough to be meant. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(Math.max(written.length, 4) / 3) + 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - written.length) > limit) continue;
    const distance = candidate.toLowerCase() === written.toLowerCase() ? 0 : leven(written, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** The words, at most a dozen of them. */
export const list = (words: readonly string[]): string =>
  words.length > 12 ? `${words.slice(0, 12).join(', ')}, … (${words.length})` : words.join(', ');
