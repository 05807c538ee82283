import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appNamespace,
  clusterAudience,
  devsGroup,
  isDnsLabel,
  isUuid,
  MAX_NAME_LENGTH,
  nameProblem,
  sandboxName,
  sandboxNamespace,
  shortHash,
  viewersGroup,
} from './names.ts';

const name = fc
  .stringMatching(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/)
  .filter((text) => text.length <= MAX_NAME_LENGTH && !isUuid(text));
const triple = fc.record({ tenant: name, project: name, app: name });

describe('appNamespace', () => {
  it('is the readable form while that fits', () => {
    expect(appNamespace({ tenant: 'acme', project: 'shop', app: 'frontend' })).toBe('tn-acme-shop-app-frontend');
  });

  it('keeps the head and ends in a hash of the full name when it would be too long', () => {
    const names = { tenant: 'a'.repeat(40), project: 'b'.repeat(40), app: 'c'.repeat(40) };
    const full = `tn-${names.tenant}-${names.project}-app-${names.app}`;
    expect(appNamespace(names)).toBe(`${full.slice(0, 54)}-${shortHash(full)}`);
  });

  it('is a DNS-1123 label of at most 63 characters, whatever the names', () => {
    fc.assert(fc.property(triple, (names) => isDnsLabel(appNamespace(names))));
  });

  it('is a function of the names alone', () => {
    fc.assert(fc.property(triple, (names) => appNamespace(names) === appNamespace({ ...names })));
  });

  it('collides only where joining by hyphens does', () => {
    fc.assert(
      fc.property(triple, triple, (a, b) => {
        const same = appNamespace(a) === appNamespace(b);
        const joined = (names: typeof a) => `${names.tenant}-${names.project}-app-${names.app}`;
        return same === (joined(a) === joined(b));
      }),
    );
    expect(appNamespace({ tenant: 'a-b', project: 'c', app: 'x' })).toBe(
      appNamespace({ tenant: 'a', project: 'b-c', app: 'x' }),
    );
  });

  it('is shortened exactly when the readable form has more than 63 characters', () => {
    fc.assert(
      fc.property(triple, (names) => {
        const full = `tn-${names.tenant}-${names.project}-app-${names.app}`;
        const actual = appNamespace(names);
        return full.length <= 63 ? actual === full : actual.endsWith(`-${shortHash(full)}`) && actual.length <= 63;
      }),
    );
  });
});

describe('sandboxNamespace', () => {
  it('pads the number to three digits', () => {
    expect(sandboxNamespace({ tenant: 'acme', project: 'shop', number: 1 })).toBe('tn-acme-shop-sbx-001');
    expect(sandboxName(999)).toBe('sbx-999');
    expect(sandboxName(1_000)).toBe('sbx-1000');
  });

  it('is a DNS-1123 label and differs by number, however long the names', () => {
    const number = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(name, name, number, number, (tenant, project, a, b) => {
        const left = sandboxNamespace({ tenant, project, number: a });
        const right = sandboxNamespace({ tenant, project, number: b });
        return isDnsLabel(left) && (left === right) === (a === b);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 1_000_000])('refuses the number %s', (number) => {
    expect(() => sandboxName(number)).toThrow(RangeError);
  });
});

describe('groups', () => {
  it('differ between tenants and between roles, whatever the names', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const distinct = (devsGroup(a) === devsGroup(b)) === (a === b);
        return distinct && devsGroup(a) !== viewersGroup(b);
      }),
    );
  });
});

describe('nameProblem', () => {
  it.each(['a', '0', 'a-b', 'x'.repeat(40)])('takes %s', (text) => {
    expect(nameProblem(text)).toBeUndefined();
  });

  it.each(['', 'A', '-a', 'a-', 'a_b', 'a.b', 'x'.repeat(41), 'ä', 'a b', '0b1f6f0e-27a5-4a7b-9d1c-2f6f7a1b2c3d'])(
    'refuses «%s»',
    (text) => {
      expect(nameProblem(text)).toMatch(/\.$/);
    },
  );

  it('takes what the contract takes and nothing else', () => {
    const contract = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ maxLength: 45 })), (text) => {
        const good = contract.test(text) && text.length >= 1 && text.length <= 40 && !isUuid(text);
        return (nameProblem(text) === undefined) === good;
      }),
    );
  });
});

it('gives every cluster an audience of its own', () => {
  expect(clusterAudience('zone-a')).toBe('kubenova:zone-a');
});
