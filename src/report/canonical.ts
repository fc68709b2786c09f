import { keysSorted } from '../model/canonical.ts';

/** What may stand in a JSON string but not on a terminal; JSON can write all of it as \uXXXX. Line breaks are the layout's own. */
const hazards = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

/**
 * Canonical JSON of a document of ours: keys sorted at every level, two spaces, a line break at the end; equal values give
 * equal bytes. Characters that could act on a terminal are written as \uXXXX. Fields that are undefined are left out.
 */
export const canonicalJson = (document: unknown): string =>
  `${(JSON.stringify(keysSorted(document), null, 2) ?? 'null').replace(hazards, escaped)}\n`;

/** The same on one line, for NDJSON and for values inside text. No line break at the end. */
export const compactJson = (value: unknown): string =>
  (JSON.stringify(keysSorted(value)) ?? 'null').replace(hazards, escaped);
