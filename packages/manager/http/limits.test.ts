import { describe, expect, it } from 'vitest';
import { addressBlock, createLimits } from './limits.ts';

const settings = { requests: 3, failures: 2, signIns: 2 };
const tooMany = { code: 'KN-429', retryAfterSeconds: expect.any(Number) };

describe('requests of a caller', () => {
  it('are refused above the limit, and those of another are not', async () => {
    const limits = createLimits(settings);
    for (let count = 0; count < 3; count += 1) await limits.request({ caller: 'token:ci:1' });
    await expect(limits.request({ caller: 'token:ci:1' })).rejects.toMatchObject(tooMany);
    await limits.request({ caller: 'token:ci:2' });
    await limits.request({ address: '10.0.0.1' });
  });

  it('say when to come back, in whole seconds', async () => {
    const limits = createLimits({ ...settings, requests: 1 });
    await limits.request({ caller: 'a' });
    const refusal = await limits.request({ caller: 'a' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ retryAfterSeconds: 10, detail: expect.stringContaining('Repeat in 10 seconds') });
  });

  it('are without a limit where it is 0', async () => {
    const limits = createLimits({ requests: 0, failures: 0, signIns: 0 });
    for (let count = 0; count < 50; count += 1) {
      await limits.request({ caller: 'a' });
      await limits.signIn('10.0.0.1');
      expect(await limits.credential('10.0.0.1', 'x', async () => undefined)).toBeUndefined();
    }
  });
});

describe('credentials that stand for nobody', () => {
  const nobody = async () => undefined;
  const somebody = async () => 'ann';

  it('are not even looked at above the limit', async () => {
    const limits = createLimits(settings);
    for (const credential of ['a', 'b'])
      expect(await limits.credential('10.0.0.1', credential, nobody)).toBeUndefined();
    let looked = false;
    const look = async () => {
      looked = true;
      return 'ann';
    };
    await expect(limits.credential('10.0.0.1', 'c', look)).rejects.toMatchObject(tooMany);
    expect(looked).toBe(false);
    expect(await limits.credential('10.0.0.2', 'c', look)).toBe('ann');
  });

  it('do not lock out who has been let in from the same address', async () => {
    const limits = createLimits(settings);
    expect(await limits.credential('10.0.0.1', 'mine', somebody)).toBe('ann');
    for (const credential of ['a', 'b']) await limits.credential('10.0.0.1', credential, nobody);
    expect(await limits.credential('10.0.0.1', 'mine', somebody)).toBe('ann');
    await expect(limits.credential('10.0.0.1', 'other', somebody)).rejects.toMatchObject(tooMany);
  });

  it('are not counted when they are good', async () => {
    const limits = createLimits(settings);
    for (let count = 0; count < 5; count += 1) {
      expect(await limits.credential('10.0.0.1', `token ${count}`, somebody)).toBe('ann');
    }
  });
});

describe('passwords', () => {
  it('are counted by address', async () => {
    const limits = createLimits(settings);
    await limits.signIn('10.0.0.1');
    await limits.signIn('10.0.0.1');
    await expect(limits.signIn('10.0.0.1')).rejects.toMatchObject(tooMany);
    await limits.signIn('10.0.0.2');
  });
});

describe('an address', () => {
  const cases: [string, string, string][] = [
    ['of IPv4 is itself', '10.1.2.3', '10.1.2.3'],
    ['of IPv4 in IPv6 is the one of IPv4', '::ffff:10.1.2.3', '10.1.2.3'],
    ['of IPv6 is its /64', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2::/64'],
    ['with zeros left out', '2001:db8::1', '2001:db8:0:0::/64'],
    ['with leading zeros', '2001:0db8:0001:0002::5', '2001:db8:1:2::/64'],
    ['of the loopback', '::1', '0:0:0:0::/64'],
    ['with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ];
  it.each(cases)('%s', (_, address, block) => {
    expect(addressBlock(address)).toBe(block);
  });
});
