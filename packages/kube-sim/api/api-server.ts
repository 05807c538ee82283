/**
 * The HTTP server of one cluster. Each request passes: fault injection → authentication → impersonation → authorisation
 * → the verb. HTTP/1.1 over TLS; a client certificate of the cluster's CA names a user.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import { ApiError, badRequest, unauthorized } from '@kubenova/kube-model/api-error.ts';
import { WebSocketServer } from 'ws';
import type { Authenticator, Credentials } from '../auth/authenticator.ts';
import type { AccessAttributes, Authorizer } from '../auth/authorizer.ts';
import { forbiddenAccess } from '../auth/forbidden.ts';
import { impersonate } from '../auth/impersonation.ts';
import type { UserInfo } from '../auth/user.ts';
import type { Fault, Interceptor } from '../faults/interceptor.ts';
import type { Machinery } from '../machinery.ts';
import { callOf, type HandlerParts, handle, JSON_TYPE } from './handlers.ts';
import type { LocalClientFor } from './local-client.ts';
import { type Answer, plainAnswer } from './plain-paths.ts';
import { readBody } from './request-body.ts';
import { type Route, routeOf } from './route.ts';
import { PROTOCOLS, serveLog, serveWatch, startSession } from './streams.ts';
import { admitAll, type Call } from './verbs/call.ts';
import { get } from './verbs/read.ts';

export interface ApiServerParts extends HandlerParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly clientFor: LocalClientFor;
  /** Has the pods' logs and shells. */
  readonly machinery: Machinery;
  /** What `/openid/v1/jwks` answers. */
  readonly keys: () => Promise<object>;
  readonly issuer: string;
  readonly interceptor?: Interceptor;
  readonly tls: { readonly cert: string; readonly key: string };
  /** Client certificates that it signed are believed. */
  readonly clientCaPem: string;
  /** Told of what is a defect of the server, not of the request. */
  readonly onError?: (where: string, error: unknown) => void;
}

export interface ApiServer {
  /** Binds 127.0.0.1. @returns the port */
  listen(port: number): Promise<number>;
  /** Refuses connections and cuts those that are open. */
  close(): Promise<void>;
}

const CUT = Symbol('cut');
const NOTHING = Buffer.alloc(0);

