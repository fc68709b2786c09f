import { compactJson } from './canonical.ts';
import type { FieldDiff } from '../model/step.ts';
import { minuteOf, unbroken } from './words.ts';

/** Longer values are cut around the first place where live and desired differ. */
const longest = 120;

const isBare = (text: string): boolean =>
  /^[\w./:@%+=-]+$/.test(text) && !/^(?:true|false|null|-?\d[\d.eE+-]*)$/.test(text);

/** A JSON value as people write it: words bare, strings that could be taken for something else in quotes, nothing as `(none)`. */
const shown = (value: unknown): string => {
  if (value === undefined) return '(none)';
  return typeof value === 'string' && isBare(value) ? value : compactJson(value);
};

const cut = (text: string, start: number): string => {
  if (text.length <= longest) return text;
  const end = Math.min(text.length, start + longest - 20);
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''} (${text.length} characters)`;
};

/** `live → desired` and, where it is known, who wrote the live value. */
export function change(field: FieldDiff): string {
  const [live, desired] = [shown(field.live), shown(field.desired)];
  let same = 0;
  while (same < live.length && live[same] === desired[same]) same += 1;
  const start = Math.max(0, same - 20);
  const by = field.by
    ? `    ${unbroken(`by ${field.by.manager}${field.by.at === undefined ? '' : `, ${minuteOf(field.by.at)}`}`)}`
    : '';
  return `${cut(live, start)} → ${cut(desired, start)}${by}`;
}
