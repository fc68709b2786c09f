/** Control, format (bidirectional overrides, zero width), line separators and lone surrogates. */
const hazards = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
};

/**
 * Makes text that came from a cluster or a file safe for a terminal and for one line: line breaks and tabs become a space,
 * every other character that could move the cursor, change colours or reorder text is written as an escape (`\x1b`).
 * Applying it twice changes nothing.
 */
export const plain = (text: string): string => text.replace(/[\r\n\t]+/g, ' ').replace(hazards, escaped);

/** What takes two columns on a terminal: East Asian wide and full-width blocks, pictographs. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** @returns how many columns plain text takes on a terminal */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}
