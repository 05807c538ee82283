import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { type Limits, runLimited } from './subprocess.ts';

const LIMITS: Limits = {
  timeoutMs: 10_000,
  stdoutBytes: 10_000,
  stderrBytes: 100,
  memoryBytes: 1e9,
  cpuSeconds: 10,
  fileBytes: 1_000,
};

const sh = (script: string, limits: Partial<Limits> = {}, cwd = '/', signal?: AbortSignal) =>
  runLimited('/bin/sh', ['-c', script], {
    cwd,
    environment: { PATH: '/usr/bin:/bin' },
    limits: { ...LIMITS, ...limits },
    signal,
  });

describe('runLimited', () => {
  it('hands back what the program said, and nothing of our environment', async () => {
    process.env.KUBENOVA_TEST_CANARY = 'canary';
    const outcome = await sh('env; echo oops >&2; exit 3');
    delete process.env.KUBENOVA_TEST_CANARY;
    expect(outcome).toMatchObject({ kind: 'ended', code: 3, stderr: 'oops\n' });
    expect(outcome.kind === 'ended' && outcome.stdout.toString()).not.toContain('canary');
  });

  it('ends a program that takes too long, and what it started', async () => {
    await using folder = await temporaryFolder();
    const pid = path.join(folder.path, 'pid');
    expect(await sh(`sleep 60 & echo $! > ${pid}; wait`, { timeoutMs: 300 })).toEqual({ kind: 'timed-out' });
    const child = Number(readFileSync(pid, 'utf8'));
    await expect.poll(() => alive(child)).toBe(false);
  });

  it('ends a program that prints too much, and cuts what goes to stderr', async () => {
    expect(await sh('yes')).toEqual({ kind: 'too-much-output' });
    const outcome = await sh('yes x | head -c 1000 >&2');
    expect(outcome.kind === 'ended' && outcome.stderr.length).toBe(100);
  });

  it('bounds memory, processor time and files', async () => {
    await using folder = await temporaryFolder();
    expect(await sh('while :; do :; done', { cpuSeconds: 1 })).toMatchObject({ kind: 'killed' });
    expect(await sh('head -c 100000000 /dev/zero | tail', { memoryBytes: 50_000_000, stdoutBytes: 1e9 })).toMatchObject(
      { kind: 'ended', stderr: expect.stringMatching(/memory|exhausted/i) },
    );
    await sh('head -c 5000 /dev/zero > big', {}, folder.path);
    expect(readFileSync(path.join(folder.path, 'big')).length).toBe(1_000);
  });

  it('ends when the caller gives up', async () => {
    const controller = new AbortController();
    const running = sh('sleep 60', {}, '/', controller.signal);
    await wait(20);
    controller.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });

  it('says that a program is not there', async () => {
    expect(await runLimited('/nonexistent/helm', [], { cwd: '/', environment: {}, limits: LIMITS })).toMatchObject({
      kind: 'not-started',
    });
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
