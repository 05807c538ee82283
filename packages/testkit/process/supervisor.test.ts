/** Programs under a supervisor: they end when they are told to, when it dies without a word, and never unnoticed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { waitFor } from '../condition.ts';
import { isAlive } from './is-alive.ts';
import { type RunningProgram, Supervisor } from './supervisor.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shell = (script: string) => ({ command: '/bin/sh', arguments: ['-c', script] });

/** The signal is sent at once; a process is gone when somebody has heard of its end. */
function groupGone(pid: number): Promise<true> {
  return waitFor({
    what: `process group ${pid} to be gone`,
    timeoutMs: 10_000,
    look: () => !isAlive(-pid) || undefined,
  });
}

function died(program: RunningProgram): Promise<string> {
  return waitFor({
    what: 'the end to be noticed',
    timeoutMs: 10_000,
    look: () => {
      try {
        program.assertAlive();
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
}

describe('a supervisor', () => {
  it('ends its programs and those that they started, also when they do not listen', async () => {
    const supervisor = new Supervisor(folder);
    const polite = await supervisor.start({ name: 'polite', ...shell('sleep 600 & wait') });
    const deaf = await supervisor.start({
      name: 'deaf',
      graceMs: 50,
      ...shell("trap '' TERM; while :; do sleep 1; done"),
    });
    expect(supervisor.pids).toEqual({ polite: polite.pid, deaf: deaf.pid });
    await expect(supervisor.start({ name: 'deaf', ...shell('true') })).rejects.toThrow('deaf runs already.');
    await supervisor.close(['polite']);
    expect([polite.pid, deaf.pid].filter(isAlive)).toEqual([]);
    await groupGone(polite.pid);
    await expect(supervisor.start({ name: 'late', ...shell('true') })).rejects.toThrow('stopped meanwhile');
  });

  it('shows the last words of a program that ended by itself, until it is started again', async () => {
    const supervisor = new Supervisor(folder);
    const failing = await supervisor.start({ name: 'failing', ...shell('echo no disk >&2; exit 3') });
    expect(await died(failing)).toMatch(/failing ended by itself \(exit 3\)[\s\S]*no disk/);
    expect(() => supervisor.assertAlive()).toThrow('no disk');
    await supervisor.start({ name: 'failing', ...shell('exec sleep 600') });
    supervisor.assertAlive();
    await supervisor.close([]);
  });

  it('says when a command cannot be run', async () => {
    const supervisor = new Supervisor(folder);
    const attempt = supervisor.start({ name: 'absent', command: path.join(folder, 'nowhere'), arguments: [] });
    await expect(attempt).rejects.toThrow(/absent could not be started: .*ENOENT/);
    await supervisor.close([]);
  });

  it('leaves nothing behind when its own process is killed', async () => {
    const script = path.join(folder, 'starter.ts');
    writeFileSync(
      script,
      `import { Supervisor } from ${JSON.stringify(path.join(import.meta.dirname, 'supervisor.ts'))};
const supervisor = new Supervisor(${JSON.stringify(folder)});
const { pid } = await supervisor.start({ name: 'orphan', command: '/bin/sh', arguments: ['-c', 'sleep 600 & wait'] });
process.stdout.write(String(pid));
setInterval(() => undefined, 1000);
`,
    );
    const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = (await once(starter.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    expect(isAlive(-pid)).toBe(true);
    starter.kill('SIGKILL');
    await groupGone(pid);
  });
});
