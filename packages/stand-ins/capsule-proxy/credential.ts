/**
 * What a caller sent to prove who it is. Pure: only headers are looked at, in the raw form, where a header that was sent
 * twice is still two headers.
 *
 * Each refusal here answers a class of advisory: an empty token (CVE-2023-48312), a second Authorization header that one
 * hop reads and the next does not, headers that name an identity (CVE-2022-23652).
 */

export type Credential = { kind: 'token'; token: string } | { kind: 'none' } | { kind: 'refused'; message: string };

/** Values of a header in raw `[name, value, name, value, …]` form, without regard to case. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}

const SOCKET_TOKEN = 'base64url.bearer.authorization.k8s.io.';
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Offered subprotocols of a WebSocket, e.g. `v5.channel.k8s.io`. */
export function subprotocols(rawHeaders: readonly string[]): string[] {
  return headerValues(rawHeaders, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

/** True of the subprotocol in which browsers, which can set no Authorization header, hide the token. */
export function isTokenProtocol(protocol: string): boolean {
  return protocol.startsWith(SOCKET_TOKEN);
}

const INVALID = 'invalid bearer token';

/** The bearer token of a request. `refused` is a token, or a pair of them, that is not worth asking the server about. */
export function credentialOf(rawHeaders: readonly string[]): Credential {
  const authorizations = headerValues(rawHeaders, 'authorization');
  if (authorizations.length > 1) return { kind: 'refused', message: 'more than one Authorization header' };
  const [authorization] = authorizations;
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization.trim())?.[1];
    return token === undefined ? { kind: 'refused', message: INVALID } : { kind: 'token', token };
  }
  const offered = subprotocols(rawHeaders).filter(isTokenProtocol);
  if (offered.length > 1) return { kind: 'refused', message: 'more than one token in Sec-WebSocket-Protocol' };
  const [protocol] = offered;
  if (protocol === undefined) return { kind: 'none' };
  const token = Buffer.from(protocol.slice(SOCKET_TOKEN.length), 'base64url').toString('utf8');
  return BEARER.test(`Bearer ${token}`) ? { kind: 'token', token } : { kind: 'refused', message: INVALID };
}

/**
 * Whom the caller asks to be taken for, e.g. `the user bob`; undefined when it sends no such header. capsule-proxy grants
 * it to whoever may impersonate by RBAC; this stand-in grants it to nobody.
 */
export function impersonationWish(rawHeaders: readonly string[]): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!name.startsWith('impersonate-')) continue;
    return `the ${name.slice('impersonate-'.length)} ${rawHeaders[index + 1] ?? ''}`;
  }
  return undefined;
}
