import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandFailure } from '../output/failure.ts';
import { type CredentialRequest, credentialFor, execCredential } from './credential.ts';
import { openTokenCache, type TokenCache } from './token-cache.ts';

/** What the Manager answers next, and what it was asked. */
let answer: { status: number; body: object };
let asked: { path: string; authorization: string; body: Record<string, unknown> }[];
let manager: Server;
let managerUrl: string;
let folder: string;
let cache: TokenCache;
let now: Date;

beforeAll(async () => {
  manager = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => manager.listen(0, '127.0.0.1', resolve));
  managerUrl = `http://127.0.0.1:${(manager.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => manager.close(resolve)));

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kubenova-cache-')), 'tokens');
  cache = openTokenCache(folder);
  now = new Date('2026-03-01T12:00:00Z');
  asked = [];
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const give = (token: string, seconds = 900) => {
  answer = { status: 200, body: { token, expiresAt: inSeconds(seconds) } };
};
const request: CredentialRequest = { tenant: 'acme', cluster: 'north' };
const ask = (change: Partial<CredentialRequest> & { bearer?: string; url?: string } = {}) => {
  const { bearer = 'kn_first', url = managerUrl, ...more } = change;
  const session = { managerUrl: url, bearer: async () => bearer };
  return credentialFor({ ...request, ...more }, { session, cache, now: () => now });
};
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('the token that kubectl gets', () => {
  it('is asked of the Manager, as whoever is signed in', async () => {
    give('one');
    expect(await ask({ project: 'shop', role: 'readOnly' })).toMatchObject({ token: 'one' });
    expect(asked).toEqual([
      {
        path: '/api/v1/tenants/acme/kubernetes-token',
        authorization: 'Bearer kn_first',
        body: { cluster: 'north', project: 'shop', role: 'readOnly', ttlSeconds: 900 },
      },
    ]);
  });

  it('is used until shortly before it ends, and then renewed', async () => {
    give('one');
    await ask();
    later(869);
    expect(await ask()).toMatchObject({ token: 'one' });
    expect(asked).toHaveLength(1);
    later(1);
    give('two');
    expect(await ask()).toMatchObject({ token: 'two' });
  });

  it('is another for each cluster, tenant, project, role, Manager and person', async () => {
    give('one');
    const different: Parameters<typeof ask>[0][] = [
      {},
      { cluster: 'south' },
      { tenant: 'globex' },
      { project: 'shop' },
      { role: 'readOnly' },
      { url: managerUrl.replace('127.0.0.1', 'localhost') },
      { bearer: 'kn_second' },
    ];
    for (const change of different) await ask(change);
    expect(asked).toHaveLength(different.length);
  });

  it('is the same for one person, whose ID token changes', async () => {
    give('one');
    await ask({ bearer: jwt({ iss: 'https://i', sub: 'ann', jti: 1 }) });
    await ask({ bearer: jwt({ iss: 'https://i', sub: 'ann', jti: 2 }) });
    expect(asked).toHaveLength(1);
    await ask({ bearer: jwt({ iss: 'https://i', sub: 'bob', jti: 3 }) });
    expect(asked).toHaveLength(2);
  });

  it('is handed out to its very end while the Manager is away', async () => {
    give('one');
    await ask();
    later(880);
    answer = { status: 503, body: { detail: 'This Manager is stopping.' } };
    expect(await ask()).toMatchObject({ token: 'one' });
    later(20);
    await expect(ask()).rejects.toThrow('This Manager is stopping.');
  });

  it.each([
    [401, /revoked\. Sign in: kubenova login --server http/],
    [403, /revoked\. What you may use: kubenova kubeconfig/],
    [404, /revoked\. What you may use: kubenova kubeconfig/],
    [422, /revoked\./],
  ])('is forgotten when the Manager answers %s', async (status, message) => {
    give('one');
    await ask();
    later(880);
    answer = { status, body: { detail: 'It was revoked.' } };
    const refusal = ask();
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toBeInstanceOf(CommandFailure);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when nobody answers', async () => {
    await expect(ask({ url: 'http://127.0.0.1:9' })).rejects.toThrow(/127\.0\.0\.1:9 cannot be reached/);
  });

  it('is told to kubectl to end a little early', () => {
    const told = (seconds: number) =>
      JSON.parse(execCredential({ token: 'one', expiresAt: inSeconds(seconds) }, now)).status.expirationTimestamp;
    expect(told(900)).toBe('2026-03-01T12:14:50Z');
    expect(told(10)).toBe('2026-03-01T12:00:05Z');
    expect(told(-10)).toBe('2026-03-01T11:59:50Z');
  });
});

describe('the cache', () => {
  it('can be read by its owner alone', async () => {
    give('one');
    await ask();
    const [file = ''] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('clears away what has ended, and never holds more than a hundred', async () => {
    give('brief', 60);
    for (let cluster = 0; cluster < 3; cluster += 1) await ask({ cluster: `brief-${cluster}` });
    later(60);
    for (let cluster = 0; cluster < 120; cluster += 1) {
      give('long', 900 + cluster);
      await ask({ cluster: `c${cluster}` });
    }
    expect(readdirSync(folder)).toHaveLength(100);
    // The newest are kept.
    const before = asked.length;
    await ask({ cluster: 'c119' });
    expect(asked).toHaveLength(before);
  });
});
