import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import {
  type AddressPolicy,
  addressProblem,
  checkedLookup,
  hostProblem,
  parseNetworks,
  STRICT_POLICY,
} from './address-policy.ts';

const development: AddressPolicy = { ...STRICT_POLICY, allowLoopback: true };

describe('addressProblem', () => {
  const refused: [string, string][] = [
    ['127.0.0.1', 'loopback'],
    ['127.8.9.1', 'all of 127/8 is loopback'],
    ['::1', 'IPv6 loopback'],
    ['::ffff:127.0.0.1', 'loopback, mapped into IPv6'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['::ffff:10.0.0.1', 'private, mapped into IPv6'],
    ['100.64.0.1', 'shared address space, RFC 6598'],
    ['169.254.169.254', 'metadata service'],
    ['::ffff:a9fe:a9fe', 'metadata service, mapped'],
    ['fe80::1', 'link-local'],
    ['fd00:ec2::254', 'metadata service of AWS on IPv6 (unique local)'],
    ['fc00::1', 'unique local'],
    ['0.0.0.0', 'unspecified reaches loopback on Linux'],
    ['::', 'unspecified'],
    ['::7f00:1', 'deprecated IPv4-compatible form'],
    ['64:ff9b::7f00:1', 'NAT64 of loopback'],
    ['64:ff9b:1::7f00:1', 'local NAT64, RFC 8215'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['2001::1', 'Teredo'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['2001:db8::1', 'documentation'],
    ['198.18.0.1', 'benchmarking'],
    ['not-an-address', 'nonsense'],
  ];
  it.each(refused)('refuses %s: %s', (address) => {
    expect(addressProblem(address, STRICT_POLICY)).toBeTypeOf('string');
  });

  it.each(['1.1.1.1', '140.82.121.3', '2606:4700::1111', '::ffff:1.1.1.1'])('allows %s', (address) => {
    expect(addressProblem(address, STRICT_POLICY)).toBeUndefined();
  });

  it('opens loopback in development only, and nothing else with it', () => {
    expect(addressProblem('127.0.0.1', development)).toBeUndefined();
    expect(addressProblem('::1', development)).toBeUndefined();
    expect(addressProblem('10.0.0.1', development)).toContain('private');
    expect(addressProblem('169.254.169.254', development)).toContain('metadata');
  });

  it('opens the networks an operator names, but never a link-local one', () => {
    const policy = { ...STRICT_POLICY, allowed: ['10.20.0.0/16', '169.254.0.0/16', 'fd12::/32'] };
    expect(addressProblem('10.20.3.4', policy)).toBeUndefined();
    expect(addressProblem('fd12::5', policy)).toBeUndefined();
    expect(addressProblem('10.21.0.1', policy)).toContain('private');
    expect(addressProblem('169.254.169.254', policy)).toContain('metadata');
  });

  it('closes public networks that are the cluster’s own', () => {
    expect(addressProblem('203.1.2.3', { ...STRICT_POLICY, denied: ['203.1.0.0/16'] })).toContain('denies');
  });
});

describe('hostProblem', () => {
  it.each([
    'kubernetes.default.svc',
    'chartmuseum.tools.svc.cluster.local',
    'x.svc.cluster.local.',
    'kubernetes',
    'localhost',
    '[::1]',
    '127.0.0.1',
  ])('refuses %s', (host) => {
    expect(hostProblem(host, STRICT_POLICY)).toBeTypeOf('string');
  });

  it('leaves public names to the lookup, and localhost in development', () => {
    expect(hostProblem('charts.example.com', STRICT_POLICY)).toBeUndefined();
    expect(hostProblem('localhost', development)).toBeUndefined();
  });
});

describe('checkedLookup', () => {
  const answering = (...addresses: string[]) =>
    ((_name: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof lookup;

  const ask = (resolve: typeof lookup, all: boolean) =>
    new Promise((done) => {
      checkedLookup(STRICT_POLICY, resolve)('repo.example.com', { all }, (error, address) =>
        done(error ? error.message : address),
      );
    });

  it('hands on public addresses in the form that was asked for', async () => {
    expect(await ask(answering('1.1.1.1'), false)).toBe('1.1.1.1');
    expect(await ask(answering('1.1.1.1'), true)).toEqual([{ address: '1.1.1.1', family: 4 }]);
  });

  it('refuses a name of which one address lies inside', async () => {
    expect(await ask(answering('1.1.1.1', '10.0.0.1'), true)).toContain('10.0.0.1 is not a public address');
  });
});

describe('parseNetworks', () => {
  it('names the entry that is wrong', () => {
    expect(parseNetworks(' 10.0.0.0/8, fd00::/8 ,')).toEqual(['10.0.0.0/8', 'fd00::/8']);
    expect(() => parseNetworks('10.0.0.0')).toThrow('10.0.0.0 is not a network');
  });
});
