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
import type { Opened } from './proofs.ts';
import { httpText, type RawResponse, sendRaw } from './wire.ts';

type Header = readonly [name: string, value: string];

const OWN = 'tn-acme-shop-app-web';
const FOREIGN = 'tn-globex-shop-sbx-001';
const ADMIN_GROUP = 'system:masters';
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

    const without: readonly (readonly [why: string, headers: readonly Header[]])[] = [
      ['no header at all', []],
      ['an empty header', [['Authorization', '']]],
      ['a scheme and nothing else', [['Authorization', 'Bearer']]],
      ['an empty token (CVE-2023-48312)', [['Authorization', 'Bearer ']]],
      ['a token of spaces', [['Authorization', 'Bearer      ']]],
      ['a tab for a token', [['Authorization', 'Bearer \t']]],
      ['the scheme twice', [['Authorization', 'Bearer Bearer ']]],
      ['a comma', [['Authorization', 'Bearer ,']]],
      ['a null', [['Authorization', 'Bearer null']]],
      ['undefined', [['Authorization', 'Bearer undefined']]],
      ['Basic', [['Authorization', `Basic ${Buffer.from('admin:admin').toString('base64')}`]]],
      ['Negotiate', [['Authorization', 'Negotiate abc']]],
      [
        'two empty headers',
        [
          ['Authorization', 'Bearer '],
          ['Authorization', 'Bearer '],
        ],
      ],
      [
        'an empty header and one that names a scheme',
        [
          ['Authorization', ''],
          ['Authorization', 'Bearer x'],
        ],
      ],
      [
        'names of an administrator',
        [
          ['X-Remote-User', 'kubenova-admin'],
          ['X-Remote-Group', ADMIN_GROUP],
        ],
      ],
      [
        'extra names of an administrator',
        [
          ['X-Remote-User', 'root'],
          ['X-Remote-Group', ADMIN_GROUP],
          ['X-Remote-Extra-Scopes', 'all'],
        ],
      ],
      [
        'a certificate that a proxy before this one would have seen',
        [['X-Forwarded-Client-Cert', `Subject="CN=kubenova-admin,O=${ADMIN_GROUP}"`]],
      ],
      [
        'an identity that a proxy before this one would have set',
        [
          ['X-Forwarded-User', 'kubenova-admin'],
          ['X-Forwarded-Group', ADMIN_GROUP],
        ],
      ],
      [
        'an address on the inside',
        [
          ['X-Forwarded-For', '127.0.0.1'],
          ['X-Real-IP', '127.0.0.1'],
        ],
      ],
      ['a proxy’s own header', [['Proxy-Authorization', 'Bearer abc']]],
      ['a cookie', [['Cookie', 'token=abc; authorization=Bearer abc']]],
      [
        'to be somebody else',
        [
          ['Impersonate-User', 'kubenova-admin'],
          ['Impersonate-Group', ADMIN_GROUP],
        ],
      ],
      [
        'an empty token, to be somebody else',
        [
          ['Authorization', 'Bearer '],
          ['Impersonate-User', 'kubenova-admin'],
          ['Impersonate-Group', ADMIN_GROUP],
        ],
      ],
      [
        'that the identity is struck out (CVE-2022-23652, CVE-2021-31999)',
        [['Connection', 'Impersonate-User, Impersonate-Group, Authorization']],
      ],
      [
        'an empty token that is struck out',
        [
          ['Authorization', 'Bearer '],
          ['Connection', 'Authorization'],
        ],
      ],
      [
        'an upgrade to nothing',
        [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'h2c'],
          ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
        ],
      ],
      [
        'another method in a header',
        [
          ['X-HTTP-Method-Override', 'GET'],
          ['X-Original-URL', '/livez'],
        ],
      ],
    ];
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
    const becoming: readonly (readonly [why: string, headers: readonly Header[]])[] = [
      ['a user', [['Impersonate-User', 'kubenova-admin']]],
      ['a group', [['Impersonate-Group', ADMIN_GROUP]]],
      [
        'a user and a group',
        [
          ['Impersonate-User', 'kubenova-admin'],
          ['Impersonate-Group', ADMIN_GROUP],
        ],
      ],
      ['an account', [['Impersonate-User', 'system:serviceaccount:kubenova-system:kubenova-manager']]],
      [
        'an empty user before an administrator',
        [
          ['Impersonate-User', ''],
          ['Impersonate-User', 'kubenova-admin'],
        ],
      ],
      ['an empty user', [['Impersonate-User', '']]],
      [
        'an empty user and an empty group',
        [
          ['Impersonate-User', ''],
          ['Impersonate-Group', ''],
        ],
      ],
      [
        'oneself before an administrator',
        [
          ['Impersonate-User', 'kubenova:acme-devs'],
          ['Impersonate-User', 'kubenova-admin'],
        ],
      ],
      [
        'an empty group before an administrators’',
        [
          ['Impersonate-Group', ''],
          ['Impersonate-Group', ADMIN_GROUP],
        ],
      ],
      ['two groups in one header', [['Impersonate-Group', `acme-devs,${ADMIN_GROUP}`]]],
      [
        'a user by another case of the header',
        [
          ['IMPERSONATE-USER', 'kubenova-admin'],
          ['impersonate-group', ADMIN_GROUP],
        ],
      ],
      [
        'a user by an underscore',
        [
          ['Impersonate_User', 'kubenova-admin'],
          ['Impersonate_Group', ADMIN_GROUP],
        ],
      ],
      ['another uid', [['Impersonate-Uid', '00000000-0000-0000-0000-000000000000']]],
      ['somebody with more scopes', [['Impersonate-Extra-Scopes', 'all']]],
      [
        'a user who is struck out (CVE-2021-31999)',
        [
          ['Impersonate-User', 'nobody'],
          ['Connection', 'Impersonate-User'],
        ],
      ],
      [
        'nobody, by striking out the identity (CVE-2022-23652)',
        [['Connection', 'Impersonate-User, Impersonate-Group']],
      ],
      ['nobody, by striking it out in another case', [['Connection', 'impersonate-USER,impersonate-GROUP,close']]],
      [
        'nobody, over two headers',
        [
          ['Connection', 'Impersonate-User'],
          ['Connection', 'Impersonate-Group'],
        ],
      ],
      [
        'nobody, by the older header',
        [
          ['Proxy-Connection', 'Impersonate-User'],
          ['Keep-Alive', 'Impersonate-User'],
        ],
      ],
      ['the proxy, by striking out the token', [['Connection', 'Authorization']]],
      [
        'the proxy, by striking out everything',
        [['Connection', 'Authorization, Impersonate-User, Impersonate-Group, Host, Accept']],
      ],
      [
        'the proxy, by an upgrade that strikes out the identity',
        [
          ['Connection', 'Upgrade, Impersonate-User, Impersonate-Group'],
          ['Upgrade', 'websocket'],
        ],
      ],
      [
        'an administrator, by what a front proxy says',
        [
          ['X-Remote-User', 'kubenova-admin'],
          ['X-Remote-Group', ADMIN_GROUP],
        ],
      ],
      ['an administrator, by a second token', [['Authorization', 'Bearer abc']]],
      [
        'an administrator, by a certificate in a header',
        [['X-Forwarded-Client-Cert', `Subject="CN=kubenova-admin,O=${ADMIN_GROUP}"`]],
      ],
    ];
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

    const smuggling: readonly (readonly [why: string, method: string, headers: readonly Header[], body: string])[] = [
      [
        'a length and chunks',
        'POST',
        [
          ['Content-Length', '5'],
          ['Transfer-Encoding', 'chunked'],
        ],
        '0\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\n\r\n',
      ],
      [
        'two lengths',
        'POST',
        [
          ['Content-Length', '0'],
          ['Content-Length', '40'],
        ],
        'GET /api/v1/secrets HTTP/1.1\r\nX: y\r\n\r\n',
      ],
      [
        'chunks in a case of its own',
        'POST',
        [
          ['Transfer-Encoding', 'xchunked'],
          ['Content-Length', '3'],
        ],
        'a=b',
      ],
      [
        'chunks by a tab',
        'POST',
        [
          ['Transfer-Encoding', '\tchunked'],
          ['Content-Length', '3'],
        ],
        '0\r\n\r\n',
      ],
      [
        'chunks twice',
        'POST',
        [
          ['Transfer-Encoding', 'chunked'],
          ['Transfer-Encoding', 'identity'],
        ],
        '0\r\n\r\n',
      ],
      ['a length below zero', 'POST', [['Content-Length', '-1']], ''],
      [
        'a body with a GET',
        'GET',
        [['Content-Length', '48']],
        'GET /api/v1/secrets HTTP/1.1\r\nHost: a\r\nX: yyyy\r\n',
      ],
    ];
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

