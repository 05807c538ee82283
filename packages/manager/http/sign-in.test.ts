/**
 * Signing in at the embedded provider, against the real edge on a socket and a real database: a browser that runs no
 * script, and clients that speak the protocols by hand, so that they can speak them wrongly.
 */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Browser, createBrowser, type Visit } from '../testing/browser.ts';
import { createTestManager, type TestManager } from '../testing/manager.ts';

const ISSUER = 'https://127.0.0.1:1';
const PASSWORD = 'correct horse battery';
const CALLBACK = 'http://127.0.0.1:54321/callback';

let database: TestDatabase;
let manager: TestManager;
let origin: string;

beforeAll(async () => {
  database = await createTestDatabase();
  // As in `dev`: the issuer is one loopback address with TLS, people come by another without.
  manager = await createTestManager(database.url, { issuerUrl: ISSUER });
  origin = await manager.server.listen({ host: '127.0.0.1', port: 0 });
  await makeAccount(account);
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

/** The account that most tests sign in with; what is done to an account is done to another one. */
const account = 'alice';

async function makeAccount(name: string): Promise<string> {
  await manager.must('POST', '/api/v1/accounts', {
    name,
    displayName: 'Alice <b>',
    email: 'alice@example.org',
    groups: ['ops', 'people'],
    password: PASSWORD,
  });
  return name;
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

interface Asked {
  verifier: string;
  url: string;
}

function ask(change: Record<string, string | undefined> = {}): Asked {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = {
    client_id: 'kubenova-cli',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email groups offline_access',
    state: 'some-state',
    nonce: 'some-nonce',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...change,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { verifier, url: `${origin}/oidc/auth?${new URLSearchParams(given)}` };
}

async function post(
  path: string,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(origin + path, { method: 'POST', body: new URLSearchParams(form) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

const getJson = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>;
const token = (form: Record<string, string>) => post('/oidc/token', { client_id: 'kubenova-cli', ...form });
const exchange = (code: string, verifier: string, change: Record<string, string> = {}) =>
  token({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK, ...change });
const refresh = (refreshToken = '') => token({ grant_type: 'refresh_token', refresh_token: refreshToken });
const me = (idToken = '') => manager.call('GET', '/api/v1/me', { token: idToken });

/** Types name and password into the page that is there. */
function login(browser: Browser, page: Visit, name = account, password = PASSWORD): Promise<Visit> {
  expect(page.text).toContain('<h1>Sign in</h1>');
  return browser.submit(page, { name, password, do: 'login' });
}

function codeIn(visit: Visit): string {
  const url = new URL(visit.url);
  expect(url.origin + url.pathname, visit.text).toBe(CALLBACK);
  expect(url.searchParams.get('state')).toBe('some-state');
  expect(url.searchParams.get('iss')).toBe(ISSUER);
  return url.searchParams.get('code') ?? '';
}

async function signIn(name = account): Promise<{ browser: Browser; body: Record<string, string> }> {
  const browser = createBrowser(origin);
  const { url, verifier } = ask();
  const back = await login(browser, await browser.visit(url), name);
  const { status, body } = await exchange(codeIn(back), verifier);
  expect(status, JSON.stringify(body)).toBe(200);
  return { browser, body };
}

describe('the authorization code', () => {
  it('brings an ID token that the Manager accepts', async () => {
    const { body } = await signIn();
    expect(decodeProtectedHeader(body.id_token ?? '')).toMatchObject({ alg: 'ES256' });
    const claims = decodeJwt(body.id_token ?? '');
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: `account:${account}`,
      aud: 'kubenova-cli',
      nonce: 'some-nonce',
      groups: ['ops', 'people'],
      name: 'Alice <b>',
      preferred_username: account,
      email: 'alice@example.org',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
    expect((await me(body.id_token)).body).toMatchObject({ subject: `account:${account}`, groups: ['ops', 'people'] });
  });

  it('works once, and ends what it brought when it is used again', async () => {
    const browser = createBrowser(origin);
    const { url, verifier } = ask();
    const code = codeIn(await login(browser, await browser.visit(url)));
    const first = await exchange(code, verifier);
    expect(first.status).toBe(200);
    expect(await exchange(code, verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(first.body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is good for one of several who use it at the same time', async () => {
    const browser = createBrowser(origin);
    const { url, verifier } = ask();
    const code = codeIn(await login(browser, await browser.visit(url)));
    const answers = await Promise.all([1, 2, 3].map(() => exchange(code, verifier)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  const wrong: [string, (code: string, verifier: string) => ReturnType<typeof exchange>][] = [
    ['with another verifier', (code) => exchange(code, randomBytes(32).toString('base64url'))],
    ['without a verifier', (code) => token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK })],
    [
      'for another address',
      (code, verifier) => exchange(code, verifier, { redirect_uri: 'http://127.0.0.1:1/callback' }),
    ],
    ['for another client', (code, verifier) => exchange(code, verifier, { client_id: 'kubenova-console' })],
    ['that nobody was given', (_, verifier) => exchange('guessed', verifier)],
  ];
  it.each(wrong)('is refused %s', async (_, attempt) => {
    const browser = createBrowser(origin);
    const { url, verifier } = ask();
    const code = codeIn(await login(browser, await browser.visit(url)));
    expect(await attempt(code, verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  const refused: [string, Record<string, string | undefined>, string][] = [
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with PKCE in the clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['for an implicit token', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['that would ask nobody', { prompt: 'none' }, 'login_required'],
    ['with a request object', { request: 'e30.e30.' }, 'request_not_supported'],
  ];
  it.each(refused)('is not given to a request %s', async (_, change, error) => {
    const answer = await createBrowser(origin).visit(ask(change).url);
    const url = new URL(answer.url);
    expect(url.href.startsWith(CALLBACK), answer.text).toBe(true);
    expect([url.searchParams.get('error'), url.hash]).not.toEqual([null, '']);
    expect(url.searchParams.get('error') ?? url.hash).toContain(error);
    expect(url.href).not.toMatch(/[?&#]code=/);
  });
});

describe('where a sign-in may lead', () => {
  const addresses = [
    'https://evil.test/callback',
    'http://evil.test/callback',
    'http://127.0.0.1.evil.test/callback',
    'http://127.0.0.1@evil.test/callback',
    'http://127.0.0.1:54321/other',
    'http://127.0.0.1:54321/callback/../x',
    'http://127.0.0.1:54321/callback?next=https://evil.test',
    'https://127.0.0.1:54321/callback',
    'http://127.0.0.2:54321/callback',
    '//evil.test/callback',
    'javascript:alert(1)',
    '',
  ];
  it.each(addresses)('not to %s', async (address) => {
    const answer = await createBrowser(origin).visit(ask({ redirect_uri: address }).url);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.text).toContain('<h1>');
    expect(answer.text).not.toContain('javascript:');
  });

  it.each(['http://127.0.0.1:1/callback', 'http://127.0.0.1:65000/callback', 'http://localhost:8000/callback'])(
    'to a command line on any port: %s',
    async (address) => {
      const answer = await createBrowser(origin).visit(ask({ redirect_uri: address }).url);
      expect(answer.text).toContain('<h1>Sign in</h1>');
    },
  );

  it('not out of the Manager after signing out', async () => {
    const { browser, body } = await signIn();
    const end = new URLSearchParams({
      id_token_hint: body.id_token ?? '',
      post_logout_redirect_uri: 'https://evil.test/',
    });
    const answer = await browser.visit(`/oidc/session/end?${end}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('by links that a request has made up with its headers nowhere either', async () => {
    const browser = createBrowser(origin);
    const answer = await browser.visit(ask().url, {
      headers: { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' },
    });
    expect(answer.url.startsWith(`${origin}/oidc/interaction/`), answer.url).toBe(true);
    for (const path of ['/oidc/device/auth', 'http://evil.test/oidc/device/auth']) {
      const text = await new Promise<string>((resolve, reject) => {
        const headers = { host: new URL(origin).host, 'content-type': 'application/x-www-form-urlencoded' };
        const sent = request(origin, { method: 'POST', path, headers }, (response) => {
          let all = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            all += chunk;
          });
          response.on('end', () => resolve(all));
        });
        sent.on('error', reject).end('client_id=kubenova-cli&scope=openid');
      });
      expect(JSON.parse(text), path).toMatchObject({ verification_uri: `${origin}/oidc/device` });
    }
  });
});

describe('the page of the password', () => {
  it('is one that no other page can answer, frame or script', async () => {
    const page = await createBrowser(origin).visit(ask().url);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).toMatch(/script-src(;|$)/);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('cache-control')).toContain('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.text).not.toMatch(/<script|\son\w+=|style="/);
    const style = /<style>([\s\S]*)<\/style>/.exec(page.text)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  });

  it('says the same whatever was wrong, and escapes what was typed', async () => {
    const browser = createBrowser(origin);
    let page = await browser.visit(ask().url);
    const texts: string[] = [];
    for (const [name, password] of [
      [account, 'wrong'],
      ['nobody-here', PASSWORD],
      [`${account}\0`, PASSWORD],
      ['"><script>alert(1)</script>', 'x'],
    ] as const) {
      page = await login(browser, page, name, password);
      expect(page.status).toBe(422);
      expect(page.text).not.toContain('<script');
      expect(page.text).not.toContain(PASSWORD);
      texts.push(/<p class="wrong"[^>]*>([^<]*)/.exec(page.text)?.[1] ?? '');
    }
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain('do not go together');
    codeIn(await login(browser, page));
  });

  it('refuses a form that another page has sent', async () => {
    const browser = createBrowser(origin);
    const page = await browser.visit(ask().url);
    for (const csrf of ['', 'guessed', 'x'.repeat(43)]) {
      const answer = await browser.submit(page, { name: account, password: PASSWORD, do: 'login', csrf });
      expect(answer.status).toBe(400);
      expect(answer.url).not.toContain('code=');
    }
    // An attacker's own interaction, forced upon somebody who has begun none or another one.
    const stranger = createBrowser(origin);
    expect((await stranger.submit(page, { name: account, password: PASSWORD, do: 'login' })).status).toBe(400);
    await stranger.visit(ask().url);
    expect((await stranger.submit(page, { name: account, password: PASSWORD, do: 'login' })).status).toBe(400);
  });

  it('takes no cookie that it has not signed', async () => {
    const browser = createBrowser(origin);
    const page = await browser.visit(ask().url);
    const names = [...browser.cookies.keys()];
    expect(names).toEqual(expect.arrayContaining(['kubenova_interaction', 'kubenova_interaction.sig']));
    for (const { attributes } of browser.cookies.values()) expect(attributes).toMatch(/samesite=lax.*httponly/i);
    const uid = browser.cookies.get('kubenova_interaction')?.value ?? '';
    const answer = await fetch(page.url, {
      headers: { cookie: `kubenova_interaction=${uid}; kubenova_interaction.sig=${'A'.repeat(27)}` },
    });
    expect(answer.status).toBe(400);
  });

  it('is told to be over when it was left', async () => {
    const browser = createBrowser(origin);
    const page = await browser.visit(ask().url);
    await manager.store.pool.query("DELETE FROM sign_in_payloads WHERE model = 'Interaction'");
    const answer = await browser.submit(page, { name: account, password: PASSWORD, do: 'login' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('start again');
  });

  it('takes forms and no more than a form needs', async () => {
    const browser = createBrowser(origin);
    const page = await browser.visit(ask().url);
    const answer = await browser.submit(page, { name: account, password: 'x'.repeat(20_000), do: 'login' });
    expect(answer.status).toBe(413);
    const json = await fetch(page.url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(json.status).toBe(400);
  });
});

describe('a browser that is signed in', () => {
  it('asks before another program may act', async () => {
    const { browser } = await signIn();
    const { url, verifier } = ask();
    const page = await browser.visit(url);
    expect(page.text).toContain(`Continue as ${account}?`);
    const { body } = await exchange(codeIn(await browser.submit(page, { do: 'continue' })), verifier);
    expect((await me(body.id_token)).body.subject).toBe(`account:${account}`);
  });

  it('can say no', async () => {
    const { browser } = await signIn();
    const answer = await browser.submit(await browser.visit(ask().url), { do: 'abort' });
    expect(new URL(answer.url).searchParams.get('error')).toBe('access_denied');
  });

  it('can be another person from then on', async () => {
    const { browser } = await signIn();
    const bob = await makeAccount('bob');
    const { url, verifier } = ask();
    const form = await browser.submit(await browser.visit(url), { do: 'switch' });
    const between = await login(browser, form, bob);
    // The provider signs the first one out by a form of its own, which its one script or the person sends off.
    expect(between.headers.get('content-security-policy')).toMatch(/script-src 'sha256-[^']+'(;|$)/);
    const { body } = await exchange(codeIn(await browser.submit(between)), verifier);
    expect((await me(body.id_token)).body.subject).toBe('account:bob');
  });

  it('does not know an account any more that is gone, disabled or signed out', async () => {
    for (const end of [
      (path: string) => manager.must('DELETE', path),
      (path: string) => manager.must('PATCH', path, { disabled: true }),
      (path: string) => manager.must('POST', `${path}:sign-out`),
    ]) {
      const name = await makeAccount(`carol-${randomBytes(4).toString('hex')}`);
      const browser = createBrowser(origin);
      codeIn(await login(browser, await browser.visit(ask().url), name));
      await end(`/api/v1/accounts/${name}`);
      expect((await browser.visit(ask().url)).text).toContain('<h1>Sign in</h1>');
    }
  });
});

describe('a refresh token', () => {
  it('is replaced at each use and brings the groups of today', async () => {
    const name = await makeAccount('dora');
    const { body } = await signIn(name);
    await manager.must('PATCH', `/api/v1/accounts/${name}`, { groups: ['fewer'] });
    const next = await refresh(body.refresh_token);
    expect(next.status).toBe(200);
    expect(next.body.refresh_token).not.toBe(body.refresh_token);
    expect(decodeJwt(next.body.id_token ?? '')).toMatchObject({ sub: `account:${name}`, groups: ['fewer'] });
  });

  it('that is used twice ends the session of whoever has it', async () => {
    const { body } = await signIn();
    const next = await refresh(body.refresh_token);
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(next.body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('ends no other session of the same person', async () => {
    const [one, two] = [await signIn(), await signIn()];
    await refresh(one.body.refresh_token);
    await refresh(one.body.refresh_token);
    expect((await refresh(two.body.refresh_token)).status).toBe(200);
  });

  it('is of no use to another client', async () => {
    const { body } = await signIn();
    const answer = await post('/oidc/token', {
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token ?? '',
      client_id: 'kubenova-console',
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is over when it is revoked, and nothing else is', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const revoked = { token: one.body.refresh_token ?? '', client_id: 'kubenova-cli' };
    expect((await post('/oidc/token/revocation', revoked)).status).toBe(200);
    expect((await refresh(one.body.refresh_token)).status).toBe(400);
    expect((await refresh(two.body.refresh_token)).status).toBe(200);
    // RFC 7009, section 2.2: an unknown one is revoked already.
    expect((await post('/oidc/token/revocation', { ...revoked, token: 'unknown' })).status).toBe(200);
  });

  it.each([
    ['is disabled', (path: string) => manager.must('PATCH', path, { disabled: true })],
    ['is gone', (path: string) => manager.must('DELETE', path)],
    ['is signed out', (path: string) => manager.must('POST', `${path}:sign-out`)],
    ['has a new password', (path: string) => manager.must('PATCH', path, { password: 'another horse battery' })],
  ])('is over when the account %s, and so is the ID token', async (_, end) => {
    const name = await makeAccount(`erin-${randomBytes(4).toString('hex')}`);
    const { body } = await signIn(name);
    expect((await me(body.id_token)).status).toBe(200);
    await end(`/api/v1/accounts/${name}`);
    expect((await me(body.id_token)).status).toBe(401);
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('a device', () => {
  const start = () => post('/oidc/device/auth', { client_id: 'kubenova-cli', scope: 'openid profile groups' });
  const poll = (code = '') => token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: code });
  /** As if the device had waited. */
  const wait = () =>
    manager.store.pool.query(`UPDATE sign_in_payloads SET payload = payload - 'polledAt' WHERE model = 'DeviceCode'`);

  it('is signed in by a person who compares the code', async () => {
    const { body } = await start();
    expect(body.user_code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });

    const browser = createBrowser(origin);
    const typed = await browser.visit(body.verification_uri ?? '');
    const confirm = await browser.submit(typed, { user_code: (body.user_code ?? '').toLowerCase().replace('-', ' ') });
    expect(confirm.text).toContain('Is this your code?');
    expect(confirm.text).toContain(body.user_code);
    expect(confirm.text).toContain('127.0.0.1');
    const done = await login(browser, await browser.submit(confirm, { confirm: 'yes' }));
    expect(done.text).toContain('You are signed in');

    await wait();
    const answer = await poll(body.device_code);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect((await me(answer.body.id_token)).body.subject).toBe(`account:${account}`);
    expect((await refresh(answer.body.refresh_token)).status).toBe(200);
    await wait();
    expect(await poll(body.device_code), 'a device code works once').toMatchObject({
      body: { error: 'invalid_grant' },
    });
  });

  it('asks to confirm a browser that is signed in, too, and that by a link with the code in it', async () => {
    const { browser } = await signIn();
    const { body } = await start();
    const filled = await browser.visit(body.verification_uri_complete ?? '');
    expect(filled.text).not.toContain('<script');
    expect(filled.text).toContain(`value="${body.user_code}"`);
    const confirm = await browser.submit(filled);
    expect(confirm.text).toContain('Is this your code?');
    await wait();
    expect(await poll(body.device_code)).toMatchObject({ body: { error: 'authorization_pending' } });
    expect((await browser.submit(confirm, { confirm: 'yes' })).text).toContain('You are signed in');
    await wait();
    expect((await poll(body.device_code)).status).toBe(200);
  });

  it('is told when the person refuses', async () => {
    const { body } = await start();
    const browser = createBrowser(origin);
    const confirm = await browser.submit(await browser.visit(body.verification_uri_complete ?? ''));
    expect((await browser.submit(confirm, { abort: 'yes' })).text).toContain('Nothing was connected');
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('is told to slow down', async () => {
    const { body } = await start();
    await poll(body.device_code);
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'slow_down' } });
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'slow_down' } });
    await wait();
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
  });

  it('is told when its time is up, and so is the person', async () => {
    const { body } = await start();
    await manager.store.pool.query(
      `UPDATE sign_in_payloads SET payload = payload || '{"exp": 1}' WHERE model = 'DeviceCode'`,
    );
    expect(await poll(body.device_code)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
    const browser = createBrowser(origin);
    const answer = await browser.submit(await browser.visit(body.verification_uri_complete ?? ''));
    expect(answer.text).toContain('This code has expired');
  });

  it('of another client is refused', async () => {
    const answer = await post('/oidc/device/auth', { client_id: 'kubenova-console', scope: 'openid' });
    expect(answer.status).toBe(400);
    expect(answer.body).not.toHaveProperty('device_code');
  });

  it.each(['WRONG-CODE', 'BBBB-BBBB', ''])('has no code "%s"', async (code) => {
    const browser = createBrowser(origin);
    const answer = await browser.submit(await browser.visit('/oidc/device'), { user_code: code });
    expect(answer.text).toContain('There is no such code');
  });

  it('is not confirmed by a form that another page has sent', async () => {
    const { body } = await start();
    const browser = createBrowser(origin);
    const typed = await browser.visit('/oidc/device');
    for (const form of [{}, { xsrf: 'guessed' }]) {
      const answer = await browser.submit(typed, {
        ...form,
        xsrf: 'guessed',
        user_code: body.user_code ?? '',
        confirm: 'yes',
      });
      expect(answer.text).not.toContain('<h1>Sign in</h1>');
    }
    expect(await poll(body.device_code)).toMatchObject({ body: { error: 'authorization_pending' } });
  });
});

describe('signing out in a browser', () => {
  it('asks, ends the session, and leaves the command line signed in', async () => {
    const { browser, body } = await signIn();
    const page = await browser.visit(
      `/oidc/session/end?${new URLSearchParams({ id_token_hint: body.id_token ?? '' })}`,
    );
    expect(page.text).toContain('<h1>Sign out?</h1>');
    expect((await browser.submit(page, { xsrf: 'guessed', logout: 'yes' })).status).toBe(400);
    const again = await browser.visit('/oidc/session/end');
    expect((await browser.submit(again, { logout: 'yes' })).text).toContain('You are signed out');
    expect((await browser.visit(ask().url)).text).toContain('<h1>Sign in</h1>');
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('ends the tokens of the console', async () => {
    const browser = createBrowser(origin);
    const callback = `${ISSUER}/console/callback`;
    const { url, verifier } = ask({ client_id: 'kubenova-console', redirect_uri: callback });
    const back = await login(browser, await browser.visit(url));
    const code = new URL(back.url).searchParams.get('code') ?? '';
    const console = { client_id: 'kubenova-console', redirect_uri: callback };
    const { body } = await exchange(code, verifier, console);
    expect(decodeJwt(body.id_token ?? '').aud).toBe('kubenova-console');
    expect((await me(body.id_token)).status).toBe(200);
    await browser.submit(await browser.visit('/oidc/session/end'), { logout: 'yes' });
    const again = await token({
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token ?? '',
      client_id: 'kubenova-console',
    });
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('a page of another site', () => {
  it.each([
    ['kubenova-cli', 'https://evil.test'],
    ['kubenova-console', 'https://evil.test'],
    ['kubenova-console', 'null'],
  ])('gets nothing as %s from %s', async (client, from) => {
    const { body } = await signIn();
    const answer = await fetch(`${origin}/oidc/token`, {
      method: 'POST',
      headers: { origin: from },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: body.refresh_token ?? '',
        client_id: client,
      }),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is not one of the console', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'unknown', client_id: 'kubenova-console' };
    for (const home of [origin, ISSUER]) {
      const answer = await fetch(`${origin}/oidc/token`, {
        method: 'POST',
        headers: { origin: home },
        body: new URLSearchParams(form),
      });
      expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
    }
  });
});

describe('what the database holds of it', () => {
  it('lets nobody in', async () => {
    const { browser, body } = await signIn();
    const device = (await post('/oidc/device/auth', { client_id: 'kubenova-cli', scope: 'openid' })).body;
    const asking = createBrowser(origin);
    await asking.visit(ask().url);
    const secrets = [
      body.refresh_token,
      body.access_token,
      device.device_code,
      device.user_code,
      device.user_code?.replace('-', ''),
      browser.cookies.get('kubenova_session')?.value,
      asking.cookies.get('kubenova_interaction')?.value,
      PASSWORD,
    ];
    const rows = (await manager.store.pool.query('SELECT p::text AS text FROM sign_in_payloads p')).rows;
    const kept = rows.map(({ text }) => text).join('\n');
    expect(kept).toContain(`account:${account}`);
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(6);
      expect(kept).not.toContain(secret);
      expect(manager.logs.join('')).not.toContain(secret);
    }
    // What stands there in place of them is of no use either.
    for (const { id } of (
      await manager.store.pool.query("SELECT id FROM sign_in_payloads WHERE model = 'RefreshToken'")
    ).rows) {
      for (const guess of [id, `ref.${id}.${id}`]) expect((await refresh(guess)).status).toBe(400);
    }
  });

  it('is forgotten when its time is up', async () => {
    await signIn();
    await manager.store.pool.query("UPDATE sign_in_payloads SET expires_at = now() - interval '2 minutes'");
    const { forgetSignInPayloads } = await import('../store/sign-in-payloads.ts');
    expect(await forgetSignInPayloads(manager.store.db)).toBeGreaterThan(0);
    expect((await manager.store.pool.query('SELECT FROM sign_in_payloads')).rowCount).toBe(0);
  });
});

describe('the metadata', () => {
  it('is what the provider itself would say, at the address that was called', async () => {
    const ours = await getJson(`${origin}/.well-known/openid-configuration`);
    const provider = await manager.services.signIn.embedded?.provider();
    expect(ours.issuer).toBe(provider?.issuer);
    for (const [name, path] of [
      ['authorization_endpoint', 'authorization'],
      ['token_endpoint', 'token'],
      ['revocation_endpoint', 'revocation'],
      ['device_authorization_endpoint', 'device_authorization'],
      ['end_session_endpoint', 'end_session'],
      ['jwks_uri', 'jwks'],
    ] as const) {
      expect(ours[name]).toBe(provider?.urlFor(path).replace(ISSUER, origin));
    }
    const { keys } = await getJson(String(ours.jwks_uri));
    expect(keys).not.toHaveLength(0);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  it('tells where to sign in', async () => {
    expect((await manager.call('GET', '/api/v1/sign-in', { token: null })).body).toMatchObject({
      kind: 'embedded',
      issuer: ISSUER,
      clientId: 'kubenova-cli',
      flows: ['authorizationCode', 'deviceCode'],
    });
  });

  it.each(['/oidc/me', '/oidc/reg', '/oidc/request', '/oidc/token/introspection', '/oidc', '/oidc/', '/oidc/jwks/x'])(
    'and nothing else is there: %s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(origin + path, { method });
        expect(answer.status).toBe(404);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
      }
    },
  );
});

it('a new signing key signs without a restart, and what the old one signed is accepted', async () => {
  const { body } = await signIn();
  const before = decodeProtectedHeader(body.id_token ?? '').kid;
  const next = await manager.must('POST', '/api/v1/signing-keys:rotate');
  // As if the minutes had passed for which a key is published before it signs.
  await manager.store.pool.query(
    `UPDATE signing_keys SET signs_from = CASE WHEN kid = $1 THEN now() ELSE signs_from END,
      retired_at = CASE WHEN kid = $1 THEN NULL ELSE now() END`,
    [next.id],
  );
  // As if the half minute had passed after which keys are looked for again.
  const later = performance.now() + 31_000;
  vi.spyOn(performance, 'now').mockImplementation(() => later);
  const renewed = await refresh(body.refresh_token);
  expect(decodeProtectedHeader(renewed.body.id_token ?? '').kid).toBe(next.id);
  expect(next.id).not.toBe(before);
  expect((await me(renewed.body.id_token)).status).toBe(200);
  expect((await me(body.id_token)).status).toBe(200);
  vi.restoreAllMocks();
});

describe('behind a proxy that ends TLS', () => {
  const issuers: [string, string][] = [
    ['https://id.test', ''],
    ['https://id.test/kubenova', '/kubenova'],
  ];
  it.each(issuers)('everything is at %s, and cookies are for TLS alone', async (issuerUrl, prefix) => {
    const proxied = await createTestManager(database.url, { issuerUrl });
    const inject = (method: 'GET' | 'POST', path: string, payload?: string) =>
      proxied.server.inject({
        method,
        url: path,
        headers: {
          host: '127.0.0.1:8080',
          accept: 'text/html',
          ...(payload === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(payload === undefined ? {} : { payload }),
      });
    const begun = await inject('GET', ask().url.replace(origin, ''));
    expect(begun.statusCode).toBe(303);
    expect(begun.headers.location).toMatch(new RegExp(`^${prefix}/oidc/interaction/[\\w-]+$`));
    const cookies = [begun.headers['set-cookie']].flat().map(String);
    expect(cookies.length).toBeGreaterThan(1);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; secure/i);
      expect(cookie).toContain(`path=${prefix}/oidc/`);
    }
    const device = await inject('POST', '/oidc/device/auth', 'client_id=kubenova-cli&scope=openid');
    expect(device.json()).toMatchObject({ verification_uri: `${issuerUrl}/oidc/device` });
    const metadata = await inject('GET', '/.well-known/openid-configuration');
    expect(metadata.json()).toMatchObject({ issuer: issuerUrl, token_endpoint: `${issuerUrl}/oidc/token` });
    await proxied.close();
  });
});

it('passwords and codes are not guessed without end, and a page says how long to wait', async () => {
  const limits = { requests: 0, failures: 0, signIns: 2 };
  const limited = await createTestManager(database.url, { issuerUrl: ISSUER, limits });
  const there = await limited.server.listen({ host: '127.0.0.1', port: 0 });
  const browser = createBrowser(there);
  const page = await browser.visit(ask().url.replace(origin, there));
  for (const name of ['one', 'two']) expect((await login(browser, page, name, 'guess')).status).toBe(422);
  const refused = await login(browser, page);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.text).toContain('<h1>Too many requests</h1>');
  const code = await browser.visit('/oidc/device', { method: 'POST', form: { user_code: 'BBBB-BBBB' } });
  expect(code.status).toBe(429);
  await limited.close();
});
