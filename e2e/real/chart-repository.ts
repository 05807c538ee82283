import { execFile } from 'node:child_process';
import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** How to serve charts. */
export interface ServingOptions {
  /** Loopback port; a free one unless said otherwise. */
  readonly port?: number;
  /** What callers must present (HTTP basic authentication); open to all unless said otherwise. */
  readonly credential?: { readonly username: string; readonly password: string };
}

/** What to serve. */
export interface ChartRepositoryOptions extends ServingOptions {
  /** Path of helm. */
  readonly helm: string;
  /** Folders of charts, each a version of its own; several may be of one chart. */
  readonly charts: readonly string[];
}

/** A running chart repository. */
export interface ChartRepository {
  /** Base URL, to which `/index.yaml` is added. */
  readonly url: string;
  /** What was asked for so far, the oldest first. */
  readonly requests: readonly ChartRequest[];
  stop(): Promise<void>;
}

/** One request that a chart repository had. */
export interface ChartRequest {
  readonly path: string;
  readonly status: number;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.yaml': 'application/yaml',
  '.tgz': 'application/gzip',
};

/**
 * Packages charts with helm and serves them the way a Helm repository is served: `index.yaml` and
 * one archive a version.
 *
 * @throws Error with what helm said about a chart that it cannot package
 */
export async function startChartRepository(options: ChartRepositoryOptions): Promise<ChartRepository> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubenova-charts-'));
  try {
    return await serveChartFiles(await packageCharts(options, folder), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Serves the files of a repository, by their URL paths: `/index.yaml` and the archives that it names. */
export async function serveChartFiles(
  files: ReadonlyMap<string, Buffer>,
  options: ServingOptions = {},
): Promise<ChartRepository> {
  const requests: ChartRequest[] = [];
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://localhost').pathname;
    const content = files.get(asked);
    const status = !isAllowed(request, options.credential) ? 401 : content === undefined ? 404 : 200;
    requests.push({ path: asked, status });
    if (status === 401) response.setHeader('www-authenticate', 'Basic realm="charts"');
    if (status === 200) response.setHeader('content-type', contentTypes[path.extname(asked)] ?? '');
    response.writeHead(status).end(status === 200 ? content : undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The files of the repository by their URL paths; the index names the archives relatively. */
async function packageCharts(options: ChartRepositoryOptions, folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const home = path.join(folder, 'home');
  const archives = path.join(folder, 'archives');
  await mkdir(home);
  await mkdir(archives);
  const helm = (...words: readonly string[]) =>
    promisify(execFile)(options.helm, words, { env: { PATH: process.env.PATH ?? '', HOME: home } });
  for (const chart of options.charts) await helm('package', chart, '--destination', archives);
  await helm('repo', 'index', archives);
  const files = new Map<string, Buffer>();
  for (const name of await readdir(archives)) files.set(`/${name}`, await readFile(path.join(archives, name)));
  return files;
}

function isAllowed(request: IncomingMessage, credential: ServingOptions['credential']): boolean {
  if (credential === undefined) return true;
  const { username, password } = credential;
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(wanted));
}

/** Equal lengths are what a comparison in constant time asks for. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
