/**
 * A Manager for tests: the real edge, use-cases and database, without a network and without reconciling. Every answer is
 * checked against the contract, so that a test of anything is also a test of that.
 */

import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import type { Problem } from '@kubenova/knapi/schemas.ts';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { createChanges } from '../app/changes.ts';
import type { Services } from '../app/context.ts';
import { schemaProblems } from '../app/schema.ts';
import { createMemberTokens } from '../clusters/member-tokens.ts';
import { createLimits, type LimitSettings } from '../http/limits.ts';
import { matchVerb, routesOf } from '../http/routes.ts';
import { createServer } from '../http/server.ts';
import { createAuthenticator } from '../identity/authenticator.ts';
import { createIssuer } from '../identity/issuer.ts';
import { createSealer, type Keyring } from '../identity/sealing.ts';
import { createSignIn, type SignInConfig } from '../identity/sign-in/sign-in.ts';
import type { SignInVerifier } from '../identity/sign-in/verifier.ts';
import { newTokenSecret } from '../identity/tokens.ts';
import { createLogger } from '../log.ts';
import { enqueue } from '../reconcile/queue.ts';
import { openStore, type Store } from '../store/connect.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there.
  body: any;
}

export interface CallOptions {
  /** A bearer token; the admin's when left out, none when null. */
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestManager {
  readonly server: FastifyInstance;
  readonly store: Store;
  readonly services: Services;
  readonly adminToken: string;
  /** Everything that was logged, line by line. */
  readonly logs: string[];
  /** Operations that were answered with success so far. */
  readonly answered: Set<OperationId>;
  call(method: Method, path: string, options?: CallOptions): Promise<Answer>;
  /** The same, and it must succeed. */
  must(method: Method, path: string, body?: unknown, options?: CallOptions): Promise<Answer['body']>;
  close(): Promise<void>;
}

export const TEST_ISSUER = 'https://issuer.test';
const keyring: Keyring = { keys: new Map([[7, Buffer.alloc(32, 7)]]), current: 7 };

export interface TestManagerOptions {
  /** Where people sign in; at the Manager itself when left out. */
  signIn?: SignInConfig;
  /** PEM of the authority of an external provider. */
  signInCa?: string;
  /** The issuer's name; `TEST_ISSUER` when left out. */
  issuerUrl?: string;
  /** Whom ID tokens stand for, in the place of those who truly signed in. */
  verifier?: SignInVerifier;
  /** None when left out: a test asks a thousand times in a second. */
  limits?: LimitSettings;
  /** Proxies that are believed; none when left out. */
  trustedProxies?: readonly string[];
}

const NO_LIMITS: LimitSettings = { requests: 0, failures: 0, signIns: 0 };

export async function createTestManager(databaseUrl: string, options: TestManagerOptions = {}): Promise<TestManager> {
  const logs: string[] = [];
  const logger = createLogger('debug', { write: (line: string) => void logs.push(line) });
  const store = openStore({ url: databaseUrl, maxConnections: 6 });
  const sealer = createSealer(keyring);
  const issuer = createIssuer({ db: store.db, sealer, url: options.issuerUrl ?? TEST_ISSUER });
  await issuer.ensureKey();
  const changes = createChanges({ url: databaseUrl });
  const memberTokens = createMemberTokens({ db: store.db, sealer });
  const signIn = createSignIn({
    config: options.signIn ?? { kind: 'embedded' },
    ...(options.signInCa === undefined ? {} : { ca: options.signInCa }),
    db: store.db,
    issuer,
    sealer,
    managerUrls: [],
    onError: (err) => logger.error({ err }, 'sign-in failed'),
  });
  const services: Services = {
    db: store.db,
    sealer,
    issuer,
    signIn,
    memberTokens,
    changes,
    enqueue,
    version: '0.0.0-test',
  };
  const adminToken = newTokenSecret();
  const authenticator = createAuthenticator({ db: store.db, adminToken, signIn: options.verifier ?? signIn.verifier });
  const stopping = new AbortController();
  const server = createServer({
    services,
    store,
    authenticator,
    limits: createLimits(options.limits ?? NO_LIMITS),
    trustedProxies: options.trustedProxies,
    logger,
    registry: new Registry(),
    stopping: stopping.signal,
  });
  await server.ready();
  const answered = new Set<OperationId>();

  async function call(method: Method, path: string, options: CallOptions = {}): Promise<Answer> {
    const token = options.token === undefined ? adminToken : options.token;
    const response = await server.inject({
      method,
      url: path,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { payload: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    const type = String(response.headers['content-type'] ?? '');
    const body = /json/.test(type) && response.body !== '' ? JSON.parse(response.body) : response.body;
    const answer = { status: response.statusCode, headers: response.headers, text: response.body, body };
    expect(answer.status, `${method} ${path}: ${logs.slice(-5).join('')}`).not.toBe(500);
    const operation = operationOf(method, path);
    if (operation !== undefined) requireContract(operation, answer, type);
    if (operation !== undefined && answer.status < 300) answered.add(operation);
    return answer;
  }

  return {
    server,
    store,
    services,
    adminToken,
    logs,
    answered,
    call,
    async must(method, path, body, options) {
      const answer = await call(method, path, { ...options, ...(body === undefined ? {} : { body }) });
      expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
      return answer.body;
    },
    async close() {
      stopping.abort();
      await changes.close();
      await server.close();
      await signIn.close();
      await store.close();
    },
  };
}

const routes = routesOf().map((route) => ({
  route,
  pattern: new RegExp(
    `^${route.url
      .replaceAll('::', '\0')
      .replace(/:(\w+)/g, '(?<$1>[^/]+)')
      .replaceAll('\0', ':')}$`,
  ),
}));

/** The operation that a request is for, read off the contract apart from the router. */
export function operationOf(method: Method, url: string): OperationId | undefined {
  const path = (url.split('?')[0] ?? '').replaceAll('%3A', ':');
  for (const { route, pattern } of routes) {
    const match = route.method === method ? pattern.exec(path) : null;
    if (match !== null) return matchVerb(route, { ...match.groups })?.operation.operationId;
  }
  return undefined;
}

function requireContract(id: OperationId, answer: Answer, type: string): void {
  const operation = operations[id];
  const response = operation.responses[String(answer.status)] ?? operation.responses.default;
  expect(response, `${id} answered ${answer.status}, which the contract does not have`).toBeDefined();
  if (response === undefined) return;
  if (response.contentType === null) {
    expect(answer.text, `${id} answers ${answer.status} without a body`).toBe('');
    return;
  }
  expect(type.split(';')[0], `${id} ${answer.status}: ${answer.text}`).toBe(response.contentType);
  if (response.schema !== null) {
    expect(schemaProblems(response.schema, answer.body), `${id} ${answer.status}: ${answer.text}`).toEqual([]);
  }
}

/** The problem that an answer must be. */
export function problem(answer: Answer): Problem {
  expect(String(answer.headers['content-type'])).toBe('application/problem+json');
  expect(answer.body.status).toBe(answer.status);
  return answer.body;
}
