const written = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const nano = 1_000_000_000n;

/**
 * Brings a quantity into the form in which kube-apiserver stores it in built-in kinds: the same family of suffixes, no
 * fraction, the largest suffix that needs none (`0.5` → `500m`, `1024Mi` → `1Gi`, `1.5Gi` → `1536Mi`).
 * @returns the value itself when it is no quantity
 */
export function canonicalQuantity(value: unknown): unknown {
  const match = written.exec(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '');
  if (!match) return value;
  const [, sign = '', digits = '', suffix = ''] = match;
  const nanos = scaled(digits, suffix);
  if (nanos === undefined) return value;
  const minus = sign === '-' && nanos !== 0n ? '-' : '';
  if (/^[eE]/.test(suffix)) return minus + withExponent(nanos);
  const isBinary = suffix.endsWith('i') && nanos % nano === 0n && nanos / nano >= 1024n;
  return minus + (isBinary ? withBinarySuffix(nanos / nano) : withDecimalSuffix(nanos));
}

/** In units of 10⁻⁹, the finest a quantity can be; what is finer is rounded up. */
function scaled(digits: string, suffix: string): bigint | undefined {
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(`${whole}${fraction}` || '0');
  if (suffix.endsWith('i'))
    return divideUp(mantissa * 1024n ** BigInt(binary.indexOf(suffix)) * nano, 10n ** BigInt(fraction.length));
  const power = /^[eE]/.test(suffix) && suffix.length > 1 ? Number(suffix.slice(1)) : (decimal.indexOf(suffix) - 3) * 3;
  const exponent = power + 9 - fraction.length;
  if (Math.abs(exponent) > 60) return undefined;
  return exponent >= 0 ? mantissa * 10n ** BigInt(exponent) : divideUp(mantissa, 10n ** BigInt(-exponent));
}

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** How many times `value` can be divided by `base` without a rest, at most `most` times. */
function divisions(value: bigint, base: bigint, most: number): { rest: bigint; times: number } {
  let rest = value;
  let times = 0;
  while (times < most && rest !== 0n && rest % base === 0n) {
    rest /= base;
    times++;
  }
  return { rest, times };
}

function withDecimalSuffix(nanos: bigint): string {
  if (nanos === 0n) return '0';
  const { rest, times } = divisions(nanos, 1000n, decimal.length - 1);
  return `${rest}${decimal[times] ?? ''}`;
}

function withBinarySuffix(units: bigint): string {
  const { rest, times } = divisions(units, 1024n, binary.length - 1);
  return `${rest}${binary[times] ?? ''}`;
}

function withExponent(nanos: bigint): string {
  if (nanos === 0n) return '0';
  const { rest, times } = divisions(nanos, 1000n, 12);
  const exponent = (times - 3) * 3;
  return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
}
