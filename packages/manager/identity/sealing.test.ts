import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterContext, createSealer, loadKeyring, parseKeyring, readSecretFile } from './sealing.ts';
import { loadAdminToken } from './tokens.ts';

const key = (byte: number) => Buffer.alloc(32, byte);
const text = 'a kubeconfig with a müßig token';
const context = clusterContext('00000000-0000-4000-8000-000000000001');
const sealer = createSealer({ keys: new Map([[1, key(1)]]), current: 1 });

describe('a sealed text', () => {
  it('opens where it was sealed', () => {
    expect(sealer.unseal(sealer.seal(text, context), context)).toBe(text);
    expect(sealer.unseal(sealer.seal('', context), context)).toBe('');
  });

  it('is another one each time, and shows nothing of the text', () => {
    const [a, b] = [sealer.seal(text, context), sealer.seal(text, context)];
    expect(a.equals(b)).toBe(false);
    expect(a.includes(Buffer.from('kubeconfig'))).toBe(false);
  });

  it('does not open for another cluster', () => {
    const other = clusterContext('00000000-0000-4000-8000-000000000002');
    expect(() => sealer.unseal(sealer.seal(text, context), other)).toThrow(
      expect.objectContaining({ code: 'tampered' }),
    );
  });

  it('does not open when any byte was changed', () => {
    const sealed = sealer.seal(text, context);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => sealer.unseal(changed, context), `byte ${index}`).toThrow();
    }
    for (const length of [0, 1, 29, sealed.length - 1]) {
      expect(() => sealer.unseal(sealed.subarray(0, length), context), `${length} bytes`).toThrow();
    }
  });

  it('opens after the key was changed, as long as the old one is there', () => {
    const sealed = sealer.seal(text, context);
    const both = createSealer({
      keys: new Map([
        [1, key(1)],
        [2, key(2)],
      ]),
      current: 2,
    });
    expect(both.unseal(sealed, context)).toBe(text);
    expect(both.isStale(sealed)).toBe(true);
    expect(both.isStale(both.seal(text, context))).toBe(false);
    const next = createSealer({ keys: new Map([[2, key(2)]]), current: 2 });
    expect(() => next.unseal(sealed, context)).toThrow(expect.objectContaining({ code: 'unknown-key' }));
  });
});

describe('the key file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubenova-sealing-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, for its owner alone', () => {
    const path = join(folder, 'sealing.key');
    const made = loadKeyring(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(made.keys.get(made.current)?.length).toBe(32);
    expect(loadKeyring(path)).toEqual(made);
    expect(readdirSync(folder)).toEqual(['sealing.key']);
  });

  it('seals with its last line', () => {
    const lines = [1, 2].map((id) => `${id} ${key(id).toString('base64')}`).join('\n');
    expect(parseKeyring(lines, 'f')).toMatchObject({ current: 2 });
  });

  it.each([
    ['empty', ''],
    ['a short key', '1 AAAA'],
    ['an id that does not fit', `256 ${key(1).toString('base64')}`],
    ['an id twice', `1 ${key(1).toString('base64')}\n1 ${key(2).toString('base64')}`],
    ['no id', key(1).toString('base64')],
  ])('is refused: %s', (_, content) => {
    try {
      parseKeyring(content, '/data/sealing.key');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'key-file' });
      expect(String(error)).toContain('/data/sealing.key');
      if (content !== '') expect(String(error)).not.toContain(key(1).toString('base64'));
    }
  });

  it('is refused when others can read it', () => {
    const path = join(folder, 'sealing.key');
    loadKeyring(path);
    chmodSync(path, 0o640);
    expect(() => loadKeyring(path)).toThrow(`chmod 600 ${path}`);
  });

  it('is one and the same for two that start at once', () => {
    const path = join(folder, 'secret');
    // The second one comes while the first is still making its own.
    const first = readSecretFile(path, () => {
      writeFileSync(path, 'from the other', { mode: 0o600 });
      return 'mine';
    });
    expect(first).toBe('from the other');
    expect(readdirSync(folder)).toEqual(['secret']);
  });

  it('of the admin token is made once, and must hold a token', () => {
    const path = join(folder, 'admin.token');
    const token = loadAdminToken(path);
    expect(token).toMatch(/^kn_[A-Za-z0-9_-]{43}$/);
    expect(loadAdminToken(path)).toBe(token);
    expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(`${token}\n`);
    writeFileSync(path, 'admin');
    expect(() => loadAdminToken(path)).toThrow('holds no token');
  });
});

describe('keys for other purposes', () => {
  const purposes = (keys: [number, Buffer][], current: number) => createSealer({ keys: new Map(keys), current });

  it('are the same wherever the file is, and another one for each purpose', () => {
    const [one] = sealer.deriveKeys('cookies');
    expect(one).toHaveLength(32);
    expect(purposes([[9, key(1)]], 9).deriveKeys('cookies')).toEqual([one]);
    expect(sealer.deriveKeys('forms')).not.toEqual([one]);
    expect(one).not.toEqual(key(1));
  });

  it('of older keys go on for what is out there, the current one first', () => {
    const rotated = purposes(
      [
        [1, key(1)],
        [2, key(2)],
      ],
      2,
    );
    expect(rotated.deriveKeys('cookies')).toEqual([
      ...purposes([[2, key(2)]], 2).deriveKeys('cookies'),
      ...sealer.deriveKeys('cookies'),
    ]);
  });
});
