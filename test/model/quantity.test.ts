import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalQuantities, quantityValue } from '../../src/model/quantity.ts';

describe('values, in billionths', () => {
  test.each<[string | number, bigint]>([
    ['0', 0n],
    ['1', 1_000_000_000n],
    [2, 2_000_000_000n],
    [0.5, 500_000_000n],
    [1e21, (2n ** 63n - 1n) * 1_000_000_000n],
    ['1n', 1n],
    ['1u', 1_000n],
    ['300m', 300_000_000n],
    ['1.5', 1_500_000_000n],
    ['.5', 500_000_000n],
    ['5.', 5_000_000_000n],
    ['1k', 10n ** 12n],
    ['1Ki', 1024n * 10n ** 9n],
    ['1.5Gi', 1610612736n * 10n ** 9n],
    ['1E', 10n ** 27n],
    ['1E3', 10n ** 12n],
    ['1e-3', 1_000_000n],
    ['+1', 10n ** 9n],
    ['-1m', -1_000_000n],
    ['0.1n', 1n],
    ['-0.1n', -1n],
    ['8Ei', (2n ** 63n - 1n) * 1_000_000_000n],
    ['1e999999999', (2n ** 63n - 1n) * 1_000_000_000n],
    ['1e-999999999', 1n],
    ['0e999999999', 0n],
  ])('%s', (text, value) => {
    expect(quantityValue(text)).toBe(value);
  });
});

test.each(['', ' 1', '1 ', '1x', '1ki', 'Ki', '.', '1e', '1m3', '--1', '1,5', Number.NaN, Number.POSITIVE_INFINITY])(
  '"%s" is none',
  (text) => {
    expect(quantityValue(text)).toBeUndefined();
  },
);

test.each<[string | number, string | number, boolean]>([
  ['1', '1000m', true],
  ['1Gi', '1024Mi', true],
  [1, '1', true],
  ['1G', '1Gi', false],
  ['odd', 'odd', true],
  ['odd', '1', false],
])('%s and %s', (one, other, equal) => {
  expect(equalQuantities(one, other)).toBe(equal);
});

describe('laws', () => {
  const decimal: readonly [string, number][] = [
    ['n', -9],
    ['u', -6],
    ['m', -3],
    ['', 0],
    ['k', 3],
    ['M', 6],
    ['G', 9],
  ];

  test('a decimal suffix is its power of ten', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), fc.constantFrom(...decimal), (amount, [suffix, power]) => {
        expect(quantityValue(`${amount}${suffix}`)).toBe(amount * 10n ** BigInt(power + 9));
        expect(equalQuantities(`${amount}${suffix}`, `${amount}e${power}`)).toBe(true);
      }),
    );
  });

  test('a binary suffix is its power of 1024', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 6n), fc.constantFrom('Ki', 'Mi', 'Gi'), (amount, suffix) => {
        const factor = { Ki: 1024n, Mi: 1024n ** 2n, Gi: 1024n ** 3n }[suffix] ?? 0n;
        expect(equalQuantities(`${amount}${suffix}`, `${amount * factor}`)).toBe(true);
      }),
    );
  });

  test('zeros that say nothing change nothing, the order is that of the numbers', () => {
    const milli = fc.bigInt(0n, 10n ** 12n);
    const written = (value: bigint): string => `${value / 1000n}.${String(value % 1000n).padStart(3, '0')}`;
    fc.assert(
      fc.property(milli, milli, (a, b) => {
        expect(equalQuantities(`00${written(a)}00`, `${a}m`)).toBe(true);
        expect((quantityValue(written(a)) ?? 0n) < (quantityValue(`${b}m`) ?? 0n)).toBe(a < b);
      }),
    );
  });
});
