import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority, type KeyPair } from '@kubenova/testkit/certificates.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { inClusterConnection, KubeconfigError, loadKubeconfigFile, parseKubeconfig } from './kubeconfig.ts';

let authority: Authority;
let client: KeyPair;
let other: KeyPair;
let folder: string;

beforeAll(async () => {
  authority = await createAuthority('test CA');
  client = await authority.issue({ commonName: 'client' });
  other = await authority.issue({ commonName: 'other' });
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const CANARY = 'canary-token-f00d';

/** A kubeconfig that is fine, with changes. */
function kubeconfig(changes: { cluster?: object; user?: object; config?: object } = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'shop' } }],
    clusters: [
      {
        name: 'k',
        cluster: {
          server: 'https://api.example.org:6443/',
          'certificate-authority-data': base64(authority.cert),
          ...changes.cluster,
        },
      },
    ],
    users: [{ name: 'u', user: changes.user ?? { token: CANARY } }],
    ...changes.config,
  });
}

function codeOf(text: string): string {
  try {
    parseKubeconfig(text);
  } catch (error) {
    expect(error).toBeInstanceOf(KubeconfigError);
    expect(String((error as Error).stack)).not.toContain(CANARY);
    return (error as KubeconfigError).code;
  }
  return 'accepted';
}

describe('a kubeconfig from outside', () => {
  it('becomes a connection', () => {
    expect(parseKubeconfig(kubeconfig())).toEqual({
      server: 'https://api.example.org:6443',
      ca: authority.cert,
      credential: { kind: 'token', token: CANARY },
      namespace: 'shop',
    });
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    expect(parseKubeconfig(kubeconfig({ user })).credential).toEqual({ kind: 'certificate', ...client });
  });

  it('may be JSON, keep a base path, and leave out current-context when there is one context', () => {
    const text = kubeconfig({
      cluster: { server: 'https://gate.example.org/k8s/clusters/c-1' },
      config: { 'current-context': undefined },
    });
    expect(parseKubeconfig(text).server).toBe('https://gate.example.org/k8s/clusters/c-1');
    expect(
      parseKubeconfig(
        JSON.stringify({
          ...JSON.parse('{}'),
          clusters: [{ name: 'k', cluster: { server: 'https://a' } }],
          users: [{ name: 'u', user: { token: 't' } }],
          contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
        }),
      ).server,
    ).toBe('https://a');
  });

  it.each([
    ['text that is no YAML', () => `token: ${CANARY}\n  - : [`, 'not-yaml'],
    ['another document', () => `apiVersion: v1\nkind: Secret\ndata: {token: ${CANARY}}`, 'not-kubeconfig'],
    ['a list', () => '[]', 'not-kubeconfig'],
    ['too much', () => kubeconfig() + '#'.repeat(600_000), 'too-large'],
    [
      'aliases that explode',
      () => `a: &a [x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nclusters: [*c,*c,*c,*c]`,
      'not-yaml',
    ],
    ['an unknown context', () => kubeconfig({ config: { 'current-context': 'x' } }), 'no-context'],
    ['no cluster', () => kubeconfig({ config: { clusters: [] } }), 'no-cluster'],
    ['no user', () => kubeconfig({ config: { users: [] } }), 'no-credential'],
    ['no server', () => kubeconfig({ cluster: { server: undefined } }), 'no-server'],
    ['a server that is no URL', () => kubeconfig({ cluster: { server: 'api.example.org:6443' } }), 'bad-server'],
    ['a server with a password', () => kubeconfig({ cluster: { server: `https://me:${CANARY}@a` } }), 'bad-server'],
    ['plain http', () => kubeconfig({ cluster: { server: 'http://a' } }), 'not-https'],
    ['no verification', () => kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }), 'insecure-refused'],
    ['a proxy', () => kubeconfig({ cluster: { 'proxy-url': 'http://p' } }), 'proxy-refused'],
    ['a CA file', () => kubeconfig({ cluster: { 'certificate-authority': '/etc/passwd' } }), 'file-refused'],
    ['a token file', () => kubeconfig({ user: { tokenFile: '/etc/passwd' } }), 'file-refused'],
    ['a key file', () => kubeconfig({ user: { 'client-key': '/etc/passwd' } }), 'file-refused'],
    ['a program', () => kubeconfig({ user: { exec: { command: 'id' }, token: CANARY } }), 'exec-refused'],
    ['an auth provider', () => kubeconfig({ user: { 'auth-provider': { name: 'gcp' } } }), 'exec-refused'],
    ['a password', () => kubeconfig({ user: { username: 'me', password: CANARY } }), 'password-refused'],
    ['impersonation', () => kubeconfig({ user: { token: CANARY, as: 'root' } }), 'impersonation-refused'],
    ['no credential', () => kubeconfig({ user: {} }), 'no-credential'],
    [
      'a certificate without its key',
      () => kubeconfig({ user: { 'client-certificate-data': base64(client.cert) } }),
      'no-credential',
    ],
    ['data that is not base64', () => kubeconfig({ cluster: { 'certificate-authority-data': '{}' } }), 'bad-base64'],
    [
      'a CA that is no certificate',
      () => kubeconfig({ cluster: { 'certificate-authority-data': base64(CANARY) } }),
      'bad-certificate',
    ],
    ['a token with a line break', () => kubeconfig({ user: { token: `${CANARY}\nx` } }), 'bad-token'],
  ])('is refused with %s', (_, text, code) => {
    expect(codeOf(text())).toBe(code);
  });

  it('is refused when the key belongs to another certificate', () => {
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(other.key) };
    expect(codeOf(kubeconfig({ user }))).toBe('bad-certificate');
  });

  it('is refused when its certificate or token has expired', async () => {
    const old = await authority.issue({ commonName: 'old', notBefore: new Date(0), notAfter: new Date(86_400_000) });
    const user = { 'client-certificate-data': base64(old.cert), 'client-key-data': base64(old.key) };
    expect(codeOf(kubeconfig({ user }))).toBe('certificate-expired');
    const token = ['{}', JSON.stringify({ exp: 1000 }), 'x']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    expect(codeOf(kubeconfig({ user: { token } }))).toBe('token-expired');
    expect(parseKubeconfig(kubeconfig({ user: { token } }), { now: 0 }).credential).toEqual({ kind: 'token', token });
  });
});

describe("a process's own connection", () => {
  it('reads files beside the kubeconfig, and keeps a token file as a file', async () => {
    await writeFile(join(folder, 'ca.pem'), authority.cert);
    await writeFile(join(folder, 'token'), 'abc');
    const path = join(folder, 'config');
    const cluster = { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.pem' };
    await writeFile(path, kubeconfig({ cluster, user: { tokenFile: 'token' } }));
    const connection = await loadKubeconfigFile(path);
    expect(connection.ca).toBe(authority.cert);
    expect(connection.credential).toEqual({ kind: 'tokenFile', path: join(folder, 'token') });
  });

  it('says which file is missing', async () => {
    await expect(loadKubeconfigFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it('is found in a pod, and only there', async () => {
    await writeFile(join(folder, 'ca.crt'), authority.cert);
    await writeFile(join(folder, 'token'), 'abc');
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(await inClusterConnection(environment, folder)).toMatchObject({
      server: 'https://[fd00::1]:443',
      credential: { kind: 'tokenFile' },
    });
    await expect(inClusterConnection({}, folder)).rejects.toMatchObject({ code: 'not-in-cluster' });
  });
});
