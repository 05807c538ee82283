import { describe, expect, it } from 'vitest';
import { nextTime } from './cron-schedule.ts';

const next = (schedule: string, after: string) => {
  const time = nextTime(schedule, Date.parse(after));
  return time === undefined ? 'never' : new Date(time).toISOString().replace(':00.000Z', 'Z');
};

describe('a schedule', () => {
  it.each([
    ['* * * * *', '2026-03-01T10:00:30Z', '2026-03-01T10:01Z', 'each minute'],
    ['*/15 * * * *', '2026-03-01T10:45:00Z', '2026-03-01T11:00Z', 'strictly after'],
    ['5,35 2-4 * * *', '2026-03-01T03:36:00Z', '2026-03-01T04:05Z', 'lists and ranges'],
    ['0 10-20/5 * * *', '2026-03-01T10:30:00Z', '2026-03-01T15:00Z', 'a step in a range'],
    ['0 5/10 * * *', '2026-03-01T06:00:00Z', '2026-03-01T15:00Z', 'a step from a start'],
    ['0 0 * feb SUN', '2026-03-01T00:00:00Z', '2027-02-07T00:00Z', 'names in any case'],
    ['0 0 13 * 5', '2026-03-01T00:00:00Z', '2026-03-06T00:00Z', 'either of day and weekday when both are given'],
    ['0 0 31 * *', '2026-04-01T00:00:00Z', '2026-05-31T00:00Z', 'months that are too short are left out'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00Z', 'leap years'],
    ['@weekly', '2026-03-02T00:00:00Z', '2026-03-08T00:00Z', 'macros'],
    ['0 0 30 2 *', '2026-01-01T00:00:00Z', 'never', 'a day that does not exist'],
  ])('%s after %s is %s: %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it.each(['', '* * * *', '60 * * * *', '* * 0 * *', '*/0 * * * *', '5-2 * * * *', 'x * * * *', '@every 5m'])(
    'refuses %j',
    (schedule) => {
      expect(() => nextTime(schedule, 0)).toThrow(RangeError);
    },
  );
});
