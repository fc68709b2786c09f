import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterError } from '../../src/model/errors.ts';
import type { ExecuteEvent } from '../../src/model/outcome.ts';
import { causeText } from '../../src/report/cause.ts';
import { planJson, statusJson } from '../../src/report/plan-json.ts';
import { planText } from '../../src/report/plan-text.ts';
import { columnsOf, plain } from '../../src/report/plain.ts';
import { problemsJson, problemsText } from '../../src/report/problems.ts';
import { linesProgress, ndjsonProgress } from '../../src/report/progress-lines.ts';
import { tally } from '../../src/report/progress-tally.ts';
import { statusText } from '../../src/report/status-table.ts';
import { summaryJson, summaryText } from '../../src/report/summary.ts';
import { usageText } from '../../src/report/usage-lines.ts';
import { samplePlan, style } from './sample-plan.ts';
import { sampleOutcomes, sampleProblems, sampleRun, sampleStatus } from './samples.ts';

/** Line breaks are ours; everything else that acts on a terminal is not. */
const acting = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The same value with `text` put into every string that is not one of the closed words of the model. */
function poisoned<T>(value: T, text: string, keep: ReadonlySet<string>): T {
  const walk = (inner: unknown, key: string): unknown => {
    if (typeof inner === 'string') return keep.has(key) ? inner : `${inner}${text}${inner}`;
    if (Array.isArray(inner)) return inner.map((item) => walk(item, key));
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, walk(item, name)]));
  };
  return walk(value, '') as T;
}
const closed = new Set(['is', 'action', 'does', 'site', 'state', 'type']);

const events = (text: string): ExecuteEvent[] =>
  poisoned<ExecuteEvent[]>(
    [
      { type: 'started', id: 'h/m', action: 'join' },
      { type: 'performing', id: 'h/m', step: 'klusterlet', title: 'Klusterlet' },
      { type: 'waiting', id: 'h/m', step: 'lease', waitingFor: 'the lease' },
      ...sampleOutcomes.map((outcome) => ({ type: 'finished', id: outcome.id, outcome }) as const),
    ],
    text,
    closed,
  );

/** Everything that this room can say about values that hold `text` everywhere. */
function everything(text: string): string[] {
  const plan = poisoned(samplePlan, text, closed);
  const outcomes = poisoned(sampleOutcomes, text, closed);
  const status = poisoned(sampleStatus, text, closed);
  const problems = poisoned(sampleProblems, text, closed);
  const run = poisoned(sampleRun, text, closed);
  const written: string[] = [];
  const lines = linesProgress({ total: 50, steps: true }, (line) => written.push(line));
  const ndjson = ndjsonProgress((line) => written.push(line));
  const state = tally(50);
  for (const event of events(text)) {
    lines.event(event);
    ndjson.event(event);
    state.add(event);
    written.push(state.title(60), ...state.waiting(60));
  }
  return [
    planText(plan, { style, version: text }),
    planText(plan, { style, version: text, all: true }),
    summaryText(outcomes, run, style),
    statusText(status, style, true),
    problemsText(problems, style),
    causeText(
      new ClusterError('denied', text, { next: text, conflicts: [{ manager: text, field: text }] }),
      style,
      text,
    ),
    usageText([{ name: text, usage: { connections: 1, requests: { [text]: 1 } } }], style),
    planJson(plan),
    statusJson(status),
    summaryJson(outcomes, run),
    problemsJson(problems),
    ...written,
  ];
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(
      fc.constantFrom(
        '\u001b',
        '\u009b',
        '\u0007',
        '\u0008',
        '\r',
        '\n',
        '\u202e',
        '\u2066',
        '\u200b',
        '\u2028',
        '\ud800',
        '\u0000',
        'x',
        '[2J',
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
);

describe('text from clusters and files', () => {
  test('cannot act on the terminal, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const said of everything(text)) expect(acting.test(said.replaceAll('\n', ''))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('stays recognisable', () => {
    expect(plain('a\u001b[31mb\r\nc\u202ed')).toBe('a\\x1b[31mb c\\u202ed');
    expect(plain('Zürich 名 é')).toBe('Zürich 名 é');
  });

  test('a line break in a value cannot fake a line of the plan', () => {
    const text = planText(poisoned(samplePlan, '\nREFUSED 0\n', closed), { style, version: '1' });
    expect(text).not.toMatch(/^REFUSED 0/m);
  });

  test('neutralising twice is neutralising once', () => {
    fc.assert(
      fc.property(hostile, (text) => plain(plain(text)) === plain(text)),
      { numRuns: 200 },
    );
  });

  test('columns count what a terminal shows', () => {
    expect([columnsOf('abc'), columnsOf('名前'), columnsOf('e\u0301'), columnsOf('→ …')]).toEqual([3, 4, 1, 3]);
  });
});
