/**
 * Nobody comes in by a header. A table of what was tried against such proxies before, each with its reason, byte by byte;
 * and on top of it random mutations of a good request, whose seed is printed. Where nothing valid is shown the answer is
 * a refusal; where a valid token is, the answer is never more than its holder's.
 */
import type { JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Through } from '../conformance/case.ts';
import { type ForgedToken, forgedTokens } from './forged-tokens.ts';
import { ADMIN_GROUP, becoming, type Header, mutation, smuggling, without } from './header-tables.ts';
import type { Opened } from './proofs.ts';
import { httpText, type RawResponse, sendRaw } from './wire.ts';

const OWN = 'tn-acme-shop-app-web';
const FOREIGN = 'tn-globex-shop-sbx-001';
/** Lists that only an administrator sees whole, and what only a tenant's people see. */
const targets = [
  '/api/v1/namespaces',
  '/api/v1/secrets',
  `/api/v1/namespaces/${OWN}/pods`,
  `/api/v1/namespaces/${FOREIGN}/secrets`,
];
const ways: readonly Through[] = ['capsule-proxy', 'API server'];

export function proveCredentials(world: Opened): void {
  describe('credentials and headers', () => {
    let forged: ForgedToken[];
    /** Of a developer of acme. */
    let token: string;

    beforeAll(async () => {
      const { keys } = (await jwksOf(world().issuer)) as { keys: [JsonWebKey] };
      forged = await forgedTokens(world().issuer, keys[0], ['kubenova-users', 'acme-devs', ADMIN_GROUP]);
      token = world().tokenOf('acme-devs') ?? '';
    });

    const raw = (
      through: Through,
      path: string,
      headers: readonly Header[],
      more: { method?: string; body?: string } = {},
    ) => {
      const server = world().servers[through];
      const own: Header[] = [
        ['Host', new URL(server.url).host],
        ['Accept', 'application/json'],
      ];
      const closing: Header[] = [['Connection', 'close']];
      return sendRaw(server, httpText({ path, headers: [...own, ...headers, ...closing], ...more }));
    };

    it.each(ways)(
      'a good token opens what it should through the %s, so that the refusals below mean something',
      async (through) => {
        const bearer: Header = ['Authorization', `Bearer ${token}`];
        expect((await raw(through, `/api/v1/namespaces/${OWN}/pods`, [bearer])).code).toBe(200);
        const secrets = await raw(through, `/api/v1/namespaces/${FOREIGN}/secrets`, [bearer]);
        expect(secrets.code).toBe(403);
      },
    );

    it.each(ways)('no forged token opens anything through the %s', async (through) => {
      const came: string[] = [];
      for (const { why, token: bad } of forged) {
        for (const path of targets.slice(0, 3)) {
          const answer = await raw(through, path, [['Authorization', `Bearer ${bad}`]]);
          if (!isRefusal(answer)) came.push(`${why}: ${path} answered ${answer.text.slice(0, 400)}`);
        }
      }
      expect(came).toEqual([]);
    });

    it.each(ways)(
      'no forged token opens a WebSocket through the %s, where it stands among the protocols',
      async (through) => {
        const path = `/api/v1/namespaces/${OWN}/pods/${world().pods[OWN]}/exec?command=true&stdout=true`;
        const came: string[] = [];
        const upgrade = (bad: string): Header[] => [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'websocket'],
          ['Sec-WebSocket-Version', '13'],
          ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
          [
            'Sec-WebSocket-Protocol',
            `base64url.bearer.authorization.k8s.io.${Buffer.from(bad).toString('base64url')}, v5.channel.k8s.io`,
          ],
        ];
        const { url, ca } = world().servers[through];
        const open = (bad: string) =>
          sendRaw({ url, ca }, httpText({ path, headers: [['Host', new URL(url).host], ...upgrade(bad)] }), 'answer');
        expect((await open(token)).code).toBe(101);
        for (const { why, token: bad } of forged) {
          const answer = await open(bad);
          if (!isRefusal(answer)) came.push(`${why}: ${answer.text.slice(0, 400)}`);
        }
        expect(came).toEqual([]);
      },
    );

    it.each(ways)('without a credential nothing opens through the %s, whatever else is said', async (through) => {
      const came: string[] = [];
      for (const [why, headers] of without) {
        for (const path of targets) {
          const answer = await raw(through, path, headers);
          if (!isRefusal(answer)) came.push(`${why}: ${path} answered ${answer.text.slice(0, 400)}`);
        }
      }
      expect(came).toEqual([]);
    });

    const bearer = (): Header => ['Authorization', `Bearer ${token}`];

    it.each(ways)('with a token one becomes nobody else through the %s', async (through) => {
      const came: string[] = [];
      for (const [why, headers] of becoming) {
        for (const path of targets) {
          for (const all of [
            [bearer(), ...headers],
            [...headers, bearer()],
          ]) {
            const answer = await raw(through, path, all);
            const leak = leakOf(answer, path);
            if (leak !== undefined) came.push(`${why}: ${path}: ${leak}`);
          }
        }
      }
      expect(came).toEqual([]);
    });

    it.each(ways)('no request hides in another through the %s', async (through) => {
      const came: string[] = [];
      for (const [why, method, headers, body] of smuggling) {
        for (const path of [
          `/api/v1/namespaces/${FOREIGN}/secrets`,
          '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        ]) {
          const answer = await raw(through, path, [bearer(), ...headers], { method, body });
          const answers = answer.text.match(/HTTP\/1\.1 \d{3}/g) ?? [];
          const leak = leakOf(answer, path);
          if (leak !== undefined || answers.length > 2) came.push(`${why}: ${leak} ${answer.text.slice(0, 600)}`);
        }
      }
      expect(came).toEqual([]);
    });

    it('keeps its head when a client says nothing, or half of something', async () => {
      const { url, ca } = world().servers['capsule-proxy'];
      const { hostname, port } = new URL(url);
      const sockets = ['', 'GET', 'GET / HTTP/1.1\r\nHost: a\r\nAuthoriz'].map((text) => {
        const socket = connect({ host: hostname, port: Number(port), ca });
        socket.on('error', () => undefined);
        socket.once('secureConnect', () => socket.write(text));
        return socket;
      });
      await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
      expect((await raw('capsule-proxy', `/api/v1/namespaces/${OWN}/pods`, [bearer()])).code).toBe(200);
      for (const socket of sockets) socket.destroy();
    });

    it('random headers and paths open nothing through capsule-proxy', async () => {
      const seed = Number(process.env.KUBENOVA_SEED ?? Date.now() % 1_000_000);
      console.log(`seed of the random headers: ${seed}`);
      await fc.assert(
        fc.asyncProperty(
          mutation(
            () => token,
            () => forged,
          ),
          fc.constantFrom(...targets),
          async (headers, path) => {
            const answer = await raw('capsule-proxy', path, headers);
            expect(leakOf(answer, path) ?? 'nothing').toBe('nothing');
          },
        ),
        { seed, numRuns: 300 },
      );
    });
  });
}

