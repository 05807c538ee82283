import type { ServerResponse } from 'node:http';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { type Fixture, sendJson, sendStatus, startFixture } from '@kubenova/kube/testing/fixture-server.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { probeIssuer, type TokenIssuer } from './issuer-probe.ts';

let server: Fixture;
let connection: KubeConnection;
let answer: (response: ServerResponse) => void;
const minted: unknown[] = [];

const issuer: TokenIssuer = {
  url: 'https://issuer.test',
  async mint(claims) {
    minted.push(claims);
    return { token: 'a.token.of-the-issuer', expiresAt: new Date() };
  },
};

beforeAll(async () => {
  const authority = await createAuthority('issuer probe');
  const tls = await authority.issue({ commonName: 'server', ips: ['127.0.0.1'], uses: ['server'] });
  server = await startFixture((_, response) => answer(response), tls);
  connection = { server: server.url, ca: authority.cert, credential: { kind: 'token', token: 'of-the-manager' } };
});
afterAll(() => server.close());
beforeEach(() => {
  minted.length = 0;
  server.requests.length = 0;
});

const ask = (auth: 'oidc' | 'serviceAccount' = 'oidc') =>
  probeIssuer(issuer, { name: 'north', auth, connection }, AbortSignal.timeout(10_000));

const isUser = (username: string, groups: string[]) => (response: ServerResponse) =>
  sendJson(response, 201, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    metadata: {},
    status: { userInfo: { username, groups } },
  });

describe('whether a cluster trusts the issuer', () => {
  it('is asked with a token of a minute for that cluster, which may do nothing', async () => {
    answer = isUser('kubenova:probe', ['kubenova-users', 'system:authenticated']);
    expect(await ask()).toMatchObject({ type: 'IssuerTrusted', status: 'True', reason: 'Trusted' });
    expect(minted).toEqual([
      { subject: 'kubenova:probe', audience: 'kubenova:north', groups: ['kubenova-users'], ttlSeconds: 60 },
    ]);
    expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/apis/authentication.k8s.io/v1/selfsubjectreviews', 'Bearer a.token.of-the-issuer'],
    ]);
  });

  const cases: { reason: string; answers: typeof answer; says: string }[] = [
    {
      reason: 'NotTrusted',
      answers: (response) => sendStatus(response, 401, 'Unauthorized'),
      says: 'auth serviceAccount',
    },
    { reason: 'OtherNames', answers: isUser('oidc:kubenova:probe', ['kubenova-users']), says: 'without a prefix' },
    { reason: 'OtherNames', answers: isUser('kubenova:probe', ['oidc:kubenova-users']), says: 'without a prefix' },
  ];
  it.each(cases)('no: $reason', async ({ reason, answers, says }) => {
    answer = answers;
    const condition = await ask();
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition.message).toContain(says);
    expect(condition.message).not.toContain('a.token');
  });

  it('is asked again where the server fails for a moment', async () => {
    let failures = 2;
    answer = (response) => {
      failures -= 1;
      if (failures >= 0) sendStatus(response, 503, 'ServiceUnavailable');
      else isUser('kubenova:probe', ['kubenova-users'])(response);
    };
    expect(await ask()).toMatchObject({ status: 'True' });
    expect(server.requests).toHaveLength(3);
  });

  it('does not matter where people come as ServiceAccounts', async () => {
    expect(await ask('serviceAccount')).toMatchObject({ status: 'True', reason: 'NotNeeded' });
    expect(server.requests).toEqual([]);
  });
});
