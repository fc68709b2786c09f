import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { ExecuteEvent, Outcome } from '../../src/model/outcome.ts';
import { progressFor } from '../../src/report/progress.ts';
import { tally } from '../../src/report/progress-tally.ts';
import { type Schedule, ttyProgress } from '../../src/report/progress-tty.ts';

const base = { tookMs: 41_000, written: [] } as const;
const finished = (id: string, outcome: Partial<Outcome> = {}): ExecuteEvent => ({
  type: 'finished',
  id,
  outcome: { id, action: 'join', ...base, is: 'done', ...outcome } as Outcome,
});

const story: readonly ExecuteEvent[] = [
  { type: 'started', id: 'ocm-eu/edge-1', action: 'join' },
  { type: 'started', id: 'ocm-eu/edge-2', action: 'repair' },
  { type: 'performing', id: 'ocm-eu/edge-1', step: 'klusterlet', title: 'Klusterlet' },
  {
    type: 'waiting',
    id: 'ocm-eu/edge-1',
    step: 'approve',
    waitingFor: "a certificate request of edge-1's own identity",
  },
  {
    type: 'waiting',
    id: 'ocm-eu/edge-1',
    step: 'approve',
    waitingFor: "a certificate request of edge-1's own identity",
  },
  { type: 'waiting', id: 'ocm-eu/edge-1', step: 'lease', waitingFor: 'the first renewal of the lease' },
  finished('ocm-eu/edge-2', { is: 'failed', step: 'klusterlet', reason: 'webhook denied', next: 'exempt it' }),
  finished('ocm-eu/edge-1'),
  finished('ocm-eu/edge-3', { is: 'blocked', reason: 'timed out' }),
  finished('ocm-eu/edge-4', { is: 'interrupted', step: 'bootstrap' }),
  finished('ocm-eu/edge-5', { is: 'interrupted' }),
  finished('ocm-eu/edge-6', { is: 'not-started', reason: 'interrupted before its turn' }),
  finished('ocm-eu/edge-7', { action: 'none' }),
];

const terminal = (columns: number): { stream: NodeJS.WriteStream; text: () => string } => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      text += String(chunk);
      callback();
    },
  });
  // A terminal as far as a renderer looks at one.
  return {
    stream: Object.assign(stream, { columns, rows: 24, isTTY: true }) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
};

describe('progress without a terminal', () => {
  test('is one line per change of state', async () => {
    let text = '';
    const progress = progressFor({
      kind: 'lines',
      steps: true,
      total: 7,
      write: (line) => (text += line),
      stream: terminal(80).stream,
      color: false,
    });
    for (const event of story) progress.event(event);
    await progress.close();
    await expect(text).toMatchFileSnapshot('golden/progress-lines.txt');
  });

  test('tells by default only what is waited for and what finished', () => {
    let text = '';
    const { stream } = terminal(80);
    const write = (line: string) => (text += line);
    const progress = progressFor({ kind: 'lines', steps: false, total: 7, write, stream, color: false });
    for (const event of story) progress.event(event);
    const at = (time: string): ExecuteEvent => ({
      type: 'waiting',
      id: 'ocm-eu/edge-8',
      step: 'agent-alive',
      waitingFor: `a heartbeat (last ${time})`,
    });
    // The same reason at another time, with a write in between, is not told again.
    progress.event(at('2026-11-21T07:00:00Z'));
    progress.event({ type: 'performing', id: 'ocm-eu/edge-8', step: 'identity', title: 'bootstrap identity' });
    progress.event(at('2026-11-21T07:00:10Z'));
    expect(text).not.toMatch(/started$|klusterlet: Klusterlet$/m);
    expect(text.match(/edge-8/g)).toHaveLength(1);
    expect(text.split('\n').filter((line) => line.includes('edge-1:'))).toHaveLength(3);
  });

  test('is one JSON document per change of state', async () => {
    const lines: string[] = [];
    const progress = progressFor({
      kind: 'ndjson',
      steps: false,
      total: 7,
      write: (line) => lines.push(line),
      stream: terminal(80).stream,
      color: false,
    });
    for (const event of story) progress.event(event);
    await progress.close();
    expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
    const distinct = story.filter((_, at) => at !== 4);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(distinct);
  });

  test('quiet says nothing', async () => {
    const { stream, text } = terminal(80);
    let written = '';
    const progress = progressFor({
      kind: 'quiet',
      steps: true,
      total: 7,
      write: (line) => (written += line),
      stream,
      color: false,
    });
    for (const event of story) progress.event(event);
    await progress.close();
    expect(written + text()).toBe('');
  });
});

