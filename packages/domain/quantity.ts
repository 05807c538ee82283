/** Kubernetes quantities (`500m`, `2`, `4Gi`) as numbers. */

const QUANTITY = /^([+-]?[0-9]*\.?[0-9]*)(m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$/;

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The value of a quantity in its base unit (cores, bytes, pieces), or undefined when it is none. A double is exact
 * enough to compare two; who adds many up rounds the sum (`roundedAmounts`).
 */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const match = QUANTITY.exec(text.trim());
  const digits = match?.[1];
  if (match === null || digits === undefined || !/[0-9]/.test(digits)) return undefined;
  const suffix = match[2] ?? '';
  if (/^[eE]/.test(suffix) && suffix.length > 1 && suffix !== 'Ei') return Number(`${digits}${suffix}`);
  return Number(digits) * (FACTORS[suffix] ?? 1);
}

/** True when both are quantities and mean the same, such as `1` and `1000m`. */
export function sameQuantity(a: string | number, b: string | number): boolean {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  if (left === undefined || right === undefined) return false;
  return left === right || Math.abs(left - right) <= Math.abs(left) * 1e-12;
}
