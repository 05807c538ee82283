/** The embedded sign-in at the edge: the authorization code, where it may lead, the page of the password, the metadata. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../testing/browser.ts';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { ACCOUNT, CALLBACK, ISSUER, PASSWORD, signInScene } from '../testing/sign-in-scene.ts';

const scene = signInScene();
const { ask, codeIn, exchange, login, me, refresh, signIn, token } = scene;
let manager: TestManager;
let origin: string;
beforeAll(() => {
  ({ manager, origin } = scene);
});

const getJson = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>;

describe('the authorization code', () => {
  it('brings an ID token that the Manager accepts', async () => {
    const { body } = await signIn();
    expect(decodeProtectedHeader(body.id_token ?? '')).toMatchObject({ alg: 'ES256' });
    const claims = decodeJwt(body.id_token ?? '');
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: `account:${ACCOUNT}`,
      aud: 'kubenova-cli',
      nonce: 'some-nonce',
      groups: ['ops', 'people'],
      name: 'Alice <b>',
      preferred_username: ACCOUNT,
      email: 'alice@example.org',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
    expect((await me(body.id_token)).body).toMatchObject({ subject: `account:${ACCOUNT}`, groups: ['ops', 'people'] });
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
      [ACCOUNT, 'wrong'],
      ['nobody-here', PASSWORD],
      [`${ACCOUNT}\0`, PASSWORD],
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
      const answer = await browser.submit(page, { name: ACCOUNT, password: PASSWORD, do: 'login', csrf });
      expect(answer.status).toBe(400);
      expect(answer.url).not.toContain('code=');
    }
    // An attacker's own interaction, forced upon somebody who has begun none or another one.
    const stranger = createBrowser(origin);
    expect((await stranger.submit(page, { name: ACCOUNT, password: PASSWORD, do: 'login' })).status).toBe(400);
    await stranger.visit(ask().url);
    expect((await stranger.submit(page, { name: ACCOUNT, password: PASSWORD, do: 'login' })).status).toBe(400);
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
    const answer = await browser.submit(page, { name: ACCOUNT, password: PASSWORD, do: 'login' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('start again');
  });

  it('takes forms and no more than a form needs', async () => {
    const browser = createBrowser(origin);
    const page = await browser.visit(ask().url);
    const answer = await browser.submit(page, { name: ACCOUNT, password: 'x'.repeat(20_000), do: 'login' });
    expect(answer.status).toBe(413);
    const json = await fetch(page.url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(json.status).toBe(400);
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

describe('behind a proxy that ends TLS', () => {
  const issuers: [string, string][] = [
    ['https://id.test', ''],
    ['https://id.test/kubenova', '/kubenova'],
  ];
  it.each(issuers)('everything is at %s, and cookies are for TLS alone', async (issuerUrl, prefix) => {
    const proxied = await createTestManager(scene.databaseUrl, { issuerUrl });
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
  const limited = await createTestManager(scene.databaseUrl, { issuerUrl: ISSUER, limits });
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
