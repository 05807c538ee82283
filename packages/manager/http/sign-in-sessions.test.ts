/** What follows a sign-in: the browser's session, refresh tokens, signing out, and what is kept of it. */
import { randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../testing/browser.ts';
import type { TestManager } from '../testing/manager.ts';
import { ACCOUNT, ISSUER, PASSWORD, signInScene } from '../testing/sign-in-scene.ts';

const scene = signInScene();
const { ask, codeIn, exchange, login, makeAccount, me, post, refresh, signIn, token } = scene;
let manager: TestManager;
let origin: string;
beforeAll(() => {
  ({ manager, origin } = scene);
});

describe('a browser that is signed in', () => {
  it('asks before another program may act', async () => {
    const { browser } = await signIn();
    const { url, verifier } = ask();
    const page = await browser.visit(url);
    expect(page.text).toContain(`Continue as ${ACCOUNT}?`);
    const { body } = await exchange(codeIn(await browser.submit(page, { do: 'continue' })), verifier);
    expect((await me(body.id_token)).body.subject).toBe(`account:${ACCOUNT}`);
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

  it.each([
    ['is gone', (path: string) => manager.must('DELETE', path)],
    ['is disabled', (path: string) => manager.must('PATCH', path, { disabled: true })],
    ['was signed out', (path: string) => manager.must('POST', `${path}:sign-out`)],
  ])('does not know an account any more that %s', async (_, end) => {
    const name = await makeAccount(`carol-${randomBytes(4).toString('hex')}`);
    const browser = createBrowser(origin);
    codeIn(await login(browser, await browser.visit(ask().url), name));
    await end(`/api/v1/accounts/${name}`);
    expect((await browser.visit(ask().url)).text).toContain('<h1>Sign in</h1>');
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
    expect(kept).toContain(`account:${ACCOUNT}`);
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
