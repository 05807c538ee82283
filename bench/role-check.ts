/**
 * What it costs a request to be held against roles. Nothing can be switched off in the program itself, so each part is
 * timed apart, and set beside what the whole request takes of whoever sends it over a connection that is open:
 *
 * - the table: may a caller with these grants do this there (`authorize`);
 * - the scope in the statement that finds what the path names, against the same statement for a caller who sees all;
 * - the grants in the statement that finds the caller, against a statement that finds the token alone.
 *
 * Statements are timed in turns, so that whatever else the machine does falls on both alike.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@kubenova/knapi/client.ts';
import { authorize, resolveTarget } from '@kubenova/manager/app/target.ts';
import { readConfig } from '@kubenova/manager/config.ts';
import { type Caller, visibleTo } from '@kubenova/manager/identity/caller.ts';
import { hashToken } from '@kubenova/manager/identity/tokens.ts';
import { createLogger } from '@kubenova/manager/log.ts';
import { type RunningManager, startManager } from '@kubenova/manager/manager.ts';
import { findTokenChain } from '@kubenova/manager/store/callers.ts';
import { PREPARED } from '@kubenova/manager/store/connect.ts';
import { locate } from '@kubenova/manager/store/locate.ts';
import { toReference } from '@kubenova/manager/store/scope.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { sql } from 'kysely';
import { Pool } from 'undici';
import { dataOf, imageApp, percentile, type StandaloneBenchmark } from './benchmark.ts';

const TURNS = 3_000;
const DECISIONS = 200_000;
/** Of a person who works for very many tenants. */
const MANY_GRANTS = 200;

const place = { cluster: 'north', tenant: 'bench', project: 'roles', app: 'web' };
const target = `/api/v1/clusters/${place.cluster}/tenants/${place.tenant}/projects/${place.project}/apps/${place.app}`;

