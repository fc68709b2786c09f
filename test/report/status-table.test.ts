import { expect, test } from 'vitest';
import { statusText } from '../../src/report/status-table.ts';
import { age, took } from '../../src/report/words.ts';
import { sampleStatus } from './samples.ts';
import { style, wide } from './sample-plan.ts';

test('the table shows what is not as declared', async () => {
  await expect(statusText(sampleStatus, wide)).toMatchFileSnapshot('golden/status.txt');
});

test('all lists the rest too, and notes wrap at 80 columns', async () => {
  await expect(statusText(sampleStatus, style, true)).toMatchFileSnapshot('golden/status-all.txt');
});

test('a fleet in sync is one line', () => {
  const rows = sampleStatus.rows.filter((row) => row.state === 'in sync');
  expect(statusText({ ...sampleStatus, rows }, style)).toBe('2 in sync; --all lists them\n');
  expect(statusText({ ...sampleStatus, rows: [] }, style)).toBe('0 in sync\n');
});

test('rows come by member whatever their order', () => {
  const rows = sampleStatus.rows.toReversed();
  expect(statusText({ ...sampleStatus, rows }, wide, true)).toBe(statusText(sampleStatus, wide, true));
});

test('ages take the largest unit that fits', () => {
  const [second, hour, day] = [1000, 3_600_000, 86_400_000];
  expect([-5, 999, 12 * second, 59_999, 60_000, hour - 1, hour, day - 1, day, 311.9 * day].map(age)).toEqual([
    '0s',
    '0s',
    '12s',
    '59s',
    '1m',
    '59m',
    '1h',
    '23h',
    '1d',
    '311d',
  ]);
  expect([0, 440, 41_900, 387_000, 3_900_000].map(took)).toEqual(['0.0s', '0.4s', '41s', '6m27s', '1h05m']);
});
