/**
 * Headers on their way to the API server and back. What belongs to one connection stays there (RFC 9110 §7.6.1), and who
 * is asking is said by the proxy alone: it is written after everything of the caller's has been taken away, so that a
 * `Connection: Impersonate-User` cannot strike it out again.
 */
import { isTokenProtocol, subprotocols } from './credential.ts';

export interface Caller {
  name: string;
  groups: readonly string[];
}

/** As whom the request goes on: the caller, impersonated; or the proxy itself, for a list that it narrowed. */
export type ForwardedIdentity =
  | { kind: 'caller'; caller: Caller }
  | { kind: 'proxy' }
  | { kind: 'own-token'; token: string };

const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function nominated(rawHeaders: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== 'connection') continue;
    for (const name of (rawHeaders[index + 1] ?? '').split(',')) names.add(name.trim().toLowerCase());
  }
  return names;
}

function isIdentity(name: string): boolean {
  return (
    name === 'authorization' ||
    name.startsWith('impersonate-') ||
    name.startsWith('x-remote-') ||
    name === 'x-forwarded-client-cert' ||
    name === 'cookie'
  );
}

/** Raw header list without what belongs to the connection; the order and the case of names are kept. */
export function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const dropped = nominated(rawHeaders);
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const lower = name.toLowerCase();
    if (CONNECTION_HEADERS.has(lower) || dropped.has(lower)) continue;
    kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}

export interface RequestHeaderOptions {
  identity: ForwardedIdentity;
  /** The proxy's own bearer token; absent when it has a client certificate. */
  proxyToken?: string;
  /** Host of the API server. */
  host: string;
  /** Set for requests that switch protocols, e.g. `websocket` or `SPDY/3.1`. */
  upgrade?: string;
  /** Asks for an answer of this type, uncompressed, because the proxy itself will read it. */
  accept?: string;
  /** Content length of a body that is streamed without one must stay chunked. */
  chunked?: boolean;
}

export function requestHeaders(rawHeaders: readonly string[], options: RequestHeaderOptions): string[] {
  const headers: string[] = [];
  const kept = endToEndHeaders(rawHeaders);
  for (let index = 0; index < kept.length; index += 2) {
    const name = kept[index] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'host' || lower === 'sec-websocket-protocol' || isIdentity(lower)) continue;
    if (options.accept !== undefined && (lower === 'accept' || lower === 'accept-encoding')) continue;
    headers.push(name, kept[index + 1] ?? '');
  }
  if (options.accept !== undefined) headers.push('Accept', options.accept);
  const protocols = subprotocols(rawHeaders).filter((protocol) => !isTokenProtocol(protocol));
  if (protocols.length > 0) headers.push('Sec-WebSocket-Protocol', protocols.join(', '));
  headers.push('Host', options.host);
  const { identity } = options;
  if (identity.kind === 'own-token') headers.push('Authorization', `Bearer ${identity.token}`);
  else if (options.proxyToken !== undefined) headers.push('Authorization', `Bearer ${options.proxyToken}`);
  if (identity.kind === 'caller') {
    headers.push('Impersonate-User', identity.caller.name);
    for (const group of identity.caller.groups) headers.push('Impersonate-Group', group);
  }
  if (options.upgrade !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', options.upgrade);
  else if (options.chunked) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}
