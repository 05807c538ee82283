/** The plan at work: requests over HTTP to a whole cluster, and what its store says of them. */

import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { Agent, fetch, type Response } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SimCluster, startSimCluster } from '../cluster.ts';
import { createFaults, type FaultRule, type Faults, type PlannedFault, type RequestMatch } from './plan.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
let cluster: SimCluster;
let agent: Agent;
let faults: Faults | undefined;

beforeAll(async () => {
  const authority = await createAuthority('cluster');
  const tls = await authority.issue({ commonName: 'kube-apiserver', ips: ['127.0.0.1'], uses: ['server'] });
  const admin = await authority.issue({ commonName: 'admin', organizations: ['system:masters'], uses: ['client'] });
  cluster = await startSimCluster({
    name: 'faulty',
    tls: { ...tls, caPem: authority.cert },
    clientCaPem: authority.cert,
    machinery: kubernetesMachinery(),
    interceptor: async (request) => faults?.intercept(request),
  });
  agent = new Agent({ connect: { ca: authority.cert, cert: admin.cert, key: admin.key } });
});
afterEach(() => {
  faults?.stop();
  faults = undefined;
});
afterAll(async () => {
  await agent.destroy();
  await cluster.stop();
});

function plan(fault: PlannedFault, match: RequestMatch, nth = 1): void {
  const rules: FaultRule[] = [{ match, when: { nth }, fault }];
  faults = createFaults({ seed: 1, cluster: cluster.name, rules, store: () => cluster.store });
}

const send = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${cluster.server}${path}`, {
    method,
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
const create = (name: string, data = {}): Promise<Response> => send('POST', CONFIG_MAPS, { metadata: { name }, data });
const isThere = (name: string): boolean => cluster.store.get('configmaps', 'default', name) !== undefined;

describe('a write', () => {
  it('is refused in the words of a real server, and not done', async () => {
    plan({ error: 429 }, { verbs: ['create'] });
    const refused = await create('busy');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ kind: 'Status', reason: 'TooManyRequests' });
    expect(isThere('busy')).toBe(false);
    expect((await create('busy')).status).toBe(201);
  });

  it('is not done when the connection is refused', async () => {
    plan({ refuse: true }, { verbs: ['create'] });
    await expect(create('refused')).rejects.toThrow();
    expect(isThere('refused')).toBe(false);
  });

  it('is done though its answer is lost', async () => {
    plan({ loseResponse: true }, { verbs: ['create'] });
    await expect(create('lost')).rejects.toThrow();
    expect(isThere('lost')).toBe(true);
  });

  it.each(['before', 'after'] as const)('kills %s it is done', async (at) => {
    const found: boolean[] = [];
    plan({ kill: { at, run: () => found.push(isThere(`kill-${at}`)) } }, { verbs: ['create'] }, 2);
    await create(`spare-${at}`);
    await create(`kill-${at}`);
    await create(`other-${at}`);
    expect(found).toEqual([at === 'after']);
  });
});

describe('a read', () => {
  it('answers as things were', async () => {
    await create('old', { version: '1' });
    const first = cluster.store.revision;
    await send('PUT', `${CONFIG_MAPS}/old`, { metadata: { name: 'old' }, data: { version: '2' } });
    const revisions = cluster.store.revision - first;
    plan({ staleBy: revisions }, { verbs: ['get', 'list'] });
    expect(await (await send('GET', `${CONFIG_MAPS}/old`)).json()).toMatchObject({ data: { version: '1' } });
    expect(await (await send('GET', `${CONFIG_MAPS}/old`)).json()).toMatchObject({ data: { version: '2' } });
    plan({ staleBy: revisions }, { verbs: ['list'] });
    const { items } = (await (await send('GET', CONFIG_MAPS)).json()) as { items: { metadata: { name: string } }[] };
    expect(items.find(({ metadata }) => metadata.name === 'old')).toMatchObject({ data: { version: '1' } });
  });
});

describe('a watch', () => {
  const watch = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const { revision } = cluster.store;
    const response = await send('GET', `${CONFIG_MAPS}?watch=1&resourceVersion=${revision}&allowWatchBookmarks=true`);
    if (response.body === null) throw new Error('no body');
    return response.body.getReader();
  };

  it('is cut after so many events', async () => {
    plan({ cutWatch: { afterEvents: 2 } }, { verbs: ['watch'] });
    const reader = await watch();
    let text = '';
    const readAll = async (): Promise<void> => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += new TextDecoder().decode(part.value);
      }
    };
    // What has arrived and is not read when the connection breaks is lost: it is read as it comes.
    const broken = expect(readAll()).rejects.toThrow();
    for (const name of ['cut-1', 'cut-2', 'cut-3']) await create(name);
    await broken;
    expect(text).toContain('cut-2');
    expect(text).not.toContain('cut-3');
  });

  it('says nothing, while another hears everything', async () => {
    plan({ silentWatch: true }, { verbs: ['watch'] });
    const silent = await watch();
    const loud = await watch();
    let heard = false;
    const first = silent.read().then(
      () => (heard = true),
      () => undefined,
    );
    await create('unheard');
    expect(new TextDecoder().decode((await loud.read()).value)).toContain('unheard');
    expect(heard).toBe(false);
    await Promise.all([silent.cancel(), loud.cancel()]);
    await first;
  });
});
