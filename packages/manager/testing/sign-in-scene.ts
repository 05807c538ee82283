/**
 * What tests of the sign-in start from: a Manager on a socket, an account, a client that speaks the protocols by hand (so
 * that it can speak them wrongly) and a browser that runs no script.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, createBrowser, type Visit } from './browser.ts';
import { type Answer, createTestManager, type TestManager } from './manager.ts';

export const ISSUER = 'https://127.0.0.1:1';
export const PASSWORD = 'correct horse battery';
export const CALLBACK = 'http://127.0.0.1:54321/callback';
/** The account that most tests sign in with; what is done to an account is done to another one. */
export const ACCOUNT = 'alice';

export interface TokenAnswer {
  status: number;
  body: Record<string, string>;
}

export interface SignInScene {
  readonly manager: TestManager;
  readonly origin: string;
  readonly databaseUrl: string;
  makeAccount(name: string): Promise<string>;
  /** A request for a code, as the CLI makes it but for the changes. */
  ask(change?: Record<string, string | undefined>): { verifier: string; url: string };
  post(path: string, form: Record<string, string>): Promise<TokenAnswer>;
  token(form: Record<string, string>): Promise<TokenAnswer>;
  exchange(code: string, verifier: string, change?: Record<string, string>): Promise<TokenAnswer>;
  refresh(refreshToken?: string): Promise<TokenAnswer>;
  me(idToken?: string): Promise<Answer>;
  /** Types name and password into the page that is there. */
  login(browser: Browser, page: Visit, name?: string, password?: string): Promise<Visit>;
  /** The code that a browser was sent back with. */
  codeIn(visit: Visit): string;
  /** All of it. */
  signIn(name?: string): Promise<{ browser: Browser; body: Record<string, string> }>;
}

/** Starts before the tests of a file and ends after them. */
export function signInScene(): SignInScene {
  let started: { database: TestDatabase; manager: TestManager; origin: string } | undefined;
  const running = () => {
    if (started === undefined) throw new Error('the scene starts before the tests, not before the file');
    return started;
  };
  beforeAll(async () => {
    const database = await createTestDatabase();
    // As in `dev`: the issuer is one loopback address with TLS, people come by another without.
    const manager = await createTestManager(database.url, { issuerUrl: ISSUER });
    started = { database, manager, origin: await manager.server.listen({ host: '127.0.0.1', port: 0 }) };
    await scene.makeAccount(ACCOUNT);
  });
  afterAll(async () => {
    await started?.manager.close();
    await started?.database.drop();
  });

  const scene: SignInScene = {
    get manager() {
      return running().manager;
    },
    get origin() {
      return running().origin;
    },
    get databaseUrl() {
      return running().database.url;
    },
    async makeAccount(name) {
      await scene.manager.must('POST', '/api/v1/accounts', {
        name,
        displayName: 'Alice <b>',
        email: 'alice@example.org',
        groups: ['ops', 'people'],
        password: PASSWORD,
      });
      return name;
    },
    ask(change = {}) {
      const verifier = randomBytes(32).toString('base64url');
      const parameters = {
        client_id: 'kubenova-cli',
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid profile email groups offline_access',
        state: 'some-state',
        nonce: 'some-nonce',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...change,
      };
      const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
      return { verifier, url: `${scene.origin}/oidc/auth?${new URLSearchParams(given)}` };
    },
    async post(path, form) {
      const response = await fetch(scene.origin + path, { method: 'POST', body: new URLSearchParams(form) });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, string>) };
    },
    token: (form) => scene.post('/oidc/token', { client_id: 'kubenova-cli', ...form }),
    exchange: (code, verifier, change = {}) =>
      scene.token({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: CALLBACK,
        ...change,
      }),
    refresh: (refreshToken = '') => scene.token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    me: (idToken = '') => scene.manager.call('GET', '/api/v1/me', { token: idToken }),
    login(browser, page, name = ACCOUNT, password = PASSWORD) {
      expect(page.text).toContain('<h1>Sign in</h1>');
      return browser.submit(page, { name, password, do: 'login' });
    },
    codeIn(visit) {
      const url = new URL(visit.url);
      expect(url.origin + url.pathname, visit.text).toBe(CALLBACK);
      expect(url.searchParams.get('state')).toBe('some-state');
      expect(url.searchParams.get('iss')).toBe(ISSUER);
      return url.searchParams.get('code') ?? '';
    },
    async signIn(name = ACCOUNT) {
      const browser = createBrowser(scene.origin);
      const { url, verifier } = scene.ask();
      const back = await scene.login(browser, await browser.visit(url), name);
      const { status, body } = await scene.exchange(scene.codeIn(back), verifier);
      expect(status, JSON.stringify(body)).toBe(200);
      return { browser, body };
    },
  };
  return scene;
}
