import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { summaryText } from '../../src/report/summary.ts';
import { done, sampleOutcomes, sampleRun } from './samples.ts';
import { style } from './sample-plan.ts';

const blocked = (member: string, reason: string): Outcome => ({
  id: `ocm-eu/${member}`,
  action: 'join',
  tookMs: 1,
  written: [],
  is: 'blocked',
  reason,
});

describe('the summary', () => {
  test('is grouped by action and by cause', async () => {
    await expect(summaryText(sampleOutcomes, sampleRun, style)).toMatchFileSnapshot('golden/summary.txt');
  });

  test('of a run that went well is short', () => {
    const outcomes = [done('a', 'join', 41_000), done('b', 'join', 500), done('c', 'none', 3)];
    expect(summaryText(outcomes, { ...sampleRun, exitCode: 0 }, style)).toBe(
      '2 planned  21:00:04–21:06:31Z  exit 0\n' +
        'joined         2  verified after the last write (slowest a, 41s)\n' +
        'in sync        1\n',
    );
  });

  test('groups what differs in names, addresses, ids and times only', () => {
    const outcomes = [
      blocked('edge-1', 'connect 10.0.0.1:6443 timed out, 5 s'),
      blocked('edge-2', 'connect edge-2.example.com:6443 timed out, 7 s'),
      blocked('edge-3', 'connect [fd00::3]:6443 timed out, 5 s'),
      blocked('edge-4', 'no context edge-4 in /etc/kube/edge-4.yaml'),
      blocked('edge-5', 'no context edge-5 in /etc/kube/edge-5.yaml'),
      blocked('edge-6', 'no context edge-7 in /etc/kube/edge-6.yaml'),
    ];
    const text = summaryText(outcomes, sampleRun, style);
    expect(text).toContain('  connect <address> timed out, <time>\n    3 members: edge-1, edge-2, edge-3\n');
    expect(text).toContain('  no context <member> in /etc/kube/<member>.yaml\n    2 members: edge-4, edge-5\n');
    expect(text).toContain('  ocm-eu/edge-6  no context edge-7 in /etc/kube/edge-6.yaml\n');
  });

  test('keeps the words of a group that are the same in all of it', () => {
    const outcomes = [1, 2].map((at) =>
      blocked(`edge-${at}`, `connect 10.0.0.${at}:6443 timed out, 5 s, at 2026-11-21`),
    );
    expect(summaryText(outcomes, sampleRun, style)).toContain('  connect <address> timed out, 5 s, at 2026-11-21\n');
  });

  test('says what was written to each, where that differs', () => {
    const failed = (member: string, written: string[]): Outcome => ({
      id: `ocm-eu/${member}`,
      action: 'join',
      tookMs: 1,
      written,
      is: 'failed',
      step: 'klusterlet',
      reason: 'denied',
    });
    const text = summaryText([failed('a', ['hub X/a']), failed('b', []), failed('c', ['hub X/c'])], sampleRun, style);
    expect(text).toContain('    written: hub X; member nothing (a, c)\n    written: nothing (b)\n');
  });

  test('again names every member once, sorted, and no refused one; beyond what can be pasted, the command alone', () => {
    const some = [blocked('b', 'x'), blocked('a', 'x'), { ...blocked('a', 'x'), id: 'ocm-us/a' }];
    const refused: Outcome = { ...blocked('r', 'x'), is: 'refused', reason: 'another cluster' };
    expect(summaryText([...some, refused], sampleRun, style)).toMatch(/\nagain: rollcall apply --member a,b\n$/);
    const many = Array.from({ length: 400 }, (_, at) => blocked(`edge-${at}`, 'x'));
    expect(summaryText(many, sampleRun, style)).toMatch(/\nagain: rollcall apply {4}\(400 members are left;.*\)\n$/);
    const unjoin = { ...sampleRun, command: 'rollcall unjoin', membersAsArguments: true } as const;
    expect(summaryText(some, unjoin, style)).toMatch(/\nagain: rollcall unjoin a b\n$/);
    expect(summaryText([refused], sampleRun, style)).not.toContain('again:');
  });

  test('5,000 outcomes of a few causes are a few lines', () => {
    const outcomes = Array.from({ length: 5000 }, (_, at) =>
      blocked(`edge-${at}`, `connect 10.1.${at % 250}.${at % 200}:6443 timed out`),
    );
    expect(summaryText(outcomes, sampleRun, style).split('\n').length).toBeLessThan(10);
  });
});
