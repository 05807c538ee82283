/** Certificates as those who verify them read them: OpenSSL, by way of Node. That Go takes them too, each start of a real cluster shows. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { createAuthority, openAuthority } from './certificates.ts';
import { openPki } from './pki.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-pki-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an authority', () => {
  it('signs under its own name, for users in groups and for servers at addresses', async () => {
    const authority = await createAuthority('the CA, "ours"');
    const ca = new X509Certificate(authority.cert);
    expect(ca.ca).toBe(true);
    const pair = await authority.issue({
      commonName: 'system:serviceaccount:a:b',
      organizations: ['one, two', 'ü+#'],
      dnsNames: ['localhost', 'api.internal'],
      ips: ['127.0.0.1', '::1'],
      uses: ['client'],
    });
    const certificate = new X509Certificate(pair.cert);
    expect(certificate.verify(ca.publicKey) && certificate.checkIssued(ca)).toBe(true);
    expect(certificate.toLegacyObject().subject).toMatchObject({
      CN: 'system:serviceaccount:a:b',
      O: ['one, two', 'ü+#'],
    });
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.checkHost('api.internal')).toBe('api.internal');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(() => createSecureContext({ ...pair, ca: authority.cert })).not.toThrow();
  });

  it('goes on from what was kept of it', async () => {
    const { cert, key } = await createAuthority('kept');
    const pair = await (await openAuthority({ cert, key })).issue({ commonName: 'later' });
    expect(new X509Certificate(pair.cert).checkIssued(new X509Certificate(cert))).toBe(true);
    expect(new X509Certificate(pair.cert).verify(new X509Certificate(cert).publicKey)).toBe(true);
  });
});

describe('a folder of certificates', () => {
  it('makes each once, whoever asks at the same time and however often it is opened', async () => {
    const first = await openPki(folder, 'folder');
    const [one, two] = await Promise.all([first.server('api'), first.server('api')]);
    expect(two.cert).toBe(one.cert);
    const again = await openPki(folder, 'another name');
    expect(again.caPem).toBe(first.caPem);
    expect(await again.server('api')).toEqual(one);
    expect(new X509Certificate((await again.server('next')).cert).issuer).toBe('CN=folder');
    expect(statSync(one.keyFile).mode & 0o777).toBe(0o600);
  });
});
