/**
 * Faults on demand: a plan says which requests go wrong and how, a seed says which of them.
 *
 *     const faults = createFaults({ seed: 7, cluster: 'zone-a', store: () => sim.store, rules: [
 *       { match: { verbs: ['patch'], resources: ['configmaps'] }, when: { probability: 0.1 }, fault: { error: 409 } },
 *       { match: { verbs: ['watch'] }, when: { nth: [1, 4] }, fault: { cutWatch: { afterEvents: 3 } } },
 *       { match: { verbs: ['create'], resources: ['namespaces'] }, when: { nth: 5 }, fault: { kill: { at: 'after', run } } },
 *     ] });
 *     const sim = await startSimCluster({ name: 'zone-a', interceptor: faults.intercept, … });
 *     faults.stop();  // from here on everything goes well, and the world has to converge
 *
 * Each rule counts the requests that match it. Whether the n-th of them is hit follows from seed, cluster, rule and n
 * alone: the same seed replays the same plan, clusters differ, and a rule that is added at the end changes no other.
 * Faults of several rules that hit one request add up. Clusters that start late and clocks that are wrong are no matter of
 * requests: whoever puts the clusters together starts them in another order, or with `systemClock(skewMs)`.
 */
import { ApiError, conflict, MODIFIED, qualified, type StatusDetails } from '@kubenova/kube-model/api-error.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { Route } from '../api/route.ts';
import type { Fault, InterceptedRequest, Interceptor } from './interceptor.ts';
import { chance } from './random.ts';

/** All that is given must match. */
export interface RequestMatch {
  /** As RBAC has them: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verbs?: readonly string[];
  /** Plurals, with their subresource if one is meant: `pods`, `pods/status`. */
  readonly resources?: readonly string[];
  readonly namespace?: string | RegExp;
  readonly name?: string | RegExp;
  readonly userAgent?: RegExp;
}

/** Which of the matching requests are hit, counted from 1. */
export type When =
  | { readonly nth: number | readonly number[] }
  | { readonly every: number }
  | { readonly probability: number };

export type ErrorCode = 409 | 410 | 429 | 500 | 503 | 504;

/** What goes wrong, as the API server takes it, but for what follows from chance, from a code or from the write itself. */
export interface PlannedFault extends Omit<Fault, 'delayMs' | 'error'> {
  /** Between the two, by chance. */
  readonly delayMs?: readonly [min: number, max: number];
  readonly error?: ErrorCode;
  /** Runs before the write is looked at, or right after it is in the store and before anybody is told. */
  readonly kill?: { readonly at: 'before' | 'after'; readonly run: () => void };
}

export interface FaultRule {
  readonly match: RequestMatch;
  readonly when: When;
  readonly fault: PlannedFault;
}

export interface Faults {
  readonly intercept: Interceptor;
  /** What happened, for a test that fails to say what it went through: the nth of the requests that match a rule. */
  readonly injected: readonly { readonly rule: number; readonly nth: number; readonly request: string }[];
  /** Ends all faults, also those that wait for a write. */
  stop(): void;
}

/** @param options.store of the cluster, for kills after a write; asked for then, as the cluster starts with its faults */
export function createFaults(options: {
  readonly seed: number;
  readonly cluster: string;
  readonly rules: readonly FaultRule[];
  readonly store: () => Store;
}): Faults {
  const { seed, cluster, rules, store } = options;
  const counts = rules.map(() => 0);
  const injected: Faults['injected'][number][] = [];
  const waiting: (() => void)[] = [];
  let stopped = false;

  const killAfter = (resource: NonNullable<Route['resource']>, kill: () => void): void => {
    // A Namespace counts as in itself on its way in, and is in none in the store.
    const namespace = resource.plural === 'namespaces' ? '' : resource.namespace;
    const forget = store().onChange(qualified(resource), ({ entry }) => {
      // A create names its object in the body, which nobody has read yet.
      if (entry.namespace !== namespace || !['', entry.name].includes(resource.name)) return;
      forget();
      kill();
    });
    waiting.push(forget);
  };

  const faultOf = (planned: PlannedFault, { resource }: Route, random: number): Fault => {
    const { delayMs: [min, max] = [], error, kill, ...fault } = planned;
    if (kill?.at === 'before') kill.run();
    else if (kill !== undefined && resource !== undefined) killAfter(resource, kill.run);
    return {
      ...fault,
      ...(min !== undefined && max !== undefined && { delayMs: min + random * (max - min) }),
      ...(error !== undefined && { error: errorOf(error, resource) }),
    };
  };

  return {
    injected,
    stop() {
      stopped = true;
      for (const forget of waiting) forget();
    },
    async intercept(request) {
      let result: Fault | undefined;
      for (const [index, { match, when, fault }] of rules.entries()) {
        if (stopped || !matches(match, request)) continue;
        const nth = (counts[index] ?? 0) + 1;
        counts[index] = nth;
        if (!hits(when, nth, chance(seed, cluster, index, nth, 'when'))) continue;
        injected.push({ rule: index, nth, request: `${request.method} ${request.route.path}` });
        result = { ...result, ...faultOf(fault, request.route, chance(seed, cluster, index, nth, 'how')) };
      }
      return result;
    },
  };
}

function hits(when: When, nth: number, random: number): boolean {
  if ('probability' in when) return random < when.probability;
  if ('every' in when) return nth % when.every === 0;
  return typeof when.nth === 'number' ? nth === when.nth : when.nth.includes(nth);
}

function matches(match: RequestMatch, { route, headers }: InterceptedRequest): boolean {
  const { plural, subresource, namespace, name } = route.resource ?? { plural: '', namespace: '', name: '' };
  return (
    (match.verbs?.includes(route.verb) ?? true) &&
    (match.resources?.includes(subresource === undefined ? plural : `${plural}/${subresource}`) ?? true) &&
    fits(match.namespace, namespace) &&
    fits(match.name, name) &&
    fits(match.userAgent, headers['user-agent'] ?? '')
  );
}

const fits = (wanted: string | RegExp | undefined, value: string): boolean =>
  wanted === undefined || (typeof wanted === 'string' ? wanted === value : wanted.test(value));

/** The words of a server that is in such trouble. */
const TROUBLES: Readonly<Record<Exclude<ErrorCode, 409>, [reason: string, message: string, details?: StatusDetails]>> =
  {
    410: ['Expired', 'too old resource version: 1 (2)'],
    429: [
      'TooManyRequests',
      'the server has received too many requests and has asked us to try again later',
      { retryAfterSeconds: 1 },
    ],
    500: ['', 'etcdserver: request timed out'],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
    504: ['Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded', {}],
  };

function errorOf(code: ErrorCode, resource: Route['resource']): ApiError {
  if (code !== 409) return new ApiError(code, ...TROUBLES[code]);
  return conflict(resource ?? { group: '', plural: '' }, resource?.name ?? '', MODIFIED);
}