export function createApiServer(parts: ApiServerParts): ApiServer {
  const { authenticator, authorizer, interceptor, clientFor } = parts;
  const certificates = new WeakMap<Socket, Credentials['certificate'] | null>();
  const webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  let server: Server | undefined;
  /** Of TCP: one that is still shaking hands is none of the HTTP server's, and would keep it from ever closing. */
  const sockets = new Set<Duplex>();

  /** Everything before the verb. @throws ApiError, or CUT when the connection is to be cut */
  async function admit(request: IncomingMessage): Promise<{ route: Route; user: UserInfo; fault: Fault | undefined }> {
    const { headers, method = 'GET', url = '/' } = request;
    const route = routeOf(method, url);
    const fault = await interceptor?.({ method, route, headers });
    const { delayMs, refuse, error } = fault ?? {};
    if (delayMs !== undefined) await new Promise<void>((resolve) => parts.clock.after(delayMs, resolve));
    if (refuse) throw CUT;
    if (error) throw error;
    const certificate = certificateOf(request.socket as TLSSocket);
    const authorization = headers.authorization ?? bearerOfProtocols(headers['sec-websocket-protocol']);
    const shown = await authenticator.authenticate({ authorization, certificate, path: route.path });
    if (shown === undefined) throw unauthorized();
    const attributes = attributesOf(route);
    const acts = Object.keys(headers).some((name) => name.startsWith('impersonate-'));
    const user = acts ? impersonate(utf8(request.headersDistinct), shown, authorizer, attributes) : shown;
    authorize(user, attributes);
    return { route, user, fault };
  }

  const authorize = (user: UserInfo, attributes: AccessAttributes): void => {
    const { allowed, reason } = authorizer.authorize(user, attributes);
    if (!allowed) throw forbiddenAccess(user, attributes, reason);
  };

  /** @throws ApiError 400 when the pod has no such container, or no node */
  const checkSession = (call: Call, { query }: Route): void => {
    parts.machinery.checkContainer(get(parts, call).object as Pod, query.get('container') ?? '');
  };

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let fault: Fault | undefined;
    try {
      const admitted = await admit(request);
      const { route, user } = admitted;
      fault = admitted.fault;
      const found = callOf(parts, route, user);
      if (found === undefined) return finish(response, fault, await plainAnswer(parts, route, request.headers));
      const call = { ...found, mayCreate: () => authorize(user, { ...attributesOf(route), verb: 'create' }) };
      if (route.verb === 'watch') return serveWatch(parts, call, route, request.headers.accept, response, fault);
      if (call.subresource === 'log') return await serveLog(parts, call, route, response);
      if (isSession(call)) {
        checkSession(call, route);
        throw badRequest('Upgrade request required');
      }
      const body = request.method === 'GET' ? NOTHING : await readBody(request);
      finish(response, fault, await handle(parts, call, { route, headers: request.headers, body, fault }));
    } catch (error) {
      if (isDefect(error)) parts.onError?.(`${request.method} ${request.url}`, error);
      fail(response, fault, error);
    }
  }

  async function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const { route, user } = await admit(request);
      const call = callOf(parts, route, user);
      if (call === undefined || !isSession(call)) throw badRequest('this path cannot be upgraded');
      checkSession(call, route);
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        throw badRequest(`unable to upgrade: ${request.headers.upgrade} is not simulated, WebSocket is`);
      }
      await admitAll(parts.admission, call, 'CONNECT', undefined, undefined, { dryRun: false });
      const session = startSession(parts, call, route, clientFor(user));
      webSockets.handleUpgrade(request, socket, head, session);
    } catch (error) {
      const response = new ServerResponse(request);
      response.assignSocket(socket as Socket);
      response.on('finish', () => socket.end());
      fail(response, undefined, error);
    }
  }

  function certificateOf(socket: TLSSocket): Credentials['certificate'] {
    let known = certificates.get(socket);
    if (known === undefined) {
      const { subject, fingerprint256 } = socket.getPeerCertificate?.() ?? {};
      // With TLS 1.3 a client that shows a certificate of another CA gets as far as here.
      if (subject !== undefined && !socket.authorized) throw unauthorized();
      const organizations = subject?.O === undefined ? [] : [subject.O].flat();
      // Without a name it is nobody's.
      known = subject?.CN ? { commonName: String(subject.CN), organizations, fingerprint: fingerprint256 } : null;
      certificates.set(socket, known);
    }
    return known ?? undefined;
  }

  return {
    async listen(port) {
      const options = { ...parts.tls, ca: parts.clientCaPem, requestCert: true, rejectUnauthorized: false };
      const listening = createServer({ ...options, keepAliveTimeout: 120_000, requestTimeout: 0 }, onRequest);
      listening.on('upgrade', onUpgrade);
      listening.on('connection', (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      server = listening;
      listening.listen(port, '127.0.0.1');
      await once(listening, 'listening');
      return (listening.address() as AddressInfo).port;
    },
    async close() {
      for (const client of webSockets.clients) client.terminate();
      const closed = server && once(server, 'close');
      server?.close();
      for (const socket of sockets) socket.destroy();
      server = undefined;
      await closed;
    },
  };
}

const isSession = ({ subresource, type }: Call): boolean => type.storage === 'pods' && subresource === 'exec';

/** Node reads headers as Latin-1; a name may be UTF-8. */
function utf8(headers: NodeJS.Dict<string[]>): NodeJS.Dict<string[]> {
  const decoded = (values: string[] = []) => values.map((value) => Buffer.from(value, 'latin1').toString());
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, decoded(values)]));
}

function attributesOf({ verb, path, resource }: Route): AccessAttributes {
  if (resource === undefined) return { verb, path };
  const { group, version, plural, subresource, namespace, name } = resource;
  return { verb, group, version, resource: plural, subresource, namespace, name };
}

const isDefect = (error: unknown): boolean => error !== CUT && toApiError(error).status.reason === 'InternalError';

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // etcd's own refusals come without a reason; anything else is a defect, and says so.
  return message.startsWith('etcdserver:')
    ? new ApiError(500, '', message)
    : new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function fail(response: ServerResponse, fault: Fault | undefined, error: unknown): void {
  if (error === CUT || response.headersSent) return void response.socket?.destroy();
  const { status } = toApiError(error);
  finish(response, fault, { code: status.code, contentType: JSON_TYPE, body: JSON.stringify(status) });
}

function finish(response: ServerResponse, fault: Fault | undefined, answer: Answer): void {
  if (fault?.loseResponse) return void response.socket?.destroy();
  const { code, contentType, body, warnings = [], etag } = answer;
  const retryAfter = code === 429 || code === 504 ? /"retryAfterSeconds":(\d+)/.exec(body)?.[1] : undefined;
  response.writeHead(code, {
    'Audit-Id': randomUUID(),
    'Cache-Control': 'no-cache, private',
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    ...(etag !== undefined && { ETag: etag }),
    ...(warnings.length > 0 && { Warning: [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`) }),
  });
  // As a string it goes out together with its head, in one piece.
  response.end(body);
}

/** Browsers can set no Authorization header and hide the token among the protocols of a WebSocket. */
function bearerOfProtocols(offered = ''): string | undefined {
  const encoded = /(?:^|,)\s*base64url\.bearer\.authorization\.k8s\.io\.([\w-]+)/.exec(offered)?.[1];
  return encoded === undefined ? undefined : `Bearer ${Buffer.from(encoded, 'base64url').toString('utf8')}`;
}
