import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HelmHttp } from '@kubenova/knapi/schemas.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chart } from '../testing/archive.ts';
import { type ChartRepository, startChartRepository } from '../testing/chart-repository.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { STRICT_POLICY } from './address-policy.ts';
import { createChartCache } from './chart-cache.ts';
import { createDownloader, type Downloader } from './download.ts';
import { type ChartEnvironment, type ChartRequest, resolveHelmHttp } from './helm-http.ts';

/** Stands for helm where only what lies before it is tested; e2e/real has the true one. */
const HELM_THAT_PRINTS = `#!/bin/sh
echo "apiVersion: v1"
echo "kind: ConfigMap"
echo "metadata: {name: $2}"
`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let repository: ChartRepository;
let downloader: Downloader;
let environment: ChartEnvironment;

beforeEach(async () => {
  folder = await temporaryFolder();
  repository = await startChartRepository();
  downloader = createDownloader({ ...STRICT_POLICY, allowLoopback: true });
  const helm = path.join(folder.path, 'helm');
  await writeFile(helm, HELM_THAT_PRINTS, { mode: 0o755 });
  environment = {
    downloader,
    helm,
    cache: createChartCache(path.join(folder.path, 'charts')),
    capabilities: async () => ({ kubernetesVersion: 'v1.37.2', apiVersions: ['v1'] }),
  };
});

afterEach(async () => {
  await downloader.close();
  await repository.close();
  await folder[Symbol.asyncDispose]();
});

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const resolve = (source: Partial<HelmHttp> = {}, more: Partial<ChartRequest> = {}) =>
  resolveHelmHttp(
    {
      source: { repoUrl: repository.url, chart: 'web', version: '^1', ...source },
      releaseName: 'shop',
      namespace: 'tn-acme-shop-app-web',
      ...more,
    },
    environment,
  );

