/** What may stand in a JSON string but not on a terminal; JSON can write all of it as \uXXXX. Line breaks are the layout's own. */
const hazards = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

/** Code units, not a locale: the same order on every machine. */
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // A map's own entries, so that a key named __proto__ stays a key.
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(byKey)
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};

/**
 * Canonical JSON of a document of ours: keys sorted at every level, two spaces, a line break at the end; equal values give
 * equal bytes. Characters that could act on a terminal are written as \uXXXX. Fields that are undefined are left out.
 */
export const canonicalJson = (document: unknown): string =>
  `${(JSON.stringify(sorted(document), null, 2) ?? 'null').replace(hazards, escaped)}\n`;

/** The same on one line, for NDJSON and for values inside text. No line break at the end. */
export const compactJson = (value: unknown): string =>
  (JSON.stringify(sorted(value)) ?? 'null').replace(hazards, escaped);
