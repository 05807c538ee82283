/** Checks certificates, keys and tokens before anything is dialled, so that the answer names the fault instead of a failed handshake. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { KubeconfigError } from './kubeconfig-error.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Reads every certificate of a PEM bundle; at least one has to be valid at `now`, since bundles often keep an old CA beside the new.
 * @throws KubeconfigError `bad-certificate`, `certificate-expired`
 */
export function checkCertificates(pem: string, field: string, now: number): X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new KubeconfigError('bad-certificate', `${field} holds no PEM certificate.`);
  }
  const certificates = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new KubeconfigError('bad-certificate', `${field} holds a certificate that cannot be read.`);
    }
  });
  if (certificates.every((certificate) => certificate.validToDate.getTime() < now)) {
    throw new KubeconfigError(
      'certificate-expired',
      `The certificate in ${field} expired on ${certificates[0]?.validToDate.toISOString()}. Get a new kubeconfig.`,
    );
  }
  return certificates;
}

/** The first certificate is the client's own; the key must belong to it. */
export function checkClientCertificate(cert: string, key: string, now: number): void {
  const [own] = checkCertificates(cert, 'client-certificate-data', now);
  if (own !== undefined && own.validToDate.getTime() < now) {
    throw new KubeconfigError(
      'certificate-expired',
      `The certificate in client-certificate-data expired on ${own.validToDate.toISOString()}. Get a new kubeconfig.`,
    );
  }
  let matches: boolean;
  try {
    matches = own?.checkPrivateKey(createPrivateKey(key)) === true;
  } catch {
    throw new KubeconfigError(
      'bad-certificate',
      'client-key-data holds no private key that can be read (an encrypted one cannot).',
    );
  }
  if (!matches) {
    throw new KubeconfigError('bad-certificate', 'client-key-data does not belong to client-certificate-data.');
  }
}

/** A bearer token must fit into a header; a JWT's own expiry (RFC 7519 §4.1.4) is looked at, other tokens are opaque. */
export function checkToken(token: string, now: number): void {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new KubeconfigError(
      'bad-token',
      'The token holds spaces or characters that no token has. Copy it again, without line breaks.',
    );
  }
  const payload = token.split('.').length === 3 ? token.split('.')[1] : undefined;
  if (payload === undefined) {
    return;
  }
  let expiry: unknown;
  try {
    expiry = (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown }).exp;
  } catch {
    return;
  }
  if (typeof expiry === 'number' && expiry * 1000 < now) {
    throw new KubeconfigError(
      'token-expired',
      `The token expired on ${new Date(expiry * 1000).toISOString()}. Get a new kubeconfig.`,
    );
  }
}