/** A refusal and nothing else: no list, no object, no server error. */
function isRefusal({ code, text }: RawResponse): boolean {
  return (code === 0 || (code >= 400 && code < 500)) && !holdsObjects(text);
}

const holdsObjects = (text: string): boolean =>
  /"kind":\s*"(\w*List|Table|Namespace|Pod|Secret)"/.test(text) || text.includes('"items"') || text.includes('"uid"');

/** What an answer to a developer of acme holds that it must not; undefined when that is nothing. */
function leakOf({ code, text }: RawResponse, path: string): string | undefined {
  // 501 is how HTTP refuses a transfer encoding; 500 how the API server refuses an impersonation that makes no sense.
  if (code >= 500 && code !== 501 && !/requested \[|impersonat/i.test(text)) return `answered ${text.slice(0, 300)}`;
  if (/globex|kube-system"|kubernetes.io\/service-account-token/.test(withoutRequest(text, path)))
    return text.slice(0, 600);
  if (path.endsWith('/secrets') && holdsObjects(text) && /"items":\s*\[\s*\{/.test(text)) return text.slice(0, 600);
  return undefined;
}

/** A refusal repeats what was asked for; that tells nobody anything. */
const withoutRequest = (text: string, path: string): string =>
  text.replaceAll(path.split('/')[4] ?? '\u0000', '').replaceAll(/\\"[^"\\]*\\"/g, '');

async function jwksOf({ url, caPem }: { url: string; caPem: string }): Promise<unknown> {
  const { hostname, host } = new URL(url);
  const answer = await sendRaw(
    { url, ca: caPem },
    httpText({
      path: '/jwks',
      headers: [
        ['Host', host ?? hostname],
        ['Connection', 'close'],
      ],
    }),
  );
  return JSON.parse(/\{.*\}/s.exec(answer.text)?.[0] ?? '');
}
