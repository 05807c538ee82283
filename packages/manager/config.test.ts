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
