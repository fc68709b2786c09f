import type { Line } from './layout.ts';
import { type Entry, belowLines, layEntry } from './plan-entry.ts';
import { columnsOf, plain } from './plain.ts';
import { hang, padded } from './layout.ts';
import type { Style } from './style.ts';
import { common, grouped, template } from './template.ts';
import { counted, someNames } from './words.ts';

/** A section longer than this many lines is folded where entries say the same. */
const longSection = 20;
/** Fewer equal entries than this read better one by one. */
const smallestFold = 3;
const widestId = 32;

/** Entries of one hub that say the same but for what is particular to the member fold together. */
const shape = ({ plan, sign, verb, body, below }: Entry): string =>
  JSON.stringify([
    plan.hub,
    sign,
    verb,
    template(body, plan.member),
    below.map(({ indent, text }) => [indent, template(text, plan.member)]),
  ]);

function layFolded(entries: readonly [Entry, ...Entry[]], style: Style): Line[] {
  const [first] = entries;
  const { plan, sign, verb, tone } = first;
  const lead = `${sign} ${verb === '' ? '' : padded(verb, 7)}${plan.hub}: ${counted(entries.length, 'member')}`;
  const names = someNames(entries.map((entry) => entry.plan.member));
  const said = (pick: (entry: Entry) => string | undefined): string =>
    common(entries.map((entry) => ({ text: pick(entry) ?? '', member: entry.plan.member })));
  return [
    ...hang(`${lead}  `, names, style, { tone, indent: 4 }),
    ...belowLines(
      4,
      said((entry) => entry.body),
      style,
    ),
    ...first.below.flatMap(({ indent }, at) =>
      belowLines(
        indent,
        said((entry) => entry.below[at]?.text),
        style,
      ),
    ),
  ];
}

/**
 * The lines of one section, entries in their order. With `fold`, a long section shows entries of the same shape once, with
 * their count and some of their names; nothing that differs is left out.
 */
export function sectionLines(entries: readonly Entry[], style: Style, fold: boolean): Line[] {
  const columns = Math.min(widestId, Math.max(0, ...entries.map(({ plan }) => columnsOf(plain(plan.id)))));
  const each = (list: readonly Entry[]): Line[] =>
    list.flatMap((entry) => layEntry(entry, entry.plan.id, columns, style));
  const lines = each(entries);
  if (!fold || lines.length <= longSection) return lines;
  const groups = grouped(entries, shape);
  if (groups.every((group) => group.length < smallestFold)) return lines;
  return [
    ...groups.flatMap((group) => (group.length < smallestFold ? each(group) : layFolded(group, style))),
    { lead: '  (equal entries are folded; --all lists each)', tone: 'faint', text: '' },
  ];
}
