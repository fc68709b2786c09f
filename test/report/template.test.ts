import { describe, expect, test } from 'vitest';
import { template } from '../../src/report/template.ts';

describe('what varies from member to member', () => {
  test.each([
    ['connect edge-7.example:6443 refused', 'connect <address> refused'],
    ['connect -edge-7.example:6443 refused', 'connect -<address> refused'],
    ['connect x_y-api.example:6443 refused', 'connect x_y-<address> refused'],
    ['connect 10.4.0.7:6443 refused', 'connect <address> refused'],
    ['connect [fd00::1]:6443 refused', 'connect <address> refused'],
    ['connect [::ffff:10.4.0.7] refused', 'connect <address> refused'],
    ['see [1] and [a.b:c]', 'see [1] and [a.b:c]'],
    ['step 12:30, line 7', 'step 12:30, line 7'],
    ['since 2026-11-21T06:20:28Z', 'since <time>'],
  ])('%s', (text, expected) => {
    expect(template(text, 'm')).toBe(expected);
  });
});

test.each(['[:', '[', ':', 'a-', '1-', '1.', '-', 'a:', '1', 'a', '_a-', '1:', '2026-11-21 ', '[a:b.'])(
  'a long text made of %j takes no long time',
  (part) => {
    const texts = [part.repeat(65_536 / part.length), `[${part.repeat(65_536 / part.length)}`];
    const before = performance.now();
    for (const text of texts) template(text, 'edge-7');
    expect(performance.now() - before).toBeLessThan(1_000);
  },
);
