/** Who somebody is: impersonation, tokens of accounts and of an issuer, certificates. */
import { expect } from 'vitest';
import { casesOf } from '../case.ts';
import { configMaps, del, get, pods, post, recorded, secrets, told } from '../requests.ts';
import { accounts, grant, rob, token } from '../rights.ts';

export const identityCases = casesOf('rbac', {
  'impersonation-allowed': [
    'who may impersonate has the other’s rights and no others',
    async (s) => {
      const answer = await s.do(
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          {},
          {
            headers: {
              'impersonate-user': 'conf-rob',
              'impersonate-group': ['devs', 'ops'],
              'impersonate-uid': '7',
              'impersonate-extra-scopes': 'a',
            },
          },
        ),
      );
      expect(answer.status.userInfo).toEqual({
        username: 'conf-rob',
        uid: '7',
        groups: ['devs', 'ops', 'system:authenticated'],
        extra: { scopes: ['a'] },
      });
    },
  ],
  'impersonation-of-account': [
    'an impersonated account has its groups by itself',
    async (s) => {
      const answer = await s.do(
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          {},
          { headers: { 'impersonate-user': `system:serviceaccount:${s.ns}:default` } },
        ),
      );
      expect(answer.status.userInfo.groups).toEqual([
        'system:serviceaccounts',
        `system:serviceaccounts:${s.ns}`,
        'system:authenticated',
      ]);
    },
  ],
  'impersonation-refused': [
    'nobody else may, and groups need a user',
    async (s) => {
      const { token: bearer } = await token(s, 'default');
      const ask = async (headers: Record<string, string>) =>
        told(await s.send(get(configMaps, { token: bearer, headers })));
      s.golden([
        await ask({ 'impersonate-user': 'conf-rob' }),
        await ask({ 'impersonate-user': `system:serviceaccount:${s.ns}:other` }),
        told(await s.send(get(configMaps, { headers: { 'impersonate-group': 'devs' } }))),
      ]);
    },
  ],
  'impersonation-of-one': [
    'impersonation can be granted for one name',
    async (s) => {
      await s.do(post(accounts, { metadata: { name: 'robot' } }));
      await grant(
        s,
        [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'], resourceNames: ['robot'] }],
        { kind: 'ServiceAccount', name: 'default', namespace: s.ns },
      );
      const { token: bearer } = await token(s, 'default');
      const as = (name: string) =>
        get(configMaps, { token: bearer, headers: { 'impersonate-user': `system:serviceaccount:${s.ns}:${name}` } });
      await s.until('the right to be in force', async () =>
        String((await s.send(as('robot'))).body.message).includes('cannot list'),
      );
      expect((await s.send(as('default'))).body.message).toContain('cannot impersonate resource "serviceaccounts"');
    },
  ],
  whoami: [
    'kubectl auth whoami',
    async (s) => {
      expect(JSON.parse(await s.run(['auth', 'whoami', '-o', 'json'], { as: rob })).status.userInfo).toEqual({
        username: 'conf-rob',
        groups: ['devs', 'system:authenticated'],
      });
    },
  ],
  'token-request': [
    'a token is its account, for a time, in the cluster’s own words',
    async (s) => {
      const { token: bearer, expirationTimestamp } = await token(s, 'default', { expirationSeconds: 600 });
      const left = Date.parse(expirationTimestamp) - Date.now();
      expect(left).toBeGreaterThan(500_000);
      expect(left).toBeLessThan(660_000);
      const { status } = await s.do(post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token: bearer }));
      expect(status.userInfo).toMatchObject({
        username: `system:serviceaccount:${s.ns}:default`,
        uid: expect.stringMatching(/-/),
        groups: ['system:serviceaccounts', `system:serviceaccounts:${s.ns}`, 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
      });
      const claims = JSON.parse(Buffer.from(bearer.split('.')[1], 'base64url').toString());
      expect(claims).toMatchObject({
        sub: `system:serviceaccount:${s.ns}:default`,
        'kubernetes.io': { namespace: s.ns, serviceaccount: { name: 'default' } },
      });
    },
  ],
  'token-request-invalid': recorded(
    'a token lasts ten minutes at least',
    post(`${accounts}/default/token`, { spec: { expirationSeconds: 10 } }),
    post(`${accounts}/nobody/token`, { spec: {} }),
  ),
  'token-audience': [
    'a token for others is not good here',
    async (s) => {
      const { token: bearer } = await token(s, 'default', { audiences: ['elsewhere'] });
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(401);
      const { status } = await s.do(
        post('/apis/authentication.k8s.io/v1/tokenreviews', {
          spec: { token: bearer, audiences: ['elsewhere', 'more'] },
        }),
      );
      expect(status).toMatchObject({ authenticated: true, audiences: ['elsewhere'] });
      const here = await s.do(post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: bearer } }));
      expect(here.status.authenticated).toBeUndefined();
      expect(here.status.error).toContain('token audiences');
    },
  ],
  'token-ends-with-account': [
    'a token ends with its account',
    async (s) => {
      await s.do(post(accounts, { metadata: { name: 'robot' } }));
      const { token: bearer } = await token(s, 'robot');
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(403);
      await s.do(del(`${accounts}/robot`));
      await s.until(
        'the token to be refused',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 401,
      );
    },
  ],
  'token-bound-to-pod': [
    'or with the pod that it is bound to',
    async (s) => {
      const made = await s.do(
        post(pods, {
          metadata: { name: 'p' },
          spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'c' }] },
        }),
      );
      const { token: bearer } = await token(s, 'default', {
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: made.metadata.uid },
      });
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(403);
      await s.do(del(`${pods}/p`));
      await s.until(
        'the token to be refused',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 401,
      );
    },
  ],
  'token-invented': recorded(
    'what is no token is nobody',
    get(configMaps, { token: 'abc' }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'abc' } }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} }),
  ),
  'token-secret': [
    'a Secret of its type gets a token written into it',
    async (s) => {
      await s.do(
        post(secrets, {
          metadata: { name: 't', annotations: { 'kubernetes.io/service-account.name': 'default' } },
          type: 'kubernetes.io/service-account-token',
        }),
      );
      const data = await s.until('the token to be written', async () => {
        const read = await s.do(get(`${secrets}/t`));
        return read.data?.token === undefined ? undefined : read.data;
      });
      expect(Object.keys(data).sort()).toEqual(['ca.crt', 'namespace', 'token']);
      const bearer = Buffer.from(data.token, 'base64').toString();
      await s.until(
        'the token to be taken',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 403,
      );
    },
  ],
  'oidc-token': [
    'a token of the trusted issuer is who it says, with its groups',
    { needs: ['issuer'] },
    async (s) => {
      const bearer = await s.idToken({ sub: 'olga', groups: ['acme-devs', 'kubenova-users'] });
      const { status } = await s.do(post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token: bearer }));
      expect(status.userInfo).toMatchObject({
        username: 'olga',
        groups: ['acme-devs', 'kubenova-users', 'system:authenticated'],
      });
    },
  ],
  'oidc-refused': [
    'but not for another audience, after its time, with another’s signature, or by a name of the system',
    { needs: ['issuer'] },
    async (s) => {
      const past = Math.floor(Date.now() / 1000) - 60;
      const names = [{ sub: '' }, { sub: 'system:apiserver' }, { groups: ['devs', 'system:masters'] }];
      for (const claims of [{ aud: 'other' }, { exp: past }, { iss: 'https://127.0.0.1:1' }, ...names]) {
        const bearer = await s.idToken({ sub: 'olga', ...claims });
        expect(await s.send(get(configMaps, { token: bearer }))).toMatchObject({
          code: 401,
          body: { reason: 'Unauthorized' },
        });
      }
      const [head, body] = (await s.idToken({ sub: 'olga' })).split('.');
      expect((await s.send(get(configMaps, { token: `${head}.${body}.c2lnbmF0dXJl` }))).code).toBe(401);
    },
  ],
  certificate: [
    'a client certificate is its common name, with its organizations as groups',
    { needs: ['credentials'] },
    async (s) => {
      const info = JSON.parse(await s.run(['auth', 'whoami', '-o', 'json'], { as: rob, through: 'API server' })).status
        .userInfo;
      expect(info).toMatchObject({ username: 'conf-rob', groups: ['devs', 'system:authenticated'] });
    },
  ],
});
