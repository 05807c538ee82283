import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubenova-lock-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('lets one in at a time, and leaves nothing behind', async () => {
  const path = join(folder, 'one');
  let [inside, most] = [0, 0];
  const turns = await Promise.all(
    Array.from({ length: 8 }, (_, turn) =>
      withLock(path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        return turn;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(turns).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(readdirSync(folder)).toEqual([]);
});

it('is given back when the work fails', async () => {
  const path = join(folder, 'two');
  await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(path, async () => 'free')).toBe('free');
});

it('is taken over from a process that died, by one of those who wait', async () => {
  const path = join(folder, 'three');
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  writeFileSync(path, `${child.pid} gone`);
  let inside = 0;
  await Promise.all(
    [1, 2, 3].map(() =>
      withLock(path, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      }),
    ),
  );
  expect(readdirSync(folder)).toEqual([]);
});
