import type { Status, StatusRow } from '../model/outcome.ts';
import { render, table } from './layout.ts';
import type { Style, Tone } from './style.ts';
import { age } from './words.ts';

/** Shown as a count only: nothing is wrong with them, or nobody declared them. */
const quietStates: readonly StatusRow['state'][] = ['in sync', 'absent', 'unmanaged'];

const tones: Partial<Record<StatusRow['state'], Tone>> = {
  refused: 'danger',
  unreachable: 'danger',
  missing: 'danger',
  unhealthy: 'warning',
  drifted: 'warning',
  'hub view': 'warning',
  orphan: 'warning',
  leaving: 'change',
  'in sync': 'good',
  absent: 'faint',
};

/** How long ago a time is by the hubs' clock; `-` where it is not known. */
const since = (time: string | undefined, at: number): string => {
  const then = Date.parse(time ?? '');
  return Number.isNaN(then) || Number.isNaN(at) ? '-' : age(at - then);
};

/** How long a certificate still holds. */
const left = (time: string | undefined, at: number): string => {
  const then = Date.parse(time ?? '');
  if (Number.isNaN(then) || Number.isNaN(at)) return '-';
  return then <= at ? 'expired' : age(then - at);
};

const byName = (a: StatusRow, b: StatusRow): number =>
  a.member === b.member ? (a.hub < b.hub ? -1 : a.hub > b.hub ? 1 : 0) : a.member < b.member ? -1 : 1;

function totals(rows: readonly StatusRow[], shown: number): string {
  const count = (state: StatusRow['state']): number => rows.filter((row) => row.state === state).length;
  const parts = [
    `${count('in sync')} in sync`,
    ...(['absent', 'unmanaged'] as const).flatMap((state) => (count(state) > 0 ? [`${count(state)} ${state}`] : [])),
  ];
  const deviations = rows.length - quietStates.reduce((sum, state) => sum + count(state), 0);
  return (
    [...(deviations > 0 ? [`${deviations} not as declared`] : []), ...parts].join(', ') +
    (shown === 0 && rows.length > 0 ? '; --all lists them' : '')
  );
}

/** The table of registrations that are not as declared (all of them with `all`), by member; counts in the last line. */
export function statusText(status: Status, style: Style, all = false): string {
  const at = Date.parse(status.at);
  const rows = status.rows.filter((row) => all || !quietStates.includes(row.state)).toSorted(byName);
  const cells = rows.map((row) => [
    row.member,
    row.hub,
    row.mode,
    row.state,
    since(row.since, at),
    since(row.agentRenewed, at),
    left(row.certificateExpires, at),
    row.note ?? '',
  ]);
  const heading = ['MEMBER', 'HUB', 'MODE', 'STATE', 'SINCE', 'AGENT', 'CERT', 'NOTE'];
  const tone = (row: number): Tone | undefined => {
    const state = rows[row - 1]?.state;
    return state === undefined ? 'faint' : tones[state];
  };
  const lines = rows.length > 0 ? table([heading, ...cells], style, tone) : [];
  return render([...lines, { text: totals(status.rows, rows.length) }], style);
}
