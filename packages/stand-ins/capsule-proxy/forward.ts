/**
 * Pipes a request to the API server and its answer back, piece by piece as they come: a watch or `logs -f` is never held
 * up. When either side is cut the other is closed, so that nothing lingers on the API server for a client that has gone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { endToEndHeaders, type ForwardedIdentity, requestHeaders } from './headers.ts';
import { type StatusAnswer, statusBody } from './status.ts';
import type { Upstream } from './upstream.ts';

export interface Destination {
  /** Path with its query. */
  path: string;
  identity: ForwardedIdentity;
  /** Wanted type of an answer that the proxy will read. */
  accept?: string;
}

export function answerStatus(response: ServerResponse, status: StatusAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status.code, { 'content-type': 'application/json' });
  response.end(statusBody(status));
}

function unavailable(error: unknown): StatusAnswer {
  const text = error instanceof Error && 'code' in error ? String(error.code) : 'it did not answer';
  return { code: 502, reason: 'ServiceUnavailable', message: `the API server cannot be reached: ${text}` };
}

/** `replace` may answer in its own way once the head is there, and says so by returning true. */
export async function forwardRequest(
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  destination: Destination,
  replace?: (answer: IncomingMessage) => Promise<boolean>,
): Promise<void> {
  const headers = requestHeaders(request.rawHeaders, {
    identity: destination.identity,
    proxyToken: await upstream.token(),
    host: upstream.host,
    chunked: request.headers['transfer-encoding'] !== undefined,
    accept: destination.accept,
  });
  if (response.destroyed) return;
  const outgoing = upstream.open({ method: request.method ?? 'GET', path: destination.path, headers });
  outgoing.setNoDelay(true);
  response.once('close', () => outgoing.destroy());
  outgoing.once('error', (error) => answerStatus(response, unavailable(error)));
  outgoing.once('response', async (answer) => {
    try {
      if (await replace?.(answer)) {
        answer.resume();
        return;
      }
      answer.once('aborted', () => response.destroy());
      answer.once('error', () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEndHeaders(answer.rawHeaders));
      response.flushHeaders();
      answer.pipe(response);
    } catch (error) {
      answerStatus(response, unavailable(error));
    }
  });
  request.pipe(outgoing);
}

/** Switches protocols (WebSocket, SPDY) on both sides and joins them byte by byte. */
export async function forwardUpgrade(
  upstream: Upstream,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  destination: Destination,
): Promise<void> {
  const headers = requestHeaders(request.rawHeaders, {
    identity: destination.identity,
    proxyToken: await upstream.token(),
    host: upstream.host,
    upgrade: request.headers.upgrade ?? 'websocket',
  });
  if (client.destroyed) return;
  const outgoing = upstream.open({ method: request.method ?? 'GET', path: destination.path, headers, fresh: true });
  client.once('close', () => outgoing.destroy());
  outgoing.once('error', (error) => refuseUpgrade(client, unavailable(error)));
  outgoing.once('response', (answer) => {
    // The API server did not switch: what it says instead is an ordinary answer, after which the connection ends.
    writeHead(client, answer, [...endToEndHeaders(answer.rawHeaders), 'Connection', 'close']);
    answer.pipe(client);
  });
  outgoing.once('upgrade', (answer, server, serverHead) => {
    const protocol = answer.headers.upgrade ?? request.headers.upgrade ?? 'websocket';
    writeHead(client, answer, [...endToEndHeaders(answer.rawHeaders), 'Connection', 'Upgrade', 'Upgrade', protocol]);
    join(client, server);
    if (serverHead.length > 0) client.write(serverHead);
    if (head.length > 0) server.write(head);
  });
  outgoing.end();
}

export function refuseUpgrade(client: Duplex, status: StatusAnswer): void {
  if (client.destroyed) return;
  const body = statusBody(status);
  const lines = [
    `HTTP/1.1 ${status.code} ${status.reason}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function writeHead(client: Duplex, answer: IncomingMessage, headers: readonly string[]): void {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** The end of one direction is passed on as such; a broken side takes the other with it. */
function join(client: Duplex, server: Duplex): void {
  for (const side of [client, server]) {
    if ('setNoDelay' in side && typeof side.setNoDelay === 'function') side.setNoDelay(true);
    if ('setTimeout' in side && typeof side.setTimeout === 'function') side.setTimeout(0);
  }
  client.pipe(server);
  server.pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.once('error', () => other.destroy());
    one.once('close', () => other.destroy());
  }
}
