/**
 * Faults on demand: a plan says which requests go wrong and how, a seed says which of them.
 *
 *     const faults = createFaults({ seed: 7, cluster: 'zone-a', store: () => sim.store, rules: [
 *       { match: { verbs: ['patch'], resources: ['configmaps'] }, when: { probability: 0.1 }, fault: { kind: 'error', code: 409 } },
 *       { match: { verbs: ['watch'] }, when: { nth: [1, 4] }, fault: { kind: 'cutWatch', afterEvents: 3 } },
 *       { match: { verbs: ['create'], resources: ['namespaces'] }, when: { nth: 5 }, fault: { kind: 'kill', at: 'after', kill } },
 *     ] });
 *     const sim = await startSimCluster({ name: 'zone-a', interceptor: faults.intercept, … });
 *     faults.stop();  // from here on everything goes well, and the world has to converge
 *
 * Each rule counts the requests that match it. Whether the n-th of them is hit follows from seed, cluster, rule and n
 * alone: the same seed replays the same plan, clusters differ, and a rule that is added at the end changes no other.
 * Faults of several rules that hit one request add up. Clusters that start late and clocks that are wrong are no matter of
 * requests: whoever puts the clusters together starts them in another order, or with `systemClock(skewMs)`.
 */
import { decodeJwt } from 'jose';
import { ApiError, conflict, gone, MODIFIED, qualified } from '../api/api-error.ts';
import type { Route } from '../api/route.ts';
import type { Store } from '../store/store.ts';
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
  readonly path?: RegExp;
  /** `sub` of the bearer token, which is not verified: whoever injects faults trusts the test that asks for them. */
  readonly user?: string;
  readonly userAgent?: RegExp;
}

/** Which of the matching requests are hit, counted from 1. */
export type When =
  | { readonly nth: number | readonly number[] }
  | { readonly every: number }
  | { readonly probability: number };

export type ErrorCode = 409 | 410 | 429 | 500 | 503 | 504;

export type FaultKind =
  /** Between the two, by chance. */
  | { readonly kind: 'delay'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'error'; readonly code: ErrorCode }
  | { readonly kind: 'refuse' | 'loseResponse' | 'silentWatch' }
  | { readonly kind: 'cutWatch'; readonly afterEvents?: number; readonly afterBytes?: number }
  | { readonly kind: 'stale'; readonly revisions: number }
  /** Calls `kill`: before the write is looked at, or right after it is in the store and before anybody is told. */
  | { readonly kind: 'kill'; readonly at: 'before' | 'after'; readonly kill: () => void };

export interface FaultRule {
  readonly match: RequestMatch;
  readonly when: When;
  readonly fault: FaultKind;
}

/** One fault that happened, for a test that fails to say what it went through. */
export interface Injected {
  readonly rule: number;
  /** Which of the requests that match the rule. */
  readonly nth: number;
  readonly kind: FaultKind['kind'];
  readonly request: string;
}

export interface Faults {
  readonly intercept: Interceptor;
  readonly injected: readonly Injected[];
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
  const injected: Injected[] = [];
  const waiting = new Set<() => void>();
  let stopped = false;

  const killAfter = ({ resource }: Route, kill: () => void): void => {
    const unsubscribe = store().onChange(undefined, ({ storage, entry }) => {
      if (resource === undefined || storage !== qualified(resource) || entry.namespace !== namespaceOf(resource))
        return;
      // A create names its object in the body, which nobody has read yet.
      if (resource.name !== '' && entry.name !== resource.name) return;
      forget();
      kill();
    });
    const forget = (): void => {
      unsubscribe();
      waiting.delete(forget);
    };
    waiting.add(forget);
  };

  const faultOf = (fault: FaultKind, { route }: InterceptedRequest, random: number): Fault => {
    switch (fault.kind) {
      case 'delay':
        return { delayMs: fault.minMs + random * (fault.maxMs - fault.minMs) };
      case 'error':
        return { error: errorOf(fault.code, route) };
      case 'cutWatch': {
        const { kind: _kind, ...cutWatch } = fault;
        return { cutWatch };
      }
      case 'stale':
        return { staleBy: fault.revisions };
      case 'kill':
        if (fault.at === 'before') fault.kill();
        else killAfter(route, fault.kill);
        return {};
      default:
        return { [fault.kind]: true };
    }
  };

  return {
    injected,
    stop() {
      stopped = true;
      for (const forget of [...waiting]) forget();
    },
    async intercept(request) {
      let result: Fault | undefined;
      for (const [index, { match, when, fault }] of rules.entries()) {
        if (stopped || !matches(match, request)) continue;
        const nth = (counts[index] ?? 0) + 1;
        counts[index] = nth;
        if (!hits(when, nth, chance(seed, cluster, index, nth, 'when'))) continue;
        injected.push({ rule: index, nth, kind: fault.kind, request: `${request.method} ${request.route.path}` });
        result = { ...result, ...faultOf(fault, request, chance(seed, cluster, index, nth, 'how')) };
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
  const { verbs, resources, namespace, name, path, user, userAgent } = match;
  const { plural, subresource, ...named } = route.resource ?? { plural: '', namespace: '', name: '' };
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return (
    (verbs?.includes(route.verb) ?? true) &&
    (resources?.includes(resource) ?? true) &&
    fits(namespace, named.namespace) &&
    fits(name, named.name) &&
    (path?.test(route.path) ?? true) &&
    (userAgent?.test(headers['user-agent'] ?? '') ?? true) &&
    (user === undefined || user === subjectOf(headers.authorization))
  );
}

const fits = (wanted: string | RegExp | undefined, value: string): boolean =>
  wanted === undefined || (typeof wanted === 'string' ? wanted === value : wanted.test(value));

function subjectOf(authorization: string | undefined): string | undefined {
  try {
    return decodeJwt(authorization?.split(' ')[1] ?? '').sub;
  } catch {
    return undefined;
  }
}

/** A Namespace counts as in itself on its way in, and is in none in the store. */
const namespaceOf = ({ plural, namespace }: NonNullable<Route['resource']>): string =>
  plural === 'namespaces' ? '' : namespace;

/** The words of a server that is in such trouble. */
function errorOf(code: ErrorCode, { resource }: Route): ApiError {
  const { group = '', plural = '', name = '' } = resource ?? {};
  const details = { ...(name !== '' && { name }), ...(group !== '' && { group }), kind: plural };
  switch (code) {
    case 409:
      return conflict({ group, plural }, name, MODIFIED);
    case 410:
      return gone('too old resource version: 1 (2)');
    case 429: {
      const message = 'the server has received too many requests and has asked us to try again later';
      return new ApiError(429, 'TooManyRequests', message, { ...details, retryAfterSeconds: 1 });
    }
    case 500:
      return new ApiError(500, '', 'etcdserver: request timed out');
    case 503:
      return new ApiError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
    case 504: {
      const message = 'Timeout: request did not complete within requested timeout - context deadline exceeded';
      return new ApiError(504, 'Timeout', message, {});
    }
  }
}
