/**
 * Headers that were tried against such proxies before, each row with what it is; and headers at random. No row is about
 * a token's content, which `forged-tokens.ts` has.
 */
import fc from 'fast-check';
import type { ForgedToken } from './forged-tokens.ts';

export type Header = readonly [name: string, value: string];

export const ADMIN_GROUP = 'system:masters';

/** Without a credential: nothing of it may open anything. */
export const without: readonly (readonly [why: string, headers: readonly Header[]])[] = [
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

/** Beside a good token: its holder may become nobody else by it. */
export const becoming: readonly (readonly [why: string, headers: readonly Header[]])[] = [
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
  ['nobody, by striking out the identity (CVE-2022-23652)', [['Connection', 'Impersonate-User, Impersonate-Group']]],
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

/** A second request in the first, as it is read by one of two servers. */
export const smuggling: readonly (readonly [why: string, method: string, headers: readonly Header[], body: string])[] =
  [
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
    ['a body with a GET', 'GET', [['Content-Length', '48']], 'GET /api/v1/secrets HTTP/1.1\r\nHost: a\r\nX: yyyy\r\n'],
  ];

/** A good token or a forged one or none, among headers that have something to do with who one is. */
export function mutation(token: () => string, forged: () => readonly ForgedToken[]): fc.Arbitrary<Header[]> {
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
