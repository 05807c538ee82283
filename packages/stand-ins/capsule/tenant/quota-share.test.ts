import { describe, expect, it } from 'vitest';
import { sameHard, shareOf, usageOf } from './quota-share.ts';

describe("a namespace's share of a tenant's quota", () => {
  it.each([
    ['all of it while nobody uses any', { pods: '3', memory: '2Gi' }, [{}, {}], {}, { pods: '3', memory: '2Gi' }],
    ['what it uses and what is left', { pods: '10' }, [{ pods: '1' }, { pods: '2' }], { pods: '2' }, { pods: '9' }],
    ['what it uses when nothing is left', { pods: '3' }, [{ pods: '1' }, { pods: '2' }], { pods: '1' }, { pods: '1' }],
    ['nothing when others use it all', { pods: '2' }, [{ pods: '2' }, {}], {}, { pods: '0' }],
    ['in the unit of the quota', { memory: '2Gi' }, [{ memory: '512Mi' }, { memory: '512Mi' }], {}, { memory: '1Gi' }],
    ['in a finer one where it must', { memory: '2Gi' }, [{ memory: '512Mi' }], {}, { memory: '1536Mi' }],
    ['in thousandths', { cpu: '2' }, [{ cpu: '500m' }], {}, { cpu: '1500m' }],
    ['of fractions', { cpu: '1.5' }, [{ cpu: '500m' }], {}, { cpu: '1' }],
  ])('is %s', (_what, hard, used, own, expected) => {
    expect(shareOf(hard as never, used as never, own as never)).toEqual(expected);
  });

  it('is told with what all of them use', () => {
    expect(usageOf({ pods: '10', cpu: '2' }, [{ pods: '1', cpu: '250m' }, { pods: '2' }, {}])).toEqual({
      pods: '3',
      cpu: '250m',
    });
  });

  it('is the same however it is written, and not when a name is missing', () => {
    expect(sameHard({ cpu: '1' }, { cpu: '1000m' })).toBe(true);
    expect(sameHard({ memory: '1Gi' }, { memory: '1G' })).toBe(false);
    expect(sameHard({ cpu: '1' }, { cpu: '1', pods: '2' })).toBe(false);
    expect(sameHard({ cpu: '0' }, { pods: '0' })).toBe(false);
  });
});
