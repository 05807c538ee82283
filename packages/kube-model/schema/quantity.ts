/**
 * Quantities such as `500m`, `1.5Gi`, `1e3`: exact arithmetic and the canonical form in which the API server answers
 * them. Source: `k8s.io/apimachinery/pkg/api/resource`.
 */
export interface Quantity {
  /** In billionths, rounded up as the API server does. */
  readonly nanos: bigint;
  readonly family: 'binary' | 'decimal' | 'exponent';
}

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const GIGA = 1_000_000_000n;

/** What the API server says of text that is none. */
export const QUANTITY_RULE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** @returns undefined when it is none */
export function parseQuantity(value: unknown): Quantity | undefined {
  const match = typeof value === 'string' || typeof value === 'number' ? SHAPE.exec(String(value)) : null;
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', binary, decimal, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  let numerator = BigInt(whole + fraction) * GIGA;
  let denominator = 10n ** BigInt(fraction.length);
  let power = 0;
  if (binary !== undefined) numerator <<= BigInt(10 * BINARY.indexOf(binary));
  else if (decimal !== undefined) power = 3 * (DECIMAL.indexOf(decimal) - 3);
  else if (exponent !== undefined) power = Number(exponent);
  if (Math.abs(power) > 40) return undefined;
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  const nanos = (numerator + denominator - 1n) / denominator;
  const family = binary !== undefined ? 'binary' : exponent !== undefined ? 'exponent' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, family };
}

/** The canonical form: no fraction, the largest unit that keeps it exact. */
export function formatQuantity({ nanos, family }: Quantity): string {
  if (nanos === 0n) return '0';
  // A fraction of bytes cannot be said in binary units; below 1024 a binary quantity is a decimal one too.
  if (family === 'binary' && nanos % GIGA === 0n && (nanos >= 1024n * GIGA || nanos <= -1024n * GIGA)) {
    let value = nanos / GIGA;
    let unit = 0;
    for (; unit < BINARY.length - 1 && value % 1024n === 0n; unit++) value /= 1024n;
    return `${value}${BINARY[unit]}`;
  }
  let value = nanos;
  let unit = 0;
  for (; unit < DECIMAL.length - 1 && value % 1000n === 0n; unit++) value /= 1000n;
  return family === 'exponent' && unit !== 3 ? `${value}e${3 * (unit - 3)}` : `${value}${DECIMAL[unit]}`;
}

/** Less than, equal to or greater than zero; what is no quantity counts as zero. */
export function compareQuantities(a: unknown, b: unknown): number {
  const difference = (parseQuantity(a)?.nanos ?? 0n) - (parseQuantity(b)?.nanos ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const CANONICAL = /^[1-9]\d{0,2}(m|Ki|Mi|Gi|k|M|G)?$/;

/** @returns undefined when it is none */
export function canonicalQuantity(value: unknown): string | undefined {
  // Nearly all are canonical as they come; numbers below 1000 are so with any unit.
  if (typeof value === 'string' && CANONICAL.test(value)) return value;
  const parsed = parseQuantity(value);
  return parsed && formatQuantity(parsed);
}
