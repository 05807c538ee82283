import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

describe('the configuration', () => {
  it('needs only a folder', () => {
    expect(readConfig({ KUBENOVA_DATA: '/data' })).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      database: { kind: 'embedded', folder: '/data/postgres' },
      issuer: { url: 'http://127.0.0.1:8080' },
      signIn: { kind: 'embedded' },
      sealingKeyFile: '/data/sealing.key',
      adminTokenFile: '/data/admin.token',
      limits: { requests: 2000, failures: 60, signIns: 30 },
      trustedProxies: [],
      logLevel: 'info',
    });
  });

  it('takes an outside Postgres, a listener with TLS and an issuer', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://u:p@db/kubenova',
      KUBENOVA_LISTEN: '[::1]:9000',
      KUBENOVA_ISSUER_URL: 'https://id.example.org/',
      KUBENOVA_ISSUER_LISTEN: '127.0.0.1:8443',
      KUBENOVA_TLS_CERT: '/tls/cert',
      KUBENOVA_TLS_KEY: '/tls/key',
      KUBENOVA_SEALING_KEY_FILE: '/keys/seal',
      KUBENOVA_ADMIN_TOKEN_FILE: '/keys/admin',
      KUBENOVA_LOG_LEVEL: 'warn',
    });
    expect(config).toMatchObject({
      listen: { host: '::1', port: 9000 },
      database: { kind: 'url' },
      issuer: { url: 'https://id.example.org', tls: { listen: { port: 8443 }, certFile: '/tls/cert' } },
      sealingKeyFile: '/keys/seal',
      logLevel: 'warn',
    });
  });

  it('takes the address under which people find it, and no other form of it', () => {
    const urlOf = (url: string) => readConfig({ KUBENOVA_DATA: '/data', KUBENOVA_URL: url }).publicUrl;
    expect(urlOf('https://kn.example.org/')).toBe('https://kn.example.org');
    expect(urlOf('')).toBeUndefined();
    for (const wrong of ['kn.example.org', 'ftp://kn.example.org', 'https://u@kn.example.org', 'https://kn/?a=b']) {
      expect(() => urlOf(wrong), wrong).toThrow(/KUBENOVA_URL must be the https/);
    }
  });

  it('gives the issuer the address of its TLS listener', () => {
    const tls = { KUBENOVA_ISSUER_LISTEN: '127.0.0.1:8443', KUBENOVA_TLS_CERT: 'c', KUBENOVA_TLS_KEY: 'k' };
    expect(readConfig({ KUBENOVA_DATA: '/data', ...tls }).issuer.url).toBe('https://127.0.0.1:8443');
  });

  it('takes limits, and proxies that it believes', () => {
    const config = readConfig({
      KUBENOVA_DATA: '/data',
      KUBENOVA_LIMIT_REQUESTS: '0',
      KUBENOVA_LIMIT_FAILURES: '5',
      KUBENOVA_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,2001:db8::/32',
    });
    expect(config.limits).toEqual({ requests: 0, failures: 5, signIns: 30 });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);
  });

  const wrongLimits: [string, Record<string, string>, string][] = [
    [
      'a limit that is no number',
      { KUBENOVA_LIMIT_SIGN_INS: 'many' },
      'KUBENOVA_LIMIT_SIGN_INS must be a whole number',
    ],
    ['a limit below none', { KUBENOVA_LIMIT_REQUESTS: '-1' }, 'KUBENOVA_LIMIT_REQUESTS must be a whole number'],
    ['a proxy by name', { KUBENOVA_TRUSTED_PROXIES: 'ingress' }, 'KUBENOVA_TRUSTED_PROXIES names ingress'],
    ['a network that is too long', { KUBENOVA_TRUSTED_PROXIES: '10.0.0.0/33' }, 'names 10.0.0.0/33'],
  ];
  it.each(wrongLimits)('refuses %s', (_, change, problem) => {
    expect(() => readConfig({ KUBENOVA_DATA: '/data', ...change })).toThrow(problem);
  });

  it('says everything that is wrong at once, and no secret', () => {
    try {
      readConfig({
        DATABASE_URL: 'mysql://user:canary@db',
        KUBENOVA_LISTEN: '8080',
        KUBENOVA_LOG_LEVEL: 'loud',
        KUBENOVA_TLS_CERT: 'c',
        KUBENOVA_ISSUER_URL: 'id.example.org',
      });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      const { problems, message } = error as ConfigError;
      expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
        'DATABASE_URL',
        'KUBENOVA_LISTEN',
        'KUBENOVA_ISSUER_URL',
        'KUBENOVA_ISSUER_LISTEN,',
        'Set',
        'Set',
        'KUBENOVA_LOG_LEVEL',
      ]);
      expect(message).not.toContain('canary');
    }
    expect(() => readConfig({})).toThrow('DATABASE_URL');
  });

  describe('of the sign-in', () => {
    const required = {
      KUBENOVA_DATA: '/data',
      OIDC_ISSUER: 'https://id.example.org/realm',
      OIDC_CLIENT_ID: 'kubenova',
    };

    it('needs only an issuer and a client', () => {
      expect(readConfig(required).signIn).toEqual({
        kind: 'external',
        issuer: 'https://id.example.org/realm',
        clientId: 'kubenova',
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        usernameClaim: 'sub',
        groupsClaim: 'groups',
      });
    });

    it('takes claims, scopes and an authority', () => {
      const config = readConfig({
        ...required,
        OIDC_USERNAME_CLAIM: 'email',
        OIDC_GROUPS_CLAIM: 'https://example.org/roles',
        OIDC_SCOPES: 'openid,groups',
        OIDC_CA_FILE: import.meta.filename,
      });
      expect(config.signIn).toMatchObject({
        scopes: ['openid', 'groups'],
        usernameClaim: 'email',
        groupsClaim: 'https://example.org/roles',
        caFile: import.meta.filename,
      });
    });

    it('takes plain http from this machine alone', () => {
      expect(readConfig({ ...required, OIDC_ISSUER: 'http://127.0.0.1:9000' }).signIn.kind).toBe('external');
    });

    const wrong: [string, Record<string, string>, string][] = [
      ['an issuer over plain http', { OIDC_ISSUER: 'http://id.example.org' }, 'OIDC_ISSUER must be'],
      ['an issuer that is no address', { OIDC_ISSUER: 'id.example.org' }, 'OIDC_ISSUER must be'],
      ['an issuer with a query', { OIDC_ISSUER: 'https://id.example.org/?a=b' }, 'OIDC_ISSUER must be'],
      ['no client', { OIDC_CLIENT_ID: '' }, 'Set OIDC_CLIENT_ID'],
      ['a client alone', { OIDC_ISSUER: '' }, 'Set OIDC_ISSUER as well: OIDC_CLIENT_ID alone'],
      ['scopes without openid', { OIDC_SCOPES: 'profile' }, 'OIDC_SCOPES must contain openid'],
      ['a claim with a space', { OIDC_GROUPS_CLAIM: 'my groups' }, 'OIDC_GROUPS_CLAIM must be'],
      ['a file that is not there', { OIDC_CA_FILE: '/nowhere/ca.pem' }, 'OIDC_CA_FILE must be'],
    ];
    it.each(wrong)('%s', (_, change, problem) => {
      expect(() => readConfig({ ...required, ...change })).toThrow(problem);
    });
  });
});