describe('resolveHelmHttp', () => {
  it('takes the newest version in the range and says what it is', async () => {
    const archive = chart('web', '1.2.0');
    repository.publish([
      { name: 'web', version: '1.0.0', archive: chart('web', '1.0.0') },
      { name: 'web', version: '1.2.0', archive },
      { name: 'web', version: '2.0.0', archive: chart('web', '2.0.0') },
    ]);
    const resolved = await resolve();
    expect(resolved).toMatchObject({ version: '1.2.0', digest: sha256(archive) });
    expect(resolved.objects).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shop' } }]);
  });

  it('keeps to its pin without the network when the archive is cached', async () => {
    repository.publish([{ name: 'web', version: '1.0.0', archive: chart('web', '1.0.0') }]);
    const { version, digest } = await resolve();
    repository.publish([{ name: 'web', version: '1.9.0', archive: chart('web', '1.9.0') }]);
    const asked = repository.requests.length;
    expect(await resolve({}, { pin: { version, digest } })).toMatchObject({ version: '1.0.0', digest });
    expect(repository.requests).toHaveLength(asked);
    expect(await resolve()).toMatchObject({ version: '1.9.0' });
  });

  it('fetches a pinned archive again when the cache is lost, and refuses other content', async () => {
    const archive = chart('web', '1.0.0');
    const pin = { version: '1.0.0', digest: sha256(archive) };
    repository.publish([{ name: 'web', version: '1.0.0', archive }]);
    expect(await resolve({}, { pin })).toMatchObject(pin);
    environment = { ...environment, cache: createChartCache(path.join(folder.path, 'other')) };
    repository.publish([
      { name: 'web', version: '1.0.0', archive: chart('web', '1.0.0', { 'values.yaml': 'message: changed\n' }) },
    ]);
    await expect(resolve({}, { pin })).rejects.toMatchObject({
      code: 'DigestMismatch',
      message: expect.stringContaining('published web 1.0.0 again'),
    });
    repository.publish([{ name: 'web', version: '1.1.0', archive }]);
    await expect(resolve({}, { pin })).rejects.toMatchObject({
      code: 'VersionNotFound',
      message: expect.stringContaining('no longer has'),
    });
  });

  it('refuses an archive that is not the one of the index', async () => {
    repository.publish([{ name: 'web', version: '1.0.0', archive: chart('web', '1.0.0'), digest: '0'.repeat(64) }]);
    await expect(resolve()).rejects.toMatchObject({ code: 'DigestMismatch' });
  });

  it('follows redirects, and drops credentials when they lead elsewhere', async () => {
    const elsewhere = await startChartRepository();
    try {
      const seen: (string | undefined)[] = [];
      elsewhere.publish([{ name: 'web', version: '1.0.0', archive: chart('web', '1.0.0') }]);
      for (const file of ['index.yaml', 'web-1.0.0.tgz']) {
        repository.route(`/${file}`, (request, response) => {
          seen.push(request.headers.authorization);
          response.writeHead(302, { location: `${elsewhere.url}/moved/${file}` }).end();
        });
        elsewhere.route(`/moved/${file}`, (request, response) => {
          seen.push(request.headers.authorization);
          response.writeHead(307, { location: `/${file}` }).end();
        });
      }
      expect(await resolve({}, { authorization: 'Basic canary' })).toMatchObject({ version: '1.0.0' });
      expect(seen).toEqual(['Basic canary', undefined, 'Basic canary', undefined]);
    } finally {
      await elsewhere.close();
    }
  });

  it.each([
    ['500', 500, 'RepositoryRefused', 'answered HTTP 500; it is tried again', 'soon'],
    ['404', 404, 'RepositoryRefused', 'check repoUrl', 'later'],
    ['401', 401, 'RepositoryRefused', 'credentialsSecretRef', 'later'],
    ['429', 429, 'RepositoryRefused', 'tried again', 'soon'],
  ])('HTTP %s becomes a reason', async (_what, status, code, message, retry) => {
    repository.route('/index.yaml', (_request, response) => response.writeHead(status).end('secret text of a proxy'));
    await expect(resolve()).rejects.toMatchObject({ code, retry, message: expect.stringContaining(message) });
    await expect(resolve()).rejects.not.toMatchObject({ message: expect.stringContaining('secret text') });
  });

  it('never shows the query of an address', async () => {
    await expect(resolve({ repoUrl: `${repository.url}/x?token=canary` })).rejects.toMatchObject({
      message: expect.not.stringContaining('canary'),
    });
    expect(repository.requests).toEqual(['GET /x/index.yaml']);
  });

  it('says that nothing listens, that a name is unknown, that a connection was cut', async () => {
    const url = repository.url;
    repository.route('/index.yaml', (request) => request.socket.destroy());
    await expect(resolve()).rejects.toMatchObject({
      code: 'RepositoryUnreachable',
      message: expect.stringContaining('was cut'),
    });
    await expect(resolve({ repoUrl: 'http://charts.invalid' })).rejects.toMatchObject({
      code: 'RepositoryUnreachable',
      message: expect.stringContaining('charts.invalid'),
    });
    await repository.close();
    await expect(resolve({ repoUrl: url })).rejects.toMatchObject({
      code: 'RepositoryUnreachable',
      message: expect.stringContaining('nothing listens'),
    });
  });

  it('stops a redirect that leads inside, that never ends, and one that leaves http', async () => {
    const redirect = (location: string) =>
      repository.route('/index.yaml', (_request, response) => response.writeHead(302, { location }).end());
    redirect('http://169.254.169.254/latest/meta-data');
    await expect(resolve()).rejects.toMatchObject({
      code: 'AddressRefused',
      message: expect.stringContaining('metadata'),
    });
    redirect('http://kubernetes.default.svc/api');
    await expect(resolve()).rejects.toMatchObject({ code: 'AddressRefused' });
    redirect('/index.yaml');
    await expect(resolve()).rejects.toMatchObject({
      code: 'RepositoryRefused',
      message: expect.stringContaining('more than 5 times'),
    });
    redirect('file:///etc/passwd');
    await expect(resolve()).rejects.toMatchObject({ code: 'AddressRefused' });
  });

  it('refuses loopback where it is not allowed, by number and by name', async () => {
    const strict = createDownloader(STRICT_POLICY);
    environment = { ...environment, downloader: strict };
    await expect(resolve()).rejects.toMatchObject({ code: 'AddressRefused' });
    await expect(resolve({ repoUrl: repository.url.replace('127.0.0.1', 'localhost') })).rejects.toMatchObject({
      code: 'AddressRefused',
    });
    expect(repository.requests).toEqual([]);
    await strict.close();
  });

  it('refuses an index that is too large, whether it says so or not', async () => {
    repository.route('/index.yaml', (_request, response) => {
      response.writeHead(200, { 'content-length': String(1e9) }).write('x');
    });
    await expect(resolve()).rejects.toMatchObject({ code: 'TooLarge', message: expect.stringContaining('64 MiB') });
  });

  it('says that helm is missing', async () => {
    repository.publish([{ name: 'web', version: '1.0.0', archive: chart('web', '1.0.0') }]);
    environment = { ...environment, helm: path.join(folder.path, 'no-helm') };
    await expect(resolve()).rejects.toMatchObject({ code: 'HelmMissing' });
  });

  it('sends credentials over https or loopback only', async () => {
    await expect(
      resolve({ repoUrl: 'http://charts.example.com' }, { authorization: 'Basic canary' }),
    ).rejects.toMatchObject({
      code: 'CredentialsUnavailable',
      message: expect.not.stringContaining('canary'),
    });
  });
});
