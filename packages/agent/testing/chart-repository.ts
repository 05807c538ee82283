/** A chart repository on loopback whose every answer a test can bend. For tests only. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface PublishedChart {
  name: string;
  version: string;
  archive: Buffer;
  /** What the index says instead of the archive's true SHA-256. */
  digest?: string;
}

export interface ChartRepository {
  readonly url: string;
  /** Every request so far, as `GET /index.yaml`. */
  readonly requests: string[];
  publish(charts: readonly PublishedChart[]): void;
  /** Answers a path in place of the repository. */
  route(path: string, handler: Handler): void;
  close(): Promise<void>;
}

/** Starts a repository on a free port of 127.0.0.1. */
export async function startChartRepository(): Promise<ChartRepository> {
  const routes = new Map<string, Handler>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    requests.push(`${request.method} ${path}`);
    const handler = routes.get(path);
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    publish(charts) {
      const entries: Record<string, unknown[]> = {};
      for (const { name, version, archive, digest } of charts) {
        const file = `${name}-${version}.tgz`;
        const sha256 = createHash('sha256').update(archive).digest('hex');
        entries[name] = [
          ...(entries[name] ?? []),
          { apiVersion: 'v2', name, version, urls: [file], digest: digest ?? sha256 },
        ];
        routes.set(`/${file}`, (_request, response) => response.end(archive));
      }
      const index = stringify({ apiVersion: 'v1', entries, generated: '2026-01-01T00:00:00Z' });
      routes.set('/index.yaml', (_request, response) => response.end(index));
    },
    route: (path, handler) => void routes.set(path, handler),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
