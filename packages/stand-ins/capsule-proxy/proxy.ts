/** The proxy's server: authenticates, decides, and pipes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { createKubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { createAuthenticator } from './authenticate.ts';
import { decide } from './decision.ts';
import { discoverNamespacedKinds } from './discovery.ts';
import { answerStatus, forwardRequest, forwardUpgrade, refuseUpgrade } from './forward.ts';
import { startKnowledge } from './knowledge.ts';
import { namespaceOfNamedObject, routeOf } from './route.ts';
import { answerReview } from './self-review.ts';
import { notFound, type StatusAnswer } from './status.ts';
import { createUpstream } from './upstream.ts';

export interface CapsuleProxyOptions {
  connection: KubeConnection;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** PEM texts. */
  certificate: string;
  key: string;
  /** `--capsule-configuration-name` */
  configurationName?: string;
  onError?: (error: unknown) => void;
}

export interface CapsuleProxyServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Resolves once the proxy knows the cluster and listens. */
export async function startCapsuleProxy(options: CapsuleProxyOptions): Promise<CapsuleProxyServer> {
  const { connection, onError = () => undefined } = options;
  const abort = new AbortController();
  const client = createKubeClient(connection, { userAgent: 'kubenova-capsule-proxy-stand-in', maxConnections: 32 });
  const upstream = createUpstream(connection);
  const authenticate = createAuthenticator(client);
  const knowledge = startKnowledge(client, {
    configurationName: options.configurationName ?? 'default',
    signal: abort.signal,
    onError,
  });
  const [kinds] = await Promise.all([discoverNamespacedKinds(client), knowledge.synced]);

  function failure(error: unknown): StatusAnswer {
    onError(error);
    return { code: 500, reason: 'InternalError', message: error instanceof Error ? error.message : String(error) };
  }

  /** What both kinds of request go through; undefined when the answer is already given by `refuse`. */
  async function admit(request: IncomingMessage, refuse: (status: StatusAnswer) => void) {
    const method = request.method ?? 'GET';
    const { pathname, search } = new URL(request.url ?? '/', 'https://proxy');
    const route = routeOf(method, pathname);
    const filtered = route.kind !== 'pass' && route.kind !== 'self-review';
    try {
      const authentication = await authenticate(request, filtered);
      if ('refusal' in authentication) return void refuse(authentication.refusal);
      const { caller } = authentication;
      const decision = decide(route, search, caller, knowledge, kinds);
      if (decision.kind === 'answer') return void refuse(decision.status);
      const { identity } = decision;
      return { method, route, pathname, destination: { path: pathname + decision.search, identity } };
    } catch (error) {
      return void refuse(failure(error));
    }
  }

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/_healthz') {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
      return;
    }
    const admitted = await admit(request, (status) => answerStatus(response, status));
    if (!admitted) return;
    const { method, route, pathname, destination } = admitted;
    if (route.kind === 'self-review') {
      const destination = { ...admitted.destination, accept: 'application/json' };
      await forwardRequest(upstream, request, response, destination, (answer) => answerReview(answer, response));
      return;
    }
    const namespace = namespaceOfNamedObject(method, pathname);
    await forwardRequest(upstream, request, response, destination, async (answer) => {
      // A refusal must not hide that the namespace is not there at all: clients that create what is missing rely on it.
      if (answer.statusCode !== 403 || namespace === undefined) return false;
      if (await client.find(Namespace, { name: namespace })) return false;
      const [name = '', plural = ''] = pathname.split('/').reverse();
      const group = pathname.startsWith('/apis/') ? (pathname.split('/')[2] ?? '') : '';
      const status = notFound(group, plural, name);
      answerStatus(response, { ...status, message: status.message.replace(/^([^."]+)\. /, '$1 ') });
      return true;
    });
  }

  async function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener an error on a socket that nobody reads any more would end the process.
    socket.on('error', () => socket.destroy());
    const admitted = await admit(request, (status) => refuseUpgrade(socket, status));
    if (admitted) await forwardUpgrade(upstream, request, socket, head, admitted.destination);
  }

  const server = createServer(
    // A client certificate is asked for and may be left out; only one that the cluster's CA signed counts.
    { cert: options.certificate, key: options.key, ca: connection.ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      onRequest(request, response).catch((error: unknown) => answerStatus(response, failure(error)));
    },
  );
  server.requestTimeout = 0;
  server.headersTimeout = 5000;
  server.on('upgrade', (request, socket, head) => {
    onUpgrade(request, socket, head).catch((error: unknown) => refuseUpgrade(socket, failure(error)));
  });
  const sockets = trackSockets(server);
  const port = await listen(server, options.host, options.port);
  return {
    port,
    async close() {
      abort.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      upstream.close();
      await client.close();
    },
  };
}

function trackSockets(server: Server): ReadonlySet<Duplex> {
  const sockets = new Set<Duplex>();
  // Those that are still shaking hands count too.
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
