import { describe, expect, it } from 'vitest';
import { ageOf, humanDuration } from './human-duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a duration', () => {
  it.each([
    ['a clock that is far ahead', -2 * SECOND, '<invalid>'],
    ['a clock that is a little ahead', -1 * SECOND, '0s'],
    ['the blink of an eye', 999, '0s'],
    ['seconds up to two minutes', 119 * SECOND, '119s'],
    ['whole minutes', 2 * MINUTE, '2m'],
    ['minutes and seconds below ten minutes', 3 * MINUTE + 4 * SECOND, '3m4s'],
    ['minutes only from ten on', 10 * MINUTE + 5 * SECOND, '10m'],
    ['minutes up to three hours', 179 * MINUTE, '179m'],
    ['whole hours', 3 * HOUR, '3h'],
    ['hours and minutes below eight hours', 7 * HOUR + 59 * MINUTE, '7h59m'],
    ['hours up to two days', 47 * HOUR + 59 * MINUTE, '47h'],
    ['days and hours below eight days', 2 * DAY + HOUR, '2d1h'],
    ['whole days', 7 * DAY, '7d'],
    ['days up to two years', 729 * DAY, '729d'],
    ['years and days below eight years', 731 * DAY, '2y1d'],
    ['whole years', 8 * 365 * DAY + DAY, '8y'],
  ])('of %s', (_why, ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe('an age', () => {
  it('counts from the time given', () => {
    expect(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T01:00:00Z'))).toBe('60m');
  });

  it.each([[undefined], [null], ['']])('of %s is unknown', (time) => {
    expect(ageOf(time, 0)).toBe('<unknown>');
  });
});
