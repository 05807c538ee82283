import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPrograms, type Owner, type Programs, reachablePrograms, unprivilegedUser } from './postgres-programs.ts';

/** Somebody else's account: the one Postgres runs as under root, else one that has no right here but those of all. */
let owner: Owner;
let folder: string;
let hidden: Programs;

beforeAll(async () => {
  owner = (await unprivilegedUser()) ?? { name: 'nobody', uid: 65_534, gid: 65_534 };
  folder = mkdtempSync(join(tmpdir(), 'kubenova-programs-'));
  chmodSync(folder, 0o711);
  const { postgres, initdb } = await findPrograms();
  const packaged = dirname(dirname(postgres));
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  cpSync(packaged, join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
  const moved = (program: string) => join(closed, 'native', relative(packaged, program));
  hidden = { postgres: moved(postgres), initdb: moved(initdb) };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the programs of Postgres', () => {
  it('are copied to where their user can reach them, once', async () => {
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) {
      // Nobody but root can hand files to another account; then the server runs as ourselves and nothing is copied.
      expect(await unprivilegedUser()).toBeUndefined();
      return;
    }
    const programs = await reachablePrograms(hidden, folder, owner);
    expect(programs.postgres).toBe(join(folder, 'postgres-programs', 'bin', 'postgres'));
    const identity = { uid: owner.uid, gid: owner.gid, cwd: '/' };
    expect((await promisify(execFile)(programs.initdb, ['--version'], identity)).stdout).toMatch(
      /^initdb \(PostgreSQL\) 18/,
    );
    await expect(promisify(execFile)(hidden.initdb, ['--version'], identity)).rejects.toThrow('EACCES');
    expect(await reachablePrograms(hidden, folder, owner)).toEqual(programs);
  });

  it('stay where they are when their user can reach them', async () => {
    const open = { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb') };
    mkdirSync(join(folder, 'bin'));
    expect(await reachablePrograms(open, folder, owner)).toBe(open);
  });
});
