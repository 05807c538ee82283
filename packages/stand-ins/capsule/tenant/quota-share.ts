/**
 * A quota of a whole tenant, as Capsule makes it of quotas of namespaces: each namespace may use what it uses and what is
 * left of the whole; when nothing is left, what it uses. Pure.
 */
import { compareQuantities, formatQuantity, parseQuantity } from '@kubenova/kube-model/schema/quantity.ts';

export type Hard = Record<string, string>;

/** @param used of all namespaces of the tenant, this one included */
export function shareOf(hard: Hard, used: readonly Hard[], own: Hard): Hard {
  return Object.fromEntries(
    Object.entries(hard).map(([name, text]) => {
      const limit = nanos(text);
      const all = sum(used, name);
      const mine = nanos(own[name]);
      // What nobody uses is told as it was given, and not in another unit.
      if (all === 0n && limit > 0n) return [name, text];
      return [name, quantity(all >= limit ? mine : limit - all + mine, text)];
    }),
  );
}

/** How much all of them use, by what is limited. */
export function usageOf(hard: Hard, used: readonly Hard[]): Hard {
  return Object.fromEntries(Object.entries(hard).map(([name, text]) => [name, quantity(sum(used, name), text)]));
}

/** Whether two quotas limit the same, however they are written. */
export function sameHard(a: Hard, b: Hard): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => b[name] !== undefined && compareQuantities(a[name], b[name]) === 0);
}

const nanos = (text: string | undefined): bigint => parseQuantity(text)?.nanos ?? 0n;

const sum = (used: readonly Hard[], name: string): bigint => used.reduce((all, one) => all + nanos(one[name]), 0n);

/** In the kind of units of another, as Go's arithmetic keeps it. */
function quantity(value: bigint, like: string): string {
  return formatQuantity({ nanos: value, family: parseQuantity(like)?.family ?? 'decimal' });
}
