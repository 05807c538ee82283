/** The Manager as a whole: starts, serves over TLS too, survives a database that goes away, stops. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { createLogger } from './log.ts';
import { type RunningManager, startManager } from './manager.ts';
import { startPostgres } from './postgres.ts';

let folder: string;
let manager: RunningManager | undefined;
let database: TestDatabase | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubenova-manager-'));
  chmodSync(folder, 0o711);
});
afterEach(async () => {
  await manager?.stop();
  await database?.drop();
  manager = undefined;
  database = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function getOverTls(url: string, ca: string): Promise<{ text: string; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    request(url, { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ text, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

async function start(environment: Record<string, string>): Promise<RunningManager> {
  const config = readConfig({ KUBENOVA_LISTEN: '127.0.0.1:0', KUBENOVA_DATA: folder, ...environment });
  manager = await startManager({ config, logger: createLogger('silent'), version: '1.2.3' });
  return manager;
}

const token = () => readFileSync(join(folder, 'admin.token'), 'utf8').trim();
const get = (path: string) => fetch(`${manager?.url}${path}`, { headers: { authorization: `Bearer ${token()}` } });

it('answers a create on an embedded Postgres, and finds it again after a restart', async () => {
  const first = await start({});
  const made = await fetch(`${first.url}/api/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'acme' }),
  });
  expect(made.status).toBe(201);
  const keys = await (await fetch(`${first.url}/oidc/jwks`)).json();
  await first.stop();
  await start({});
  expect(await (await get('/api/v1/tenants/acme')).json()).toMatchObject({ name: 'acme' });
  expect(await (await get('/oidc/jwks')).json()).toEqual(keys);
});

it('serves the issuer over TLS beside the rest', async () => {
  const authority = await createAuthority('test CA');
  const pair = await authority.issue({ commonName: 'localhost', ips: ['127.0.0.1'] });
  const [cert, key] = [join(folder, 'cert'), join(folder, 'key')];
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key);
  const { port } = await choosePorts(['port'], join(folder, 'ports.json'));
  database = await createTestDatabase();
  const running = await start({
    DATABASE_URL: database.url,
    KUBENOVA_ISSUER_LISTEN: `127.0.0.1:${port}`,
    KUBENOVA_TLS_CERT: cert,
    KUBENOVA_TLS_KEY: key,
  });
  expect(running.issuerUrl).toBe(`https://127.0.0.1:${port}`);
  const answer = await getOverTls(`${running.issuerUrl}/.well-known/openid-configuration`, authority.cert);
  expect(JSON.parse(answer.text)).toMatchObject({ issuer: running.issuerUrl });
  expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
});

it('answers 503 while the database is away, and recovers with it', async () => {
  const data = join(folder, 'outside');
  let postgres = await startPostgres({ folder: data });
  await start({ DATABASE_URL: postgres.url });
  expect((await get('/readyz')).status).toBe(200);
  const { port } = postgres;
  await postgres.stop();
  for (const path of ['/readyz', '/api/v1/tenants']) {
    const answer = await get(path);
    expect(answer.status, path).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'KN-503', detail: expect.stringContaining('database') });
  }
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/metrics')).status).toBe(200);
  postgres = await startPostgres({ folder: data, port });
  await expect.poll(async () => (await get('/readyz')).status).toBe(200);
  expect((await get('/api/v1/tenants')).status).toBe(200);
  await manager?.stop();
  manager = undefined;
  await postgres.stop();
}, 40_000);

it('leaves nothing running when a part does not start', async () => {
  database = await createTestDatabase();
  const taken = await start({ DATABASE_URL: database.url });
  const { host } = new URL(taken.url);
  const config = readConfig({ KUBENOVA_DATA: folder, DATABASE_URL: database.url, KUBENOVA_LISTEN: host });
  await expect(startManager({ config, logger: createLogger('silent'), version: '1' })).rejects.toThrow('EADDRINUSE');
  expect((await get('/readyz')).status).toBe(200);
});
