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

export function credentialOf(rawHeaders: readonly string[]): Credential {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase().startsWith('impersonate-')) {
      return {
        kind: 'refused',
        message: 'the current user cannot impersonate: this proxy takes no Impersonate headers',
      };
    }
  }
  const authorizations = headerValues(rawHeaders, 'authorization');
  if (authorizations.length > 1) return { kind: 'refused', message: 'more than one Authorization header' };
  const [authorization] = authorizations;
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization.trim())?.[1];
    if (token === undefined) return { kind: 'refused', message: 'the Authorization header holds no bearer token' };
    return { kind: 'token', token };
  }
  const offered = subprotocols(rawHeaders).filter(isTokenProtocol);
  if (offered.length > 1) return { kind: 'refused', message: 'more than one bearer token in Sec-WebSocket-Protocol' };
  const [protocol] = offered;
  if (protocol === undefined) return { kind: 'none' };
  const token = Buffer.from(protocol.slice(SOCKET_TOKEN.length), 'base64url').toString('utf8');
  if (!BEARER.test(`Bearer ${token}`)) return { kind: 'refused', message: 'failed to decode websocket auth bearer' };
  return { kind: 'token', token };
}
