import { describe, expect, it } from 'vitest';
import { baseUrl } from './base-url.ts';

describe('where the sign-in is', () => {
  const cases: [string, string, string, string][] = [
    ['a public issuer, called by its name', 'https://id.test', 'https://id.test', 'https://id.test'],
    ['… by another name', 'https://id.test', 'https://evil.test', 'https://id.test'],
    ['… behind a proxy that tells its own address', 'https://id.test', 'http://127.0.0.1:8080', 'https://id.test'],
    ['… with a path', 'https://id.test/kubenova', 'http://x', 'https://id.test/kubenova'],
    [
      'an issuer on loopback, called on loopback',
      'https://127.0.0.1:1',
      'http://127.0.0.1:8080',
      'http://127.0.0.1:8080',
    ],
    ['… by name', 'https://127.0.0.1:1', 'http://localhost:8080', 'http://localhost:8080'],
    ['… by the other family', 'http://[::1]:1', 'http://[::1]:8080', 'http://[::1]:8080'],
    ['… by a name that only looks so', 'https://127.0.0.1:1', 'http://127.0.0.1.evil.test', 'https://127.0.0.1:1'],
    ['… by a name within', 'https://127.0.0.1:1', 'http://localhost.evil.test', 'https://127.0.0.1:1'],
    ['… with somebody in the address', 'https://127.0.0.1:1', 'http://localhost@evil.test', 'https://127.0.0.1:1'],
    ['… by what is no address', 'https://127.0.0.1:1', 'http://', 'https://127.0.0.1:1'],
  ];
  it.each(cases)('%s', (_, issuer, called, expected) => {
    expect(baseUrl(issuer, called)).toBe(expected);
  });
});
