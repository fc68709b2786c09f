import { expect, test } from 'vitest';
import { ClusterError, exitCodes, RunError } from '../../src/model/errors.ts';
import { causeText } from '../../src/report/cause.ts';
import { usageText } from '../../src/report/usage-lines.ts';
import { style } from './sample-plan.ts';

test('an error says where, what and what next, without a stack', async () => {
  const texts = [
    causeText(
      new RunError(exitCodes.refused, 'the lock of fleet acme is held by anna@laptop since 20:58', 'wait, or ask anna'),
      style,
    ),
    causeText(new RunError(exitCodes.usage, 'no member is named edge-7'), style),
    causeText(
      new ClusterError('timeout', 'connect 10.4.0.7:6443 timed out, 5 s', { next: 'check the network' }),
      style,
      'hub ocm-eu',
    ),
    causeText(
      new ClusterError(
        'conflict',
        'fields of Klusterlet/klusterlet are held by another controller and are left to it',
        {
          conflicts: [
            { manager: 'argocd-controller', field: '.spec.priorityClassName' },
            { manager: 'argocd-controller', field: '.spec.nodePlacement' },
          ],
          cause: new Error('a body that nobody shall see'),
        },
      ),
      style,
      'ocm-eu/edge-7',
    ),
  ];
  await expect(texts.join('---\n')).toMatchFileSnapshot('golden/causes.txt');
});

const cluster = (name: string, GET: number, more: Record<string, number> = {}) => ({
  name,
  usage: { connections: 1, requests: { GET, ...more } },
});

test('usage is a table by cluster with a sum', async () => {
  const text = usageText(
    [cluster('ocm-eu', 3, { LIST: 7, PATCH: 2 }), cluster('edge-1', 5), cluster('edge-2', 5, { PATCH: 12 })],
    style,
  );
  await expect(text).toMatchFileSnapshot('golden/usage.txt');
  expect(usageText([], style)).toBe('');
});

test('a cluster that was opened twice has one line', () => {
  const lines = usageText([cluster('hub', 9), cluster('edge-1', 5), cluster('edge-1', 7, { PATCH: 1 })], style).split(
    '\n',
  );
  expect(lines.slice(2)).toEqual([
    expect.stringMatching(/^edge-1 +2 +13 +12 +1$/),
    expect.stringMatching(/^total +3 +22 /),
    '',
  ]);
});

test('many clusters with equal counts share a line', () => {
  const members = Array.from({ length: 400 }, (_, at) => cluster(`edge-${at}`, at === 7 ? 6 : 5));
  const lines = usageText([cluster('hub', 9), ...members], style).split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[2]).toMatch(/^399: edge-0 … edge-399 +1 +5 +5$/);
  expect(lines[4]).toMatch(/^total +401 +2010 +2010$/);
});
