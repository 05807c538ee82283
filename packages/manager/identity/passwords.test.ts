import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkPassword, hashPassword, NO_PASSWORD } from './passwords.ts';

describe('a hash', () => {
  it('matches its password alone, and is another one each time', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await checkPassword(one, 'correct horse')).toEqual({ matches: true, outdated: false });
    expect(await checkPassword(one, 'Correct horse')).toEqual({ matches: false, outdated: false });
    expect(await checkPassword(one, '')).toEqual({ matches: false, outdated: false });
  });

  it('is the one of RFC 7914', async () => {
    const salt = Buffer.from('SodiumChloride');
    const key = scryptSync('pleaseletmein', salt, 64, { N: 16_384, r: 8, p: 1 });
    expect(key.toString('hex').startsWith('7023bdcb3afd7348461c06cd81fd38eb')).toBe(true);
    const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const kept = `$scrypt$ln=14,r=8,p=1$${text(salt)}$${text(key)}`;
    expect(await checkPassword(kept, 'pleaseletmein')).toEqual({ matches: true, outdated: true });
  });

  it('is of the characters, not of how they were typed', async () => {
    const kept = await hashPassword('Gr\u00fc\u00dfe aus K\u00f6ln');
    expect((await checkPassword(kept, 'Gru\u0308\u00dfe aus Ko\u0308ln')).matches).toBe(true);
  });

  it('that is none of ours is a mistake in the program', async () => {
    await expect(checkPassword('plain text', 'plain text')).rejects.toThrow('none of ours');
  });

  it('of no password matches none', async () => {
    expect(await checkPassword(NO_PASSWORD, '')).toEqual({ matches: false, outdated: false });
  });
});

describe('many at once', () => {
  it('wait for one another, and the last are told to come back', async () => {
    const kept = `$scrypt$ln=10,r=8,p=1$${Buffer.alloc(16).toString('base64').replace(/=+$/, '')}$${Buffer.alloc(32).toString('base64').replace(/=+$/, '')}`;
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => checkPassword(kept, 'x')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(6);
    expect(refused[0]?.reason).toMatchObject({ code: 'KN-503' });
    // The places are free again.
    expect(await checkPassword(kept, 'x')).toEqual({ matches: false, outdated: true });
  });
});
