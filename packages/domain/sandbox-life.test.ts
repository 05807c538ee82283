import { describe, expect, it } from 'vitest';
import { lifeStage, warningMs } from './sandbox-life.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const life = (ms: number) => ({ createdAt: new Date(0), expiresAt: new Date(ms) });

describe('how long before its end a sandbox is warned of', () => {
  it.each([
    ['the shortest life that may be asked for: all of it', 5 * MINUTE, 5 * MINUTE],
    ['half an hour: a tenth would be too short to act in', HOUR / 2, 5 * MINUTE],
    ['a day: a tenth', DAY, 2.4 * HOUR],
    ['ten days: a tenth is a day', 10 * DAY, DAY],
    ['a year: a day, and not a month', 365 * DAY, DAY],
  ])('%s', (_reason, lifetime, expected) => {
    expect(warningMs(life(lifetime))).toBe(expected);
  });
});

describe('where a sandbox stands', () => {
  it.each([
    ['at its beginning', DAY, { stage: 'living', leftMs: 21.6 * HOUR }],
    ['a moment before the warning', 2.4 * HOUR + 1, { stage: 'living', leftMs: 1 }],
    ['when the warning begins', 2.4 * HOUR, { stage: 'expiring', leftMs: 2.4 * HOUR }],
    ['in its last millisecond', 1, { stage: 'expiring', leftMs: 1 }],
    ['at its end', 0, { stage: 'expired' }],
    ['long after', -DAY, { stage: 'expired' }],
  ])('%s', (_reason, remaining, expected) => {
    expect(lifeStage(life(DAY), remaining)).toEqual(expected);
  });
});
