import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerValues } from './credential.ts';
import { endToEndHeaders, requestHeaders } from './headers.ts';

const caller = { name: 'ann', groups: ['acme-devs', 'system:authenticated'] };
const asCaller = { identity: { kind: 'caller', caller }, proxyToken: 'own', host: 'api:6443' } as const;

function names(headers: readonly string[]): string[] {
  return headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

describe('requestHeaders', () => {
  it('say who is asking, and nothing else does', () => {
    const sent = [
      'Accept',
      'application/json',
      'Authorization',
      'Bearer theirs',
      'X-Remote-User',
      'root',
      'Host',
      'proxy',
    ];
    expect(requestHeaders(sent, asCaller)).toEqual([
      'Accept',
      'application/json',
      'Host',
      'api:6443',
      'Authorization',
      'Bearer own',
      'Impersonate-User',
      'ann',
      'Impersonate-Group',
      'acme-devs',
      'Impersonate-Group',
      'system:authenticated',
    ]);
  });

  it('of a list that the proxy narrowed name nobody but the proxy', () => {
    const headers = requestHeaders(['Authorization', 'Bearer theirs'], { ...asCaller, identity: { kind: 'proxy' } });
    expect(headers).toEqual(['Host', 'api:6443', 'Authorization', 'Bearer own']);
  });

  it('of an upgrade carry it on, and take the token out of the subprotocols', () => {
    const sent = ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Key', 'k'];
    const protocols = ['Sec-WebSocket-Protocol', 'v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.YQ'];
    const headers = requestHeaders([...sent, ...protocols], { ...asCaller, upgrade: 'websocket' });
    expect(headerValues(headers, 'sec-websocket-protocol')).toEqual(['v5.channel.k8s.io']);
    expect(headerValues(headers, 'upgrade')).toEqual(['websocket']);
    expect(headerValues(headers, 'sec-websocket-key')).toEqual(['k']);
  });

  it('cannot be struck out by naming them as belonging to the connection', () => {
    const trick = ['Connection', 'Impersonate-User, impersonate-group, Authorization, close'];
    const headers = requestHeaders(trick, asCaller);
    expect(headerValues(headers, 'impersonate-user')).toEqual(['ann']);
    expect(headerValues(headers, 'authorization')).toEqual(['Bearer own']);
  });

  it('hold exactly our identity whatever is sent', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'Impersonate-User',
        'impersonate-group',
        'Impersonate-Uid',
        'IMPERSONATE-EXTRA-a',
        'Authorization',
      ),
      fc.constantFrom('X-Remote-User', 'x-remote-group', 'Connection', 'Upgrade', 'Proxy-Authorization', 'Cookie'),
      fc.constantFrom('Accept', 'X-Something'),
    );
    const value = fc.constantFrom('root', 'system:masters', 'Impersonate-User', 'close, Impersonate-Group', 'Bearer x');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (sent) => {
        const headers = requestHeaders(sent.flat(), asCaller);
        expect(headerValues(headers, 'impersonate-user')).toEqual(['ann']);
        expect(headerValues(headers, 'impersonate-group')).toEqual(caller.groups);
        expect(headerValues(headers, 'authorization')).toEqual(['Bearer own']);
        const others = names(headers).filter((header) =>
          /^(impersonate-(uid|extra)|x-remote|cookie|proxy-)/.test(header),
        );
        expect(others).toEqual([]);
      }),
    );
  });
});

it('endToEndHeaders drop what belongs to the connection and what it names', () => {
  const headers = [
    'Content-Type',
    'text/plain',
    'Connection',
    'X-Hop, close',
    'X-Hop',
    '1',
    'Transfer-Encoding',
    'chunked',
  ];
  expect(endToEndHeaders(headers)).toEqual(['Content-Type', 'text/plain']);
});
