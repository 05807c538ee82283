import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuantity, compareQuantities, parseQuantity } from './quantity.ts';

/** As a real API server 1.37.2 gave them back. */
test.each([
  ['0.5', '500m'],
  ['1.5Gi', '1536Mi'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1000', '1k'],
  ['1e3', '1e3'],
  ['0', '0'],
  ['-1', '-1'],
  ['1500', '1500'],
  ['0.5Gi', '512Mi'],
  ['2048', '2048'],
  ['100Ki', '100Ki'],
  ['1000Ki', '1000Ki'],
  ['0.1Ki', '102400m'],
])('%s is %s', (given, canonical) => expect(canonicalQuantity(given)).toBe(canonical));

test.each(['', 'abc', '1.2.3', '1 Gi', '1GiB', '-', true, null, {}])('%j is none', (given) => {
  expect(canonicalQuantity(given)).toBeUndefined();
});

test('the canonical form is the same amount, and its own canonical form', () => {
  const units = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e3');
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), units, (number, unit) => {
      const canonical = canonicalQuantity(`${number}${unit}`);
      expect(parseQuantity(canonical)?.nanos).toBe(parseQuantity(`${number}${unit}`)?.nanos);
      expect(canonicalQuantity(canonical)).toBe(canonical);
      expect(compareQuantities(canonical, `${number}${unit}`)).toBe(0);
    }),
  );
});
