/**
 * A chart of an HTTP repository, made into objects: index, version, archive, helm.
 *
 * A revision is pinned by its first resolving to a version and the SHA-256 of the archive. From then on the archive
 * comes from the cache, or from the repository if its content is the same; a version that was published again with
 * other content is an error and never a silent change. Only a new revision looks at the range again.
 */
import type { Manifest } from '@kubenova/domain/manifest.ts';
import type { HelmHttp } from '@kubenova/knapi/schemas.ts';
import { checkChartArchive, digestOf } from './chart-archive.ts';
import type { ChartCache } from './chart-cache.ts';
import { archiveUrl, type ChartEntry, chooseVersion, readChartEntries } from './chart-index.ts';
import type { ClusterCapabilities } from './cluster-capabilities.ts';
import type { Downloader } from './download.ts';
import { ResolveError, showUrl } from './error.ts';
import { helmTemplate } from './helm-template.ts';

export interface Pin {
  readonly version: string;
  /** `sha256:<hex>` of the archive. */
  readonly digest: string;
}

export interface ResolvedChart extends Pin {
  readonly objects: Manifest[];
}

export interface ChartRequest {
  readonly source: HelmHttp;
  readonly releaseName: string;
  readonly namespace: string;
  /** What this revision was resolved to before. */
  readonly pin?: Pin;
  /** Value of an Authorization header for the repository. */
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

export interface ChartEnvironment {
  readonly downloader: Downloader;
  readonly cache: ChartCache;
  readonly helm: string;
  capabilities(): Promise<ClusterCapabilities>;
}

export const FETCH_LIMITS = { indexBytes: 64 * 1024 * 1024, archiveBytes: 20 * 1024 * 1024, timeoutMs: 30_000 };

/**
 * Resolves a chart.
 *
 * @throws ResolveError; KubeError when the cluster's capabilities cannot be read
 */
export async function resolveHelmHttp(request: ChartRequest, environment: ChartEnvironment): Promise<ResolvedChart> {
  const pin = await pinnedArchive(request, environment);
  const objects = await helmTemplate({
    helm: environment.helm,
    archive: environment.cache.fileOf(pin.digest),
    what: `The chart ${request.source.chart} ${pin.version}`,
    releaseName: request.releaseName,
    namespace: request.namespace,
    values: request.source.values ?? {},
    cluster: await environment.capabilities(),
    signal: request.signal,
  });
  return { ...pin, objects };
}

/** Sees to it that the archive lies in the cache, checked. */
async function pinnedArchive(request: ChartRequest, environment: ChartEnvironment): Promise<Pin> {
  const { pin, source } = request;
  if (pin && (await environment.cache.get(pin.digest))) return pin;
  const repository = repositoryUrl(source.repoUrl);
  if (request.authorization !== undefined && repository.protocol !== 'https:' && !isLoopback(repository)) {
    throw new ResolveError(
      'CredentialsUnavailable',
      `Credentials are sent over https only, and repoUrl is ${showUrl(repository)}.`,
      { retry: 'never' },
    );
  }
  const entries = await fetchIndex(repository, request, environment);
  const entry = pin ? pinnedEntry(entries, pin, source.chart) : chooseVersion(entries, source.version, source.chart);
  const archive = await fetchArchive(entry, repository, request, environment);
  const digest = digestOf(archive);
  const published = pin?.digest ?? (entry.digest === undefined ? undefined : `sha256:${entry.digest}`);
  if (published !== undefined && published !== digest) throw digestMismatch(request, entry, pin !== undefined);
  await checkChartArchive(archive);
  await environment.cache.put(archive);
  return { version: entry.version, digest };
}

/** With a trailing slash, so that relative addresses stay below it. */
function repositoryUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new ResolveError('AddressRefused', 'repoUrl is not a URL.', { retry: 'never' });
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function isLoopback(url: URL): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname);
}

async function fetchIndex(
  repository: URL,
  request: ChartRequest,
  environment: ChartEnvironment,
): Promise<ChartEntry[]> {
  const url = new URL('index.yaml', repository);
  url.search = repository.search;
  const index = await environment.downloader.fetch(url, {
    what: 'The index of the chart repository',
    maxBytes: FETCH_LIMITS.indexBytes,
    timeoutMs: FETCH_LIMITS.timeoutMs,
    authorization: request.authorization,
    signal: request.signal,
  });
  return readChartEntries(index.toString('utf8'), request.source.chart, repository);
}

async function fetchArchive(
  entry: ChartEntry,
  repository: URL,
  request: ChartRequest,
  environment: ChartEnvironment,
): Promise<Buffer> {
  const url = archiveUrl(entry, repository);
  return await environment.downloader.fetch(url, {
    what: `The archive of ${request.source.chart} ${entry.version}`,
    maxBytes: FETCH_LIMITS.archiveBytes,
    timeoutMs: FETCH_LIMITS.timeoutMs,
    // Archives often lie on another host, which has no business with the repository's credentials.
    authorization: url.origin === repository.origin ? request.authorization : undefined,
    signal: request.signal,
  });
}

function pinnedEntry(entries: readonly ChartEntry[], pin: Pin, chart: string): ChartEntry {
  const entry = entries.find(({ version }) => version === pin.version);
  if (entry) return entry;
  throw new ResolveError(
    'VersionNotFound',
    `This revision runs ${chart} ${pin.version}, which its repository no longer has; deploy a revision with another version.`,
  );
}

function digestMismatch(request: ChartRequest, entry: ChartEntry, pinned: boolean): ResolveError {
  const name = `${request.source.chart} ${entry.version}`;
  return new ResolveError(
    'DigestMismatch',
    pinned
      ? `The repository has published ${name} again with other content than this revision was deployed with; deploy a new revision to take it.`
      : `The archive of ${name} is not the one that the repository's index names (its SHA-256 differs); the repository has to be repaired.`,
  );
}
