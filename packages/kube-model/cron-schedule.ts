/**
 * The five fields of a CronJob's schedule: lists, ranges, steps, names, and the `@daily` family; `@every` is not there.
 * Source: `github.com/robfig/cron/v3`, ParseStandard.
 */
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly { min: number; max: number; names?: readonly string[] }[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/**
 * The first time after another at which a schedule is due, in UTC, ms; undefined when there is none within five years.
 * @throws RangeError when the schedule is none
 */
export function nextTime(schedule: string, after: number): number | undefined {
  const texts = (MACROS[schedule] ?? schedule).trim().split(/\s+/);
  if (texts.length !== 5)
    throw new RangeError(`expected exactly 5 fields, found ${texts.length}: [${texts.join(' ')}]`);
  const [minutes = [], hours = [], dates = [], months = [], weekdays = []] = FIELDS.map((field, index) =>
    valuesOf(texts[index] ?? '', field),
  );
  const either = !/^[*?]/.test(texts[2] ?? '') && !/^[*?]/.test(texts[4] ?? '');
  for (let day = Math.floor(after / DAY) * DAY; day < after + 5 * 366 * DAY; day += DAY) {
    const date = new Date(day);
    const inMonth = dates.includes(date.getUTCDate());
    const inWeek = weekdays.includes(date.getUTCDay());
    if (!months.includes(date.getUTCMonth() + 1) || !(either ? inMonth || inWeek : inMonth && inWeek)) continue;
    const times = hours.flatMap((hour) => minutes.map((minute) => day + (hour * 60 + minute) * MINUTE));
    const found = times.find((time) => time > after);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valuesOf(text: string, { min, max, names }: (typeof FIELDS)[number]): number[] {
  const numberOf = (word: string): number => {
    const value = names?.includes(word.toLowerCase()) ? names.indexOf(word.toLowerCase()) + min : Number(word);
    if (!/^\w+$/.test(word) || !Number.isInteger(value)) throw new RangeError(`failed to parse int from ${word}`);
    if (value < min) throw new RangeError(`beginning of range (${value}) below minimum (${min}): ${text}`);
    if (value > max) throw new RangeError(`end of range (${value}) above maximum (${max}): ${text}`);
    return value;
  };
  const values = text.split(',').flatMap((part) => {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!(Number.isInteger(step) && step > 0))
      throw new RangeError(`step of range should be a positive number: ${part}`);
    const [low = '', high] = range.split('-');
    const any = low === '*' || low === '?';
    const from = any ? min : numberOf(low);
    const to = high !== undefined ? numberOf(high) : any || stepText !== undefined ? max : from;
    if (from > to) throw new RangeError(`beginning of range (${from}) beyond end of range (${to}): ${part}`);
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  });
  return values.sort((a, b) => a - b);
}
