import { describe, expect, it } from 'vitest';
import { nextLookMs, nextResolveMs } from './cadence.ts';

describe('nextLookMs', () => {
  it.each([
    ['Running', 0, 30_000],
    ['Deploying', 0, 500],
    ['Deploying', 10_000, 1_000],
    ['Deploying', 100_000, 2_000],
    ['Deploying', 600_000, 10_000],
    ['Degraded', 1_000, 550],
    ['Failed', 0, 10_000],
  ] as const)('%s for %i ms: %i ms', (phase, since, expected) => {
    expect(nextLookMs(phase, since, 0.5)).toBe(expected);
  });
});

describe('nextResolveMs', () => {
  it('backs off for a network, waits for a publisher, and leaves alone what cannot change', () => {
    expect([1, 2, 3, 20].map((attempts) => nextResolveMs('soon', attempts))).toEqual([1_000, 2_000, 4_000, 60_000]);
    expect(nextResolveMs('later', 1)).toBe(120_000);
    expect(nextResolveMs('never', 1)).toBeUndefined();
  });
});
