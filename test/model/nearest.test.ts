import leven from 'leven';
import { expect, test } from 'vitest';
import { nearest } from '../../src/model/nearest.ts';

test.each([
  ['lables', ['name', 'labels'], 'labels'],
  ['LABELS', ['label', 'labels'], 'labels'],
  ['edge-7', ['edge-77', 'edge-17', 'hub'], 'edge-77'],
  ['prod', ['test', 'dev'], undefined],
  ['registrations', ['rXgXstXaXonX'], undefined],
  ['anything', [], undefined],
])('%s of %j: %s', (written, known, meant) => {
  expect(nearest(written, known, leven)).toBe(meant);
});

test('no comparison goes further than needed', () => {
  const asked: number[] = [];
  nearest('registration', ['registratian', 'registrat', 'registrashun', 'x'], (a, b, { maxDistance }) => {
    asked.push(maxDistance);
    return leven(a, b);
  });
  expect(asked).toEqual([5, 1]);
});
