/**
 * What one simulated API server does a second: small creates, watch events, long lists. The server has a process of its
 * own; besides what was seen from outside, each figure says what one of its cores would do, by the time it took there.
 */
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Figure, StandaloneBenchmark } from '../benchmark.ts';
import { percentile } from '../benchmark.ts';
import { type Child, startChild } from './child.ts';

const CREATES = 20_000;
const CONNECTIONS = 16;
const WATCHERS = 20;
const WATCHED_CREATES = 5_000;
const LISTED = 1_000;
const LISTS = 50;
const JSON_TYPE = { 'content-type': 'application/json' };

export const simRequests: StandaloneBenchmark = {
  name: 'sim-requests',
  title: 'requests to a simulated API server',
  standalone: true,
  async run(say) {
    const child = await startChild(1);
    const { servers, ca, cert, key } = child.ready;
    const pool = new Pool(servers[0] ?? '', { connections: CONNECTIONS + WATCHERS, connect: { ca, cert, key } });
    try {
      for (const name of ['creates', 'watched', 'listed']) await create(pool, '/api/v1/namespaces', { name });
      await createMany(pool, 'warm', 'creates', 2_000);
      say(`${CREATES} creates`);
      const creates = await measured(child, () => createMany(pool, 'one', 'creates', CREATES));
      say(`${WATCHED_CREATES} creates before ${WATCHERS} watches`);
      const watches = await Promise.all(Array.from({ length: WATCHERS }, () => watch(pool, 'watched')));
      const events = await measured(child, async () => {
        const seen = watches.map((stream) => linesOf(stream, WATCHED_CREATES));
        await createMany(pool, 'seen', 'watched', WATCHED_CREATES);
        await Promise.all(seen);
      });
      for (const stream of watches) stream.destroy();
      say('lists');
      await createMany(pool, 'one', 'listed', LISTED);
      const lists: number[] = [];
      for (let turn = 0; turn < LISTS; turn += 1) {
        const began = performance.now();
        const { body } = await pool.request({ method: 'GET', path: '/api/v1/namespaces/listed/configmaps' });
        const { items } = (await body.json()) as { items: unknown[] };
        if (items.length < LISTED) throw new Error(`a list showed ${items.length} of ${LISTED}`);
        lists.push(performance.now() - began);
      }
      const sent = WATCHERS * WATCHED_CREATES;
      return [
        rate('creates', CREATES, creates.ms),
        rate('creates on one core', CREATES, creates.cpuMs, '≥ 5000'),
        rate('watch events', sent, events.ms),
        rate('watch events on one core, creates included', sent, events.cpuMs, '≥ 20000'),
        { name: `list of ${LISTED}, p50`, value: percentile(lists, 0.5), unit: 'ms', mark: '≤ 10' },
        { name: `list of ${LISTED}, p99`, value: percentile(lists, 0.99), unit: 'ms' },
      ];
    } finally {
      await pool.destroy();
      child.stop();
    }
  },
};

function rate(name: string, count: number, ms: number, mark?: string): Figure {
  return { name, value: count / (ms / 1000), unit: '1/s', ...(mark !== undefined && { mark }) };
}

async function measured(child: Child, work: () => Promise<void>): Promise<{ ms: number; cpuMs: number }> {
  const before = await child.usage();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  return { ms, cpuMs: (await child.usage()).cpuMs - before.cpuMs };
}

async function create(pool: Pool, path: string, metadata: object, data?: object): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: JSON_TYPE,
    body: JSON.stringify({ metadata, ...(data && { data }) }),
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`POST ${path} answered ${statusCode}`);
}

/** As many at a time as there are connections for it. */
async function createMany(pool: Pool, prefix: string, namespace: string, count: number): Promise<void> {
  let next = 0;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const worker = async () => {
    for (let number = next++; number < count; number = next++) {
      await create(pool, path, { name: `${prefix}-${number}` }, { value: String(number) });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function watch(pool: Pool, namespace: string): Promise<Readable> {
  const path = `/api/v1/namespaces/${namespace}/configmaps?watch=true&resourceVersion=0`;
  return (await pool.request({ method: 'GET', path, bodyTimeout: 0 })).body;
}

/** Resolves after so many events of objects that the benchmark made. */
function linesOf(stream: Readable, count: number): Promise<void> {
  const mark = Buffer.from('"type":"ADDED"');
  let seen = 0;
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) seen += 1;
      if (seen >= count) resolve();
    });
  });
}
