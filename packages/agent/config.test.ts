import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('has defaults that listen on loopback and reach nothing private', () => {
    expect(readConfig({})).toMatchObject({
      kubeconfig: undefined,
      helm: undefined,
      healthListen: { host: '127.0.0.1', port: 8090 },
      addressPolicy: { allowLoopback: false, allowed: [], denied: [] },
      logLevel: 'info',
    });
  });

  it('takes what is set, and finds helm on the PATH', () => {
    const config = readConfig({
      KUBENOVA_HEALTH_LISTEN: '[::1]:0',
      KUBENOVA_ALLOW_LOOPBACK_SOURCES: 'true',
      KUBENOVA_DENIED_SOURCE_NETWORKS: '203.0.0.0/8',
      KUBENOVA_HELM: process.execPath,
    });
    expect(config).toMatchObject({
      healthListen: { host: '::1', port: 0 },
      addressPolicy: { allowLoopback: true, denied: ['203.0.0.0/8'] },
      helm: process.execPath,
    });
  });

  it.each([
    ['KUBENOVA_HEALTH_LISTEN', '8090'],
    ['KUBENOVA_HEALTH_LISTEN', 'example.com:80'],
    ['KUBENOVA_HEALTH_LISTEN', '127.0.0.1:70000'],
    ['KUBENOVA_HELM', '/nonexistent'],
    ['KUBENOVA_ALLOWED_SOURCE_NETWORKS', '10.0.0.1'],
    ['KUBENOVA_LOG_LEVEL', 'loud'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(name) }),
    );
  });
});
