/**
 * Kubernetes quantities (`300m`, `1.5Gi`, `2e3`), compared by value and never as text: the API server rewrites them.
 * Like there, what is finer than a nano is rounded away from zero and what is larger than 2^63-1 is capped.
 */

const written = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;

const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

const nano = 9;
const largest = (2n ** 63n - 1n) * 10n ** BigInt(nano);
/** Beyond this power of ten a digit more or less is capped or rounded anyway, and a hostile one would cost memory. */
const furthest = 400;

/** @returns the value in billionths, or undefined where the text is no quantity */
export function quantityValue(quantity: string | number): bigint | undefined {
  const match = written.exec(String(quantity));
  if (match === null) return undefined;
  const [, sign, number = '', binarySuffix, decimalSuffix, exponent] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}` || '0');
  if (digits === 0n) return 0n;
  const factor = binarySuffix === undefined ? 1n : 1024n ** BigInt(binary.indexOf(binarySuffix) + 1);
  const power = clamp(exponent === undefined ? (decimal[decimalSuffix ?? ''] ?? 0) : Number(exponent));
  const value = scaled(digits * factor, power - fraction.length + nano);
  const capped = value > largest ? largest : value;
  return sign === '-' ? -capped : capped;
}

/** Whether two quantities are worth the same; text that is no quantity equals only itself. */
export function equalQuantities(one: string | number, other: string | number): boolean {
  const value = quantityValue(one);
  return value === undefined ? one === other : value === quantityValue(other);
}

const clamp = (power: number): number => Math.max(-furthest, Math.min(furthest, power));

/** value × 10^power, rounded up. */
function scaled(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}
