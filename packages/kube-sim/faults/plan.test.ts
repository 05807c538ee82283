import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../api/route.ts';
import { createStore } from '../store/memory-store.ts';
import type { Fault, InterceptedRequest } from './interceptor.ts';
import { createFaults, type FaultRule, type PlannedFault, type RequestMatch, type When } from './plan.ts';
import { chance } from './random.ts';

const request = (method: string, url: string, headers: InterceptedRequest['headers'] = {}): InterceptedRequest => ({
  method,
  route: routeOf(method, url),
  headers,
});
const PATCH = request('PATCH', '/api/v1/namespaces/n/configmaps/app-1');

function faults(rules: readonly FaultRule[], seed = 1, cluster = 'zone-a') {
  return createFaults({ seed, cluster, rules, store: () => createStore() });
}

async function hits(when: When, requests: number, seed = 1, cluster = 'zone-a'): Promise<number[]> {
  const { intercept } = faults([{ match: {}, when, fault: { refuse: true } }], seed, cluster);
  const hit: number[] = [];
  for (let nth = 1; nth <= requests; nth += 1) if (await intercept(PATCH)) hit.push(nth);
  return hit;
}

describe('what is hit', () => {
  it.each<[When, number[]]>([
    [{ nth: 3 }, [3]],
    [{ nth: [1, 4, 99] }, [1, 4]],
    [{ every: 4 }, [4, 8]],
    [{ probability: 0 }, []],
    [{ probability: 1 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('by %j of ten', async (when, expected) => {
    expect(await hits(when, 10)).toEqual(expected);
  });

  it('is the same for the same seed, and another for another seed or cluster', async () => {
    const first = await hits({ probability: 0.3 }, 200, 7);
    expect(await hits({ probability: 0.3 }, 200, 7)).toEqual(first);
    expect(await hits({ probability: 0.3 }, 200, 8)).not.toEqual(first);
    expect(await hits({ probability: 0.3 }, 200, 7, 'zone-b')).not.toEqual(first);
    expect(first.length).toBeGreaterThan(30);
    expect(first.length).toBeLessThan(90);
  });

  it('is not changed by other requests, nor by a rule that follows', async () => {
    const rule = (match: RequestMatch): FaultRule => ({ match, when: { probability: 0.5 }, fault: { refuse: true } });
    const alone = faults([rule({ verbs: ['patch'] })]);
    const busy = faults([rule({ verbs: ['patch'] }), rule({ verbs: ['get'] })]);
    for (let nth = 0; nth < 50; nth += 1) {
      const expected = await alone.intercept(PATCH);
      await busy.intercept(request('GET', '/api/v1/nodes/x'));
      expect(await busy.intercept(PATCH)).toEqual(expected);
    }
    expect(busy.injected.filter(({ rule: index }) => index === 0)).toEqual(alone.injected);
  });

  it.each<[string, RequestMatch, InterceptedRequest, boolean]>([
    ['a verb', { verbs: ['patch'] }, PATCH, true],
    ['another verb', { verbs: ['update'] }, PATCH, false],
    ['a watch is no list', { verbs: ['list'] }, request('GET', '/api/v1/pods?watch=1'), false],
    ['a resource', { resources: ['configmaps'] }, PATCH, true],
    ['not its subresource', { resources: ['pods'] }, request('PUT', '/api/v1/namespaces/n/pods/p/status'), false],
    ['a subresource', { resources: ['pods/status'] }, request('PUT', '/api/v1/namespaces/n/pods/p/status'), true],
    ['a namespace and a name', { namespace: 'n', name: /^app-/ }, PATCH, true],
    ['another namespace', { namespace: 'm', name: /^app-/ }, PATCH, false],
    ['no resource', { resources: ['pods'] }, request('GET', '/version'), false],
    ['another user agent', { userAgent: /agent/ }, request('GET', '/version', { 'user-agent': 'kubectl/1' }), false],
    ['a user agent', { userAgent: /agent/ }, request('GET', '/version', { 'user-agent': 'kubenova-agent/1' }), true],
  ])('is matched by %s', async (_what, match, asked, expected) => {
    const { intercept } = faults([{ match, when: { every: 1 }, fault: { refuse: true } }]);
    expect(await intercept(asked)).toEqual(expected ? { refuse: true } : undefined);
  });
});

describe('what happens', () => {
  const one = async (fault: PlannedFault): Promise<Fault | undefined> =>
    faults([{ match: {}, when: { nth: 1 }, fault }]).intercept(PATCH);

  it.each<[PlannedFault, Fault]>([
    [{ refuse: true }, { refuse: true }],
    [{ loseResponse: true }, { loseResponse: true }],
    [{ silentWatch: true }, { silentWatch: true }],
    [{ cutWatch: { afterEvents: 3 } }, { cutWatch: { afterEvents: 3 } }],
    [{ staleBy: 5 }, { staleBy: 5 }],
  ])('%j', async (fault, expected) => {
    expect(await one(fault)).toEqual(expected);
  });

  it.each([
    [
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "app-1": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [410, 'Expired', 'too old resource version: 1 (2)'],
    [429, 'TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
    [500, undefined, 'etcdserver: request timed out'],
    [503, 'ServiceUnavailable', 'the server is currently unable to handle the request'],
    [504, 'Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded'],
  ] as const)('an error %i is a whole Status', async (code, reason, message) => {
    const result = await one({ error: code });
    expect(result?.error?.status).toMatchObject({ kind: 'Status', status: 'Failure', code, message });
    expect(result?.error?.status.reason).toBe(reason);
    if (code === 429) expect(result?.error?.status.details?.retryAfterSeconds).toBe(1);
  });

  it('a delay is within its bounds and adds to what else goes wrong', async () => {
    const { intercept } = faults([
      { match: {}, when: { every: 1 }, fault: { delayMs: [10, 20] } },
      { match: {}, when: { every: 1 }, fault: { loseResponse: true } },
    ]);
    const delays: number[] = [];
    for (let nth = 0; nth < 20; nth += 1) {
      const result = await intercept(PATCH);
      expect(result?.loseResponse).toBe(true);
      delays.push(result?.delayMs ?? 0);
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThan(20);
    expect(new Set(delays).size).toBeGreaterThan(10);
  });

  it('is over when it is stopped', async () => {
    const all = faults([{ match: {}, when: { every: 1 }, fault: { refuse: true } }]);
    expect(await all.intercept(PATCH)).toEqual({ refuse: true });
    all.stop();
    expect(await all.intercept(PATCH)).toBeUndefined();
    expect(all.injected).toEqual([{ rule: 0, nth: 1, request: `PATCH ${PATCH.route.path}` }]);
  });
});

describe('a kill', () => {
  function scene(at: 'before' | 'after') {
    const store = createStore();
    const told: string[] = [];
    const fault: PlannedFault = { kill: { at, run: () => told.push('killed') } };
    const rules = [{ match: { verbs: ['create'] }, when: { nth: 2 }, fault }];
    const { intercept, stop } = createFaults({ seed: 1, cluster: 'c', rules, store: () => store });
    const write = (name: string, namespace = 'n'): void => {
      const metadata = { name, namespace, uid: name };
      store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata }, undefined);
      told.push(`wrote ${name}`);
    };
    const create = () => intercept(request('POST', '/api/v1/namespaces/n/configmaps'));
    return { told, write, create, stop };
  }

  it('before a write comes when it is asked for', async () => {
    const { told, write, create } = scene('before');
    await create();
    write('a');
    await create();
    write('b');
    expect(told).toEqual(['wrote a', 'killed', 'wrote b']);
  });

  it('after a write comes once, when that write is done', async () => {
    const { told, write, create } = scene('after');
    await create();
    write('a');
    await create();
    write('elsewhere', 'm');
    write('b');
    write('c');
    expect(told).toEqual(['wrote a', 'wrote elsewhere', 'killed', 'wrote b', 'wrote c']);
  });

  it('does not come after all is stopped', async () => {
    const { told, write, create, stop } = scene('after');
    await create();
    await create();
    stop();
    write('a');
    expect(told).toEqual(['wrote a']);
  });
});

describe('chance', () => {
  it('is at least 0 and below 1, and repeats', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), (words) => {
        const value = chance(...words);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        expect(chance(...words)).toBe(value);
      }),
    );
  });

  it('is spread evenly over neighbouring numbers', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let nth = 0; nth < 10_000; nth += 1) {
      const tenth = Math.floor(chance(1, 'zone-a', 0, nth) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(850);
    expect(Math.max(...tenths)).toBeLessThan(1150);
  });
});
