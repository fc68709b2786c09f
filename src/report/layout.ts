import { columnsOf, plain } from './plain.ts';
import { paint, type Style, type Tone } from './style.ts';

/** One line to print: `lead` takes the colour of `tone`, `text` follows it directly and takes none. */
export interface Line {
  readonly lead?: string;
  readonly tone?: Tone;
  readonly text: string;
}

/** Below this many columns beside a lead, text goes under it instead. */
const narrow = 24;

/** Breaks at spaces only: an address or a name is never cut, because people copy it. Runs of spaces inside a line are kept. */
function wrap(text: string, first: number, rest: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [, gap = '', word = ''] of text.matchAll(/( *)([^ ]+)/g)) {
    const room = lines.length === 0 ? first : rest;
    if (line !== '' && columnsOf(line) + gap.length + columnsOf(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line += line === '' ? word : gap + word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

interface HangOptions {
  /** Colour of the lead. */
  readonly tone?: Tone;
  /** Where further lines start when not under the text: because of `flat`, or because the lead leaves too little room. */
  readonly indent?: number;
  /** Further lines start at `indent` even where there is room under the text. */
  readonly flat?: true;
}

/** Lays out `text` behind `lead`, wrapped at the style's width; further lines hang under the text unless the options say else. */
export function hang(lead: string, text: string, style: Style, { tone, indent = 4, flat }: HangOptions = {}): Line[] {
  const [safeLead, safeText] = [plain(lead), plain(text)];
  const taken = columnsOf(safeLead);
  const room = style.width - taken;
  const colour = tone === undefined ? {} : { tone };
  const lay = (first: string, chunks: readonly string[], at: number): Line[] => [
    { lead: first === '' ? safeLead.trimEnd() : safeLead, ...colour, text: first },
    ...chunks.map((chunk) => ({ text: ' '.repeat(at) + chunk })),
  ];
  const beside = flat === true || room >= narrow || columnsOf(safeText) <= room || safeLead.trim() === '';
  if (beside) {
    const at = flat === true ? indent : taken;
    const [first = '', ...chunks] = wrap(safeText, room, style.width - at);
    if (columnsOf(first) <= room || safeLead.trim() === '') return lay(first, chunks, at);
  }
  const at = flat === true ? indent : Math.min(taken, indent);
  return lay('', wrap(safeText, style.width - at, style.width - at), at);
}

/** @returns `text` with spaces up to `columns` on a terminal */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/**
 * Aligns cells: every column but the last as wide as its widest cell, two spaces between. The last one wraps under itself.
 * The first row may be a heading; `tone` gives the colour of a row's first cells.
 */
export function table(
  rows: readonly (readonly string[])[],
  style: Style,
  tone: (row: number) => Tone | undefined,
): Line[] {
  const safe = rows.map((row) => row.map(plain));
  const widths: number[] = [];
  for (const row of safe)
    row.slice(0, -1).forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, columnsOf(cell));
    });
  return safe.flatMap((row, at) => {
    const lead = row.slice(0, -1).map((cell, column) => `${padded(cell, widths[column] ?? 0)}  `);
    const colour = tone(at);
    return hang(lead.join(''), row.at(-1) ?? '', style, colour === undefined ? {} : { tone: colour });
  });
}

const final = (part: string): string => plain(part).replaceAll('\u00a0', ' ');

/** The only way from lines to text: neutralises, colours, ends with a line break (no lines give no text). */
export const render = (lines: readonly Line[], style: Style): string =>
  lines
    .map(({ lead = '', tone, text }) => {
      const [safeLead, safeText] = [final(lead), final(text)];
      return `${paint(safeText === '' ? safeLead.trimEnd() : safeLead, tone, style)}${safeText.trimEnd()}\n`;
    })
    .join('');
