/** What the flags of vela-core set. Names and defaults are the true program's, so that one list of flags starts either. */

export interface Settings {
  /** `--application-re-sync-period`, in Go's notation (`5m`, `20s`): how often health and drift are looked at again. */
  resyncMs: number;
  /** `--application-revision-limit`: revisions kept besides the one in use. */
  revisionLimit: number;
  /** `--concurrent-reconciles` */
  concurrency: number;
  /** `--max-workflow-wait-backoff-time`, seconds: longest pause between looks at something that is not healthy yet. */
  waitBackoffSeconds: number;
  /** `--max-workflow-failed-backoff-time`, seconds */
  failedBackoffSeconds: number;
  /** `--max-workflow-step-error-retry-times`: errors after which the workflow is given up. */
  stepErrorLimit: number;
  /** Not a flag: a world of very many Applications may do without their events. */
  recordEvents: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
  resyncMs: 300_000,
  revisionLimit: 5,
  concurrency: 4,
  waitBackoffSeconds: 5,
  failedBackoffSeconds: 300,
  stepErrorLimit: 10,
  recordEvents: true,
};

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `1m30s`; a bare number counts as seconds. */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) throw new Error(`not a duration: ${text}`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

function count(flags: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const given = flags.get(name);
  if (given === undefined) return fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${given}`);
  return value;
}

/** Unknown flags are ignored, as the true program does. */
export function settingsFrom(flags: ReadonlyMap<string, string>): Settings {
  const resync = flags.get('application-re-sync-period');
  return {
    resyncMs: resync === undefined ? DEFAULT_SETTINGS.resyncMs : parseDuration(resync),
    revisionLimit: count(flags, 'application-revision-limit', DEFAULT_SETTINGS.revisionLimit),
    concurrency: Math.max(1, count(flags, 'concurrent-reconciles', DEFAULT_SETTINGS.concurrency)),
    waitBackoffSeconds: count(flags, 'max-workflow-wait-backoff-time', DEFAULT_SETTINGS.waitBackoffSeconds),
    failedBackoffSeconds: count(flags, 'max-workflow-failed-backoff-time', DEFAULT_SETTINGS.failedBackoffSeconds),
    stepErrorLimit: count(flags, 'max-workflow-step-error-retry-times', DEFAULT_SETTINGS.stepErrorLimit),
    recordEvents: DEFAULT_SETTINGS.recordEvents,
  };
}