export const roleCheck: StandaloneBenchmark = {
  name: 'role-check',
  title: 'roles in one request: GET app by a member of its project',
  standalone: true,
  async run(say) {
    const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-bench-'));
    chmodSync(folder, 0o711);
    const { manager: port } = await choosePorts(['manager'], path.join(folder, 'ports.json'));
    const config = readConfig({
      KUBENOVA_DATA: path.join(folder, 'manager'),
      KUBENOVA_LISTEN: `127.0.0.1:${port}`,
      KUBENOVA_ISSUER_URL: 'https://127.0.0.1',
      KUBENOVA_LIMIT_REQUESTS: '0',
      KUBENOVA_LOG_LEVEL: 'error',
    });
    const manager = await startManager({ config, logger: createLogger('error'), version: 'bench' });
    try {
      const token = await fill(manager, readFileSync(config.adminTokenFile, 'utf8').trim());
      say('whole requests');
      const request = await wholeRequest(manager.url, token);
      say('statements');
      const parts = await statements(manager, token);
      const caller = await callerOf(manager, token);
      const decision = await decide(manager, caller);
      const other = { role: 'readOnly' as const, tenantId: crypto.randomUUID() };
      const busy = { ...caller, grants: [...Array.from({ length: MANY_GRANTS }, () => other), ...caller.grants] };
      const long = await decide(manager, busy);
      const share = (ms: number) => (ms / request) * 100;
      return [
        { name: 'whole request, p50', value: request, unit: 'ms' },
        { name: 'the table', value: decision * 1000, unit: 'µs' },
        { name: `the table, ${MANY_GRANTS} grants`, value: long * 1000, unit: 'µs' },
        { name: 'scope in finding the object', value: parts.scope * 1000, unit: 'µs' },
        { name: 'grants in finding the caller', value: parts.grants * 1000, unit: 'µs' },
        { name: 'share of table and scope', value: share(decision + parts.scope), unit: '%', mark: '≤ 2 %' },
        { name: 'share of all three', value: share(decision + parts.scope + parts.grants), unit: '%' },
      ];
    } finally {
      await manager.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

/** Puts an App there, and some neighbours, and answers the token of a member. */
async function fill(manager: RunningManager, adminToken: string): Promise<string> {
  const api = createClient({ managerUrl: manager.url, token: adminToken });
  const server = 'https://127.0.0.1:1';
  const credential = { kind: 'token', token: 'not-a-real-token' } as const;
  dataOf(
    await api.POST('/api/v1/clusters', {
      body: {
        name: place.cluster,
        zone: 'north',
        kubeconfig: Buffer.from(kubeconfig(place.cluster, { server, credential })).toString('base64'),
        capsuleProxyUrl: server,
      },
    }),
  );
  for (let number = 0; number < 20; number += 1) {
    const tenant = number === 0 ? place.tenant : `${place.tenant}-${number}`;
    dataOf(await api.POST('/api/v1/tenants', { body: { name: tenant } }));
    const params = { path: { ...place, tenant } };
    dataOf(await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params, body: {} }));
    dataOf(await api.POST('/api/v1/tenants/{tenant}/projects', { params, body: { name: place.project } }));
    const body = imageApp(place.app);
    dataOf(await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', { params, body }));
  }
  const scope = { tenant: place.tenant, project: place.project };
  const body = { name: 'bench', role: 'projectDev' as const, scope, ttlSeconds: 3_600 };
  return dataOf(await api.POST('/api/v1/tokens', { body })).token;
}

async function wholeRequest(url: string, token: string): Promise<number> {
  const pool = new Pool(url, { connections: 1 });
  const ask = async () => {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: target,
      headers: { authorization: `Bearer ${token}` },
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`GET ${target} answered ${statusCode}`);
  };
  const [took = Number.NaN] = await inTurns([ask]);
  await pool.close();
  return took;
}

/** Milliseconds that scope and grants add to their statements. */
async function statements({ store }: RunningManager, token: string): Promise<{ scope: number; grants: number }> {
  const { db } = store;
  const { cluster, tenant, project, app } = place;
  const references = {
    cluster: toReference(cluster),
    tenant: toReference(tenant),
    project: toReference(project),
    app: toReference(app),
  };
  const reach = visibleTo(await callerOf({ store }, token));
  const hash = hashToken(token);
  const [scoped = 0, unscoped = 0, granted = 0, bare = 0] = await inTurns([
    () => locate(db, references, reach),
    () => locate(db, references, { everything: true }),
    () => findTokenChain(db, { hash }),
    () => sql`${PREPARED}select * from tokens where hash = ${hash}`.execute(db),
  ]);
  return { scope: Math.max(0, scoped - unscoped), grants: Math.max(0, granted - bare) };
}

async function callerOf({ store }: Pick<RunningManager, 'store'>, token: string): Promise<Caller> {
  const [link] = await findTokenChain(store.db, { hash: hashToken(token) });
  if (link === undefined) throw new Error('the token is not known');
  return { subject: 'bench', identity: { kind: 'token', id: link.id }, groups: [], grants: link.held };
}

/** Milliseconds of one decision. */
async function decide({ store }: RunningManager, caller: Caller): Promise<number> {
  const found = await resolveTarget(store.db, caller, place);
  const run = (count: number) => {
    for (let index = 0; index < count; index += 1) authorize(caller, 'getApp', found, { cluster: true });
  };
  run(DECISIONS / 10);
  const began = performance.now();
  run(DECISIONS);
  return (performance.now() - began) / DECISIONS;
}

/** Medians of works that are done again and again, each time in another order: what comes first finds a colder machine. */
async function inTurns(works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const samples: number[][] = works.map(() => []);
  for (let turn = -TURNS / 10; turn < TURNS; turn += 1) {
    for (let step = 0; step < works.length; step += 1) {
      const index = (step + turn + TURNS) % works.length;
      const began = performance.now();
      await works[index]?.();
      if (turn >= 0) samples[index]?.push(performance.now() - began);
    }
  }
  return samples.map((each) => percentile(each, 0.5));
}
