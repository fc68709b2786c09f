import type { Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { compactJson } from './canonical.ts';
import { hang, type Line, padded, render } from './layout.ts';
import type { Style, Tone } from './style.ts';
import { causes } from './summary-causes.ts';
import { memberOf, past, took } from './words.ts';

/** One run of `apply` or `unjoin`. Times are RFC 3339. */
export interface Run {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitCode: number;
  /** What the plan could not do, as in `2 blocked, 1 refused`: why the exit code is not 0 although all went well. */
  readonly notPlanned?: string;
  /** What the user typed to get here, without its target, as in `rollcall apply -f fleets/eu.yaml`. */
  readonly command: string;
  /** The command takes members as arguments (`unjoin`), not by `--member`, and must name every one. */
  readonly membersAsArguments?: true;
}

/** A command line with more names than this is no longer one to paste; the command without a target does the same. */
const namesInCommand = 50;

/** Times are said in UTC, as the clusters' own. */
const clock = (time: string): string => {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : new Date(at).toISOString().slice(11, 19);
};

const line = (word: string, count: number, text: string, style: Style, tone: Tone): Line[] =>
  hang(`${padded(word, 12)}${String(count).padStart(4)}  `, text, style, { tone });

function doneLines(outcomes: readonly Outcome[], style: Style): Line[] {
  return (['join', 'repair', 'adopt', 'unjoin'] as const).flatMap((action) => {
    const done = outcomes.filter((outcome) => outcome.is === 'done' && outcome.action === action);
    if (done.length === 0) return [];
    const slowest = done.reduce((slow, outcome) => (outcome.tookMs > slow.tookMs ? outcome : slow));
    const proof = action === 'unjoin' ? 'read as gone afterwards' : 'verified after the last write';
    return line(
      past[action],
      done.length,
      `${proof} (slowest ${memberOf(slowest.id)}, ${took(slowest.tookMs)})`,
      style,
      'good',
    );
  });
}

const bad = [
  ['failed', 'failed', 'danger'],
  ['refused', 'refused', 'danger'],
  ['blocked', 'blocked', 'warning'],
  ['interrupted', 'interrupted', 'warning'],
  ['not-started', 'not started', 'warning'],
] as const;

function badLines(outcomes: readonly Outcome[], style: Style): Line[] {
  return bad.flatMap(([is, word, tone]) => {
    const list = outcomes.filter((outcome) => outcome.is === is);
    if (list.length === 0) return [];
    const isUntouched = list.every((outcome) => outcome.written.length === 0);
    return [
      ...line(word, list.length, isUntouched ? 'nothing written' : '', style, tone),
      ...causes(list, style, !isUntouched),
    ];
  });
}

/** What has to be done again, in a form to paste; a refusal needs a decision first and is left out. */
function again(outcomes: readonly Outcome[], { command, membersAsArguments }: Run): Line[] {
  const rest = outcomes.filter(
    ({ is }) => is === 'failed' || is === 'blocked' || is === 'interrupted' || is === 'not-started',
  );
  const names = [...new Set(rest.map((outcome) => memberOf(outcome.id)))].toSorted();
  if (names.length === 0) return [];
  if (membersAsArguments) return [{ lead: 'again: ', tone: 'heading', text: `${command} ${names.join(' ')}` }];
  const text =
    names.length > namesInCommand
      ? `${command}    (${names.length} members are left; finished ones are in sync and are not written)`
      : `${command} --member ${names.join(',')}`;
  return [{ lead: 'again: ', tone: 'heading', text }];
}

/** @returns how many registrations a plan leaves as they are because it cannot or may not, or undefined for none */
export function notPlannedOf(plan: Plan): string | undefined {
  const counts = (['refused', 'blocked', 'unhealthy'] as const).flatMap((is) => {
    const count = plan.registrations.filter(({ verdict }) => verdict.is === is).length;
    return count === 0 ? [] : [`${count} ${is}`];
  });
  return counts.length === 0 ? undefined : `${counts.join(', ')}; the plan above says why`;
}

/** What a run did, by action and by cause: counts, then what did not end well with what was written and what to do next. */
export function summaryText(outcomes: readonly Outcome[], run: Run, style: Style): string {
  const idle = outcomes.filter((outcome) => outcome.is === 'done' && outcome.action === 'none').length;
  return render(
    [
      {
        lead: `${outcomes.length - idle} planned`,
        tone: 'heading',
        text: `  ${clock(run.startedAt)}–${clock(run.endedAt)}Z  exit ${run.exitCode}`,
      },
      ...doneLines(outcomes, style),
      ...badLines(outcomes, style),
      ...(idle > 0 ? line('in sync', idle, '', style, 'faint') : []),
      ...(run.notPlanned === undefined ? [] : hang('not planned     ', run.notPlanned, style, { tone: 'warning' })),
      ...again(outcomes, run),
    ],
    style,
  );
}

/** The Summary document (plan.schema.json#/$defs/Summary) on one line, outcomes in the given order. */
export function summaryJson(outcomes: readonly Outcome[], run: Run): string {
  const kinds = ['done', ...bad.map(([is]) => is)];
  const counts = Object.fromEntries(
    kinds.map((kind) => [kind, outcomes.filter((outcome) => outcome.is === kind).length]),
  );
  const { startedAt, endedAt, exitCode } = run;
  return `${compactJson({
    apiVersion: 'rollcall.dev/v1alpha1',
    kind: 'Summary',
    startedAt,
    endedAt,
    exitCode,
    counts,
    outcomes,
  })}\n`;
}
