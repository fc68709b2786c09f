import { expect, test } from 'vitest';
import type { Problem } from '../../src/model/problem.ts';
import { problemsText } from '../../src/report/problems.ts';
import { sampleProblems } from './samples.ts';
import { style } from './sample-plan.ts';

/** The character of the shown source line that the caret stands under. */
function pointedAt(text: string): string | undefined {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^ +\| +\^$/.test(line));
  return lines[at - 1]?.[lines[at]?.indexOf('^') ?? -1];
}

const problem = (sourceLine: string, column: number): Problem => ({
  rule: 'r',
  message: 'm',
  file: 'f',
  line: 9,
  column,
  sourceLine,
});

test('problems have place, source line, caret, path, suggestion and further places', async () => {
  await expect(problemsText(sampleProblems, style)).toMatchFileSnapshot('golden/problems.txt');
});

test('no problems, no text', () => {
  expect(problemsText([], style)).toBe('');
});

test('the caret is right behind tabs and escaped characters, and under a line of any length', () => {
  expect(pointedAt(problemsText([problem('\t\tX: 1', 3)], style))).toBe('X');
  expect(pointedAt(problemsText([problem('a\u001b[31mX: 1', 7)], style))).toBe('X');
  for (const offset of [0, 30, 70, 500, 4999]) {
    const line = `${'-'.repeat(offset)}X${'-'.repeat(4999 - offset)}`;
    const text = problemsText([problem(line, offset + 1)], style);
    expect(pointedAt(text)).toBe('X');
    expect(Math.max(...text.split('\n').map((shown) => shown.length))).toBeLessThanOrEqual(80);
  }
});

test('the caret stands right where only a part of the line is given', () => {
  for (const offset of [0, 3, 70, 300]) {
    const part = `${'-'.repeat(offset)}X${'-'.repeat(600 - offset)}`;
    const text = problemsText([{ ...problem(part, 9_000 + offset), sourceLineFrom: 9_000 }], style);
    expect(pointedAt(text)).toBe('X');
    expect(text).toContain('f:9:9');
    expect(text).toContain('| …');
    expect(Math.max(...text.split('\n').map((shown) => shown.length))).toBeLessThanOrEqual(80);
  }
});

test('a wide character takes two columns', () => {
  const [, source = '', caret = ''] = problemsText([problem('名: x', 4)], style).split('\n');
  expect(source.indexOf('x')).toBe(caret.indexOf('^') - 1);
});
