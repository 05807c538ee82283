/** The HTTPS server that the API server calls. */
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Facts, handlers } from './handlers.ts';
import { type AdmissionRequest, answer, failed, Refusal } from './review.ts';

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  readonly facts: Facts;
  onError(error: unknown): void;
}

export interface WebhookServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { facts, onError } = options;

  async function judge(path: string, review: AdmissionRequest) {
    try {
      return (await handlers[path]?.(review, facts)) ?? {};
    } catch (error) {
      if (error instanceof Refusal) return error;
      onError(error);
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  const server = createServer({ cert: options.certificate, key: options.key }, async (request, response) => {
    const path = new URL(request.url ?? '/', 'https://webhook').pathname;
    try {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      const { request: review } = JSON.parse(text) as { request: AdmissionRequest };
      if (!Object.hasOwn(handlers, path)) return void response.writeHead(404).end();
      const body = JSON.stringify(answer(review, await judge(path, review)));
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    } catch (error) {
      onError(error);
      response.writeHead(400).end();
    }
  });
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
