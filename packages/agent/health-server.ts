/**
 * The Agent's one listener: `/healthz`, `/readyz`, `/metrics`.
 *
 * An Agent that waits for the Lease is ready: it is what it should be, a standby. One that leads is ready when its
 * caches are filled; an API server that is away does not make it unready, since a restart would only lose the caches.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthServer {
  /** `host:port`, with the port that was chosen when 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws when the address is taken */
export async function startHealthServer(
  listen: { host: string; port: number },
  ready: () => boolean,
  registry: Registry,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'method not allowed\n');
    else if (path === '/healthz') answer(200, 'ok\n');
    else if (path === '/readyz') ready() ? answer(200, 'ok\n') : answer(503, 'caches are not filled yet\n');
    else if (path === '/metrics') {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, 'metrics could not be collected\n'),
      );
    } else answer(404, 'not found\n');
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: listen.host.includes(':') ? `[${listen.host}]:${port}` : `${listen.host}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
