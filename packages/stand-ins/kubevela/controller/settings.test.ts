import { describe, expect, it } from 'vitest';
import { flagsOf } from '../../flags.ts';
import { DEFAULT_SETTINGS, parseDuration, settingsFrom } from './settings.ts';

describe('settings', () => {
  it('are read from the flags of the true program, and those without meaning here are passed over', () => {
    const flags = flagsOf([
      '--kubeconfig',
      'file',
      '--use-webhook=false',
      '--application-re-sync-period=20s',
      '--application-revision-limit',
      '3',
      '--enable-leader-election',
    ]);
    expect(flags.get('kubeconfig')).toBe('file');
    expect(flags.get('enable-leader-election')).toBe('true');
    expect(settingsFrom(flags)).toEqual({ ...DEFAULT_SETTINGS, resyncMs: 20_000, revisionLimit: 3 });
  });

  it.each([
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['7', 7000],
  ])('take %s for %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 'soon', '5 m', '-5s'])('refuse %j as a duration', (text) => {
    expect(() => parseDuration(text)).toThrow('not a duration');
  });

  it('refuse a count that is none', () => {
    expect(() => settingsFrom(new Map([['application-revision-limit', 'many']]))).toThrow('whole number');
  });
});
