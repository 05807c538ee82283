/**
 * Turns a failure below HTTP (DNS, TCP, TLS, a broken answer) into a KubeError whose message says what to do.
 * `Certificate` is kept apart from `Unreachable`: waiting never mends a certificate, a person has to.
 * The original error is not kept as `cause`, since TLS errors carry sockets and options, and with them keys.
 */
import { KubeError } from './error.ts';

/** Codes of OpenSSL's certificate verification as Node reports them, and what a person should do about each. */
const CERTIFICATE_ADVICE: Record<string, string> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired: renew it on the server",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet: check the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's certificate is for another host name: use an address that it names, or set tls-server-name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed: put its CA into certificate-authority-data",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the server's certificate comes from a CA that is not the given one: check certificate-authority-data",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate comes from a CA that is not the given one: check certificate-authority-data",
  UNABLE_TO_GET_ISSUER_CERT: "the CA of the server's certificate is not known: check certificate-authority-data",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the CA of the server's certificate is not known: check certificate-authority-data",
  CERT_SIGNATURE_FAILURE: "the server's certificate was not signed by the given CA: check certificate-authority-data",
  CERT_REVOKED: "the server's certificate was revoked: renew it on the server",
  CERT_UNTRUSTED: "the server's certificate is not trusted: check certificate-authority-data",
  CERT_REJECTED: "the server's certificate was rejected: check certificate-authority-data",
  INVALID_CA: 'a CA in the chain may not sign certificates: check certificate-authority-data',
  INVALID_PURPOSE: "the server's certificate may not be used for servers: renew it with server authentication",
  CERT_CHAIN_TOO_LONG: "the server's chain of certificates is too long",
};

const UNREACHABLE_ADVICE: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused: is the API server running at this address and port?',
  ENOTFOUND: 'the host name does not resolve: check the spelling and the DNS',
  EAI_AGAIN: 'the DNS does not answer: check the name servers',
  EHOSTUNREACH: 'no route to the host: check network and firewall',
  ENETUNREACH: 'no route to the network: check network and firewall',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'no answer to the connection attempt: check address, port and firewall',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection attempt: check address, port and firewall',
  UND_ERR_DESTROYED: 'the client is closed',
  UND_ERR_CLOSED: 'the client is closed',
};

/** The error code of a failure, looked for in the error, its parts (several addresses were tried) and its cause. */
export function transportCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) {
    return undefined;
  }
  const { code, errors, cause } = error as { code?: unknown; errors?: unknown; cause?: unknown };
  if (typeof code === 'string' && code !== 'UND_ERR_SOCKET') {
    return code;
  }
  if (Array.isArray(errors)) {
    for (const part of errors) {
      const found = transportCode(part);
      if (found !== undefined) {
        return found;
      }
    }
  }
  return transportCode(cause) ?? (typeof code === 'string' ? code : undefined);
}

/** True when the connection broke in use, as happens when the server closes an idle connection just as we send on it. */
export function isBrokenConnection(error: unknown): boolean {
  const code = transportCode(error);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

export function errorFromTransport(operation: string, server: string, error: unknown): KubeError {
  if (error instanceof KubeError) {
    return error;
  }
  const code = transportCode(error);
  const fields = { transportCode: code };
  const prefix = `${operation} at ${server}: `;
  if (code === undefined) {
    const name = error instanceof Error ? error.name : typeof error;
    return new KubeError('Unreachable', `${prefix}the request failed (${name})`, fields);
  }
  const certificate = CERTIFICATE_ADVICE[code];
  if (certificate !== undefined) {
    return new KubeError('Certificate', prefix + certificate, fields);
  }
  if (
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REVOKED|REQUIRED|UNKNOWN)|UNSUPPORTED_CERTIFICATE)$/.test(
      code,
    )
  ) {
    return new KubeError(
      'Certificate',
      `${prefix}the server refused our client certificate (${code}): get a new kubeconfig`,
      fields,
    );
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO') {
    return new KubeError('Protocol', `${prefix}what answers there does not speak TLS: check the port`, fields);
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new KubeError('TooLarge', `${prefix}the answer is larger than this client takes`, fields);
  }
  if (
    code.startsWith('HPE_') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  ) {
    return new KubeError('Protocol', `${prefix}what answers there does not speak HTTP/1.1 (${code})`, fields);
  }
  return new KubeError('Unreachable', prefix + (UNREACHABLE_ADVICE[code] ?? `the connection failed (${code})`), fields);
}