/** A good token or a forged one or none, among headers that have something to do with who one is. */
function mutation(token: () => string, forged: () => readonly ForgedToken[]): fc.Arbitrary<Header[]> {
  const names = [
    'Authorization',
    'Impersonate-User',
    'Impersonate-Group',
    'Impersonate-Uid',
    'Impersonate-Extra-Scopes',
    'Connection',
    'X-Remote-User',
    'X-Remote-Group',
    'Upgrade',
    'Proxy-Authorization',
    'Sec-WebSocket-Protocol',
    'X-Forwarded-Client-Cert',
    'TE',
    'Trailer',
  ];
  const cased = fc
    .constantFrom(...names)
    .chain((name) => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase()));
  const value = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'kubenova-admin',
      ADMIN_GROUP,
      'Impersonate-User, Impersonate-Group',
      'Authorization',
      'Upgrade',
      'websocket',
      'Bearer',
      'Bearer ',
      'Bearer x',
      'trailers',
    ),
    fc.integer({ min: 0, max: 40 }).map((index) => `Bearer ${forged()[index]?.token ?? ''}`),
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, '')),
  );
  const noise = fc.array(fc.tuple(cased, value), { maxLength: 5 });
  return fc.tuple(noise, fc.boolean(), fc.nat()).map(([headers, withToken, at]) => {
    if (!withToken) return headers;
    const place = at % (headers.length + 1);
    return [...headers.slice(0, place), ['Authorization', `Bearer ${token()}`] as const, ...headers.slice(place)];
  });
}

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
