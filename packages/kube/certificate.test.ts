/** Certificates: what is told apart, and that the right one is taken. */
import { connect, createServer } from 'node:net';
import { type Authority, createAuthority, type KeyPair } from '@kubenova/testkit/certificates.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from './client.ts';
import type { KubeConnection } from './connection.ts';
import { ConfigMap } from './kinds/core.ts';
import { type Fixture, sendJson, startFixture } from './testing/fixture-server.ts';

let authority: Authority;
let foreign: Authority;
const closing: (() => Promise<unknown>)[] = [];
const ref = { namespace: 'n', name: 'a' };
const day = 86_400_000;

beforeAll(async () => {
  [authority, foreign] = await Promise.all([createAuthority('ours'), createAuthority('theirs')]);
});
afterAll(async () => {
  for (const close of closing) {
    await close();
  }
});

async function serve(certificate: KeyPair): Promise<Fixture> {
  const fixture = await startFixture(
    (_, response) => sendJson(response, 200, { kind: 'ConfigMap', metadata: ref }),
    certificate,
  );
  closing.push(fixture.close);
  return fixture;
}

function clientOf(server: string, changes: Partial<KubeConnection> = {}): KubeClient {
  const client = createKubeClient({
    server,
    ca: authority.cert,
    credential: { kind: 'token', token: 't' },
    ...changes,
  });
  closing.unshift(() => client.close());
  return client;
}

describe("a server's certificate", () => {
  it('is taken when it is right, for its address or for the name that is asked for', async () => {
    const { url } = await serve(await authority.issue({ commonName: 'api', ips: ['127.0.0.1'] }));
    await clientOf(url).get(ConfigMap, ref);
    const named = await serve(await authority.issue({ commonName: 'api', dnsNames: ['api.internal'] }));
    await clientOf(named.url, { tlsServerName: 'api.internal' }).get(ConfigMap, ref);
  });

  it('of another CA is told, whether there is a CA given or not', async () => {
    const { url } = await serve(await foreign.issue({ commonName: 'api', ips: ['127.0.0.1'] }));
    for (const ca of [authority.cert, undefined]) {
      await expect(clientOf(url, { ca }).get(ConfigMap, ref)).rejects.toMatchObject({
        reason: 'Certificate',
        message: expect.stringContaining('certificate-authority-data'),
      });
    }
  });

  it('that has expired is told', async () => {
    const notBefore = new Date(Date.now() - 2 * day);
    const certificate = await authority.issue({
      commonName: 'api',
      ips: ['127.0.0.1'],
      notBefore,
      notAfter: new Date(Date.now() - day),
    });
    const { url } = await serve(certificate);
    await expect(clientOf(url).get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Certificate',
      transportCode: 'CERT_HAS_EXPIRED',
      message: expect.stringContaining('expired'),
    });
  });

  it('for another host is told', async () => {
    const { url } = await serve(await authority.issue({ commonName: 'api', dnsNames: ['api.internal'] }));
    await expect(clientOf(url).get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Certificate',
      message: expect.stringContaining('another host name'),
    });
  });
});

describe('what does not speak TLS', () => {
  it('is told as such', async () => {
    const plain = await startFixture((_, response) => response.end('hello'));
    closing.push(plain.close);
    await expect(clientOf(plain.url.replace('http', 'https')).get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Protocol',
    });
  });

  it('is given up after the connect timeout when it accepts and is silent', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    expect(connect(port).destroy()).toBeDefined();
    const client = createKubeClient(
      { server: `https://127.0.0.1:${port}`, credential: { kind: 'token', token: 't' } },
      { connectTimeoutMs: 100 },
    );
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Unreachable' });
    await client.close();
    silent.close();
  });
});

describe('a client', () => {
  it('refuses a CA or key that cannot be read, before anything is dialled', () => {
    expect(() =>
      clientOf('https://127.0.0.1:1', { credential: { kind: 'certificate', cert: 'x', key: 'SECRET' } }),
    ).toThrow(/cannot be read/);
  });
});
