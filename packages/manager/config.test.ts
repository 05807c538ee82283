import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

describe('the configuration', () => {
  it('needs only a folder', () => {
    expect(readConfig({ KUBENOVA_DATA: '/data' })).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      database: { kind: 'embedded', folder: '/data/postgres' },
      issuer: { url: 'http://127.0.0.1:8080' },
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
});