describe('a terminal that does not tell its size', () => {
  test('gets lines', async () => {
    let text = '';
    const { stream } = terminal(0);
    const progress = progressFor({
      kind: 'tty',
      steps: false,
      total: 1,
      write: (line) => (text += line),
      stream,
      color: false,
    });
    progress.event(finished('h/a'));
    await progress.close();
    expect(text).toBe('h/a: joined in 41s (1/1)\n');
  });
});

describe('the tally', () => {
  test('counts, names who runs and groups what is waited for', () => {
    const state = tally(500);
    for (let at = 0; at < 312; at += 1) state.add(finished(`h/done-${at}`));
    state.add(finished('h/x', { is: 'failed', step: 's', reason: 'r' }));
    state.add(finished('h/y', { is: 'blocked', reason: 'r' }));
    for (let at = 1; at <= 128; at += 1) {
      state.add({ type: 'started', id: `h/edge-${at}`, action: 'join' });
      if (at > 5)
        state.add({ type: 'waiting', id: `h/edge-${at}`, step: 'approve', waitingFor: `a request of edge-${at}` });
    }
    state.add({ type: 'waiting', id: 'h/edge-1', step: 'lease', waitingFor: 'the lease' });
    expect(state.title(80)).toBe('312/500 done, 1 failed, 1 not done, 128 running: edge-1, edge-2, edge-3 …');
    expect(state.title(80).length).toBeLessThanOrEqual(80);
    expect(state.waiting(80)).toEqual(['123 members: waiting: a request of <member>', 'edge-1: waiting: the lease']);
  });
});

describe('progress on a terminal', () => {
  const wasTty = process.stdout.isTTY;
  afterEach(() => {
    process.stdout.isTTY = wasTty;
  });

  test('is one task that is redrawn by the clock and gone at the end, and takes no signal', async () => {
    // listr2 looks at the process's own terminal, whatever stream it draws on.
    process.stdout.isTTY = true;
    const signals = process.listenerCount('SIGINT');
    const due: (() => void)[] = [];
    const schedule: Schedule = (task) => {
      due.push(task);
      return () => {};
    };
    const { stream, text } = terminal(80);
    const progress = ttyProgress({ total: 500, stream, color: false, schedule });
    for (let at = 0; at < 300; at += 1) progress.event(finished(`h/edge-${at}`));
    expect(due).toHaveLength(1);
    await expect.poll(text, { timeout: 5000 }).toContain('300/500 done');
    progress.event({ type: 'waiting', id: 'h/edge-301', step: 'lease', waitingFor: 'the lease' });
    expect(due).toHaveLength(1);
    due[0]?.();
    await expect.poll(text, { timeout: 5000 }).toContain('edge-301: waiting: the lease');
    expect(text()).toContain('300/500 done, 1 running: edge-301');
    expect(process.listenerCount('SIGINT')).toBe(signals);
    await progress.close();
    // Cursor shown again, and the last thing drawn was erased.
    expect(text().trimEnd().endsWith('\u001b[?25h')).toBe(true);
    expect(text().slice(text().lastIndexOf('300/500'))).toContain('\u001b[2K');
  });

  test('closing before the first event draws nothing', async () => {
    const { stream, text } = terminal(80);
    await ttyProgress({ total: 1, stream, color: false }).close();
    expect(text()).toBe('');
  });

  test('closing right after an event leaves nothing behind', async () => {
    process.stdout.isTTY = true;
    const { stream, text } = terminal(80);
    const progress = ttyProgress({ total: 1, stream, color: false });
    progress.event(finished('h/a'));
    await progress.close();
    expect(text()).not.toContain('cannot be shown');
  });
});
