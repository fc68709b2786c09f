import type { ExecuteEvent } from '../model/outcome.ts';
import { columnsOf, plain } from './plain.ts';
import { common, grouped, template } from './template.ts';
import { counted, memberOf } from './words.ts';

/** Reasons to wait that are shown at once; the most frequent first. */
const reasonsShown = 4;

/** Where a run stands, counted from its events. */
interface Tally {
  add(event: ExecuteEvent): void;
  /** `312/500 done, 2 failed, 128 running: edge-1, edge-2 …`, within `columns`. */
  title(columns: number): string;
  /** What is waited for, by how many; a line each, none for nothing. */
  waiting(columns: number): readonly string[];
}

/** Cuts between words where it can. */
function cut(text: string, columns: number): string {
  let kept = plain(text);
  if (columnsOf(kept) <= columns) return kept;
  while (kept !== '' && columnsOf(kept) > columns - 2) kept = kept.replace(/.$/u, '');
  const space = kept.lastIndexOf(' ');
  return `${(space > columns / 2 ? kept.slice(0, space) : kept).replace(/[ ,]+$/, '')} …`;
}

export function tally(total: number): Tally {
  const ended: Partial<Record<'done' | 'failed' | 'other', number>> = {};
  const running = new Map<string, string | undefined>();
  const count = (kind: 'done' | 'failed' | 'other'): number => ended[kind] ?? 0;
  return {
    add(event) {
      if (event.type === 'finished') {
        running.delete(event.id);
        const kind = event.outcome.is === 'done' || event.outcome.is === 'failed' ? event.outcome.is : 'other';
        ended[kind] = count(kind) + 1;
      } else {
        running.set(event.id, event.type === 'waiting' ? event.waitingFor : undefined);
      }
    },
    title(columns) {
      const parts = [
        `${count('done')}/${total} done`,
        ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
        ...(count('other') > 0 ? [`${count('other')} not done`] : []),
        ...(running.size > 0 ? [`${running.size} running`] : []),
      ];
      // A terminal's width is a few dozen names; the rest of thousands is not worth joining ten times a second.
      const names = [...running.keys()].slice(0, 40).map(memberOf).join(', ');
      return cut(parts.join(', ') + (names === '' ? '' : `: ${names}`), columns);
    },
    waiting(columns) {
      const all = [...running].flatMap(([id, text]) => (text === undefined ? [] : [{ member: memberOf(id), text }]));
      return grouped(all, ({ text, member }) => template(text, member))
        .toSorted((a, b) => b.length - a.length)
        .slice(0, reasonsShown)
        .map((group) => {
          const who = group.length === 1 ? group[0].member : counted(group.length, 'member');
          return cut(`${who}: waiting: ${common(group)}`, columns);
        });
    },
  };
}
