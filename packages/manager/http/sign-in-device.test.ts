/** Signing a device in (RFC 8628): the person on another one, the questions of the device, and who must not get in. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../testing/browser.ts';
import type { TestManager } from '../testing/manager.ts';
import { ACCOUNT, signInScene } from '../testing/sign-in-scene.ts';

const scene = signInScene();
const { login, me, post, refresh, signIn, token } = scene;
let manager: TestManager;
let origin: string;
beforeAll(() => {
  ({ manager, origin } = scene);
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
    expect((await me(answer.body.id_token)).body.subject).toBe(`account:${ACCOUNT}`);
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
