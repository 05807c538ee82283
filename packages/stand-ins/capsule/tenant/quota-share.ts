/**
 * A quota of a whole tenant, as Capsule makes it of quotas of namespaces: each namespace may use what it uses and what is
 * left of the whole; when nothing is left, what it uses. Pure.
 */

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
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

export type Hard = Record<string, string>;

/** @param used of all namespaces of the tenant, this one included */
export function shareOf(hard: Hard, used: readonly Hard[], own: Hard): Hard {
  return Object.fromEntries(
    Object.entries(hard).map(([name, text]) => {
      const limit = thousandths(text);
      const all = used.reduce((total, one) => total + thousandths(one[name]), 0);
      const mine = thousandths(own[name]);
      // What nobody uses is told as it was given, and not in another unit.
      if (all === 0 && limit > 0) return [name, text];
      return [name, quantity(all >= limit ? mine : limit - all + mine, text)];
    }),
  );
}

/** How much all of them use, by what is limited. */
export function usageOf(hard: Hard, used: readonly Hard[]): Hard {
  return Object.fromEntries(
    Object.entries(hard).map(([name, text]) => [
      name,
      quantity(
        used.reduce((total, one) => total + thousandths(one[name]), 0),
        text,
      ),
    ]),
  );
}

/** Whether two quotas limit the same, however they are written. */
export function sameHard(a: Hard, b: Hard): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => b[name] !== undefined && thousandths(a[name]) === thousandths(b[name]));
}

/** In thousandths, the finest that is limited; sizes up to 8 PiB are exact. */
function thousandths(text: string | undefined): number {
  const [, digits = '0', unit = ''] = /^([\d.]+)(\D*)$/.exec(text ?? '0') ?? [];
  return Math.round(Number(digits) * (UNITS[unit] ?? 1) * 1000);
}

/** Written with the unit of another where it is a whole number of it. */
function quantity(value: number, like: string): string {
  const unit = /\D*$/.exec(like)?.[0] ?? '';
  const scaled = value / ((UNITS[unit] ?? 1) * 1000);
  if (Number.isInteger(scaled)) return `${scaled}${scaled === 0 ? '' : unit}`;
  return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
}
