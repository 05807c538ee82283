import { describe, expect, it } from 'vitest';
import { credentialOf, impersonationWish } from './credential.ts';

const hidden = (token: string) =>
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token, 'utf8').toString('base64url')}`;

describe('credentialOf', () => {
  it.each<[string, string[], ReturnType<typeof credentialOf>]>([
    ['no header at all', [], { kind: 'none' }],
    ['a bearer token', ['Authorization', 'Bearer a.b-c_d'], { kind: 'token', token: 'a.b-c_d' }],
    ['the scheme in other letters', ['AUTHORIZATION', 'bearer abc='], { kind: 'token', token: 'abc=' }],
    ['an empty token', ['Authorization', 'Bearer '], { kind: 'refused', message: 'invalid bearer token' }],
    ['an empty header', ['Authorization', ''], { kind: 'refused', message: 'invalid bearer token' }],
    ['another scheme', ['Authorization', 'Basic abc'], { kind: 'refused', message: 'invalid bearer token' }],
    [
      'two tokens in one',
      ['Authorization', 'Bearer a, Bearer b'],
      { kind: 'refused', message: 'invalid bearer token' },
    ],
    [
      'two headers',
      ['Authorization', 'Bearer a', 'authorization', 'Bearer b'],
      { kind: 'refused', message: 'more than one Authorization header' },
    ],
    [
      'an empty one before a good one',
      ['Authorization', '', 'Authorization', 'Bearer b'],
      { kind: 'refused', message: 'more than one Authorization header' },
    ],
    [
      'a token hidden in the subprotocols of a browser',
      ['Sec-WebSocket-Protocol', `v5.channel.k8s.io, ${hidden('a.b.c')}`],
      { kind: 'token', token: 'a.b.c' },
    ],
    [
      'an empty hidden token',
      ['Sec-WebSocket-Protocol', hidden('')],
      { kind: 'refused', message: 'invalid bearer token' },
    ],
    [
      'a hidden token that would break out of its header',
      ['Sec-WebSocket-Protocol', hidden('a\r\nImpersonate-User: root')],
      { kind: 'refused', message: 'invalid bearer token' },
    ],
    [
      'two hidden tokens',
      ['Sec-WebSocket-Protocol', hidden('a'), 'Sec-WebSocket-Protocol', hidden('b')],
      { kind: 'refused', message: 'more than one token in Sec-WebSocket-Protocol' },
    ],
    ['subprotocols without a token', ['Sec-WebSocket-Protocol', 'v4.channel.k8s.io'], { kind: 'none' }],
  ])('of %s', (_what, headers, credential) => {
    expect(credentialOf(headers)).toEqual(credential);
  });
});

describe('impersonationWish', () => {
  it.each([
    [['Impersonate-User', 'bob'], 'the user bob'],
    [['IMPERSONATE-GROUP', 'system:masters'], 'the group system:masters'],
    [['impersonate-extra-scopes', 'x'], 'the extra-scopes x'],
    [['Accept', '*/*'], undefined],
  ])('in %j is %s', (headers, wish) => {
    expect(impersonationWish(headers)).toBe(wish);
  });
});
