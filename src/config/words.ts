import leven from 'leven';
import { nearest } from '../model/nearest.ts';

/** "did you mean …" for the closest of `known`; undefined when none is close enough to be meant. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const best = nearest(written, known, leven);
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** The words, at most a dozen of them. */
export const list = (words: readonly string[]): string =>
  words.length > 12 ? `${words.slice(0, 12).join(', ')}, … (${words.length})` : words.join(', ');
