import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  bitString,
  element,
  integer,
  isTrue,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Whom a certificate names and what it may be used for. */
export interface CertificateRequest {
  /** The user name, for a client of Kubernetes. */
  readonly commonName: string;
  /** The groups, for a client of Kubernetes. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  /** IPv4 addresses. */
  readonly ips?: readonly string[];
  readonly uses: readonly ('server' | 'client')[];
}

const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
} as const;

/** A test world's certificates outlive every run of it and are made anew with its data folder. */
const lifetimeDays = 3650;

/** A new certificate authority of its own, with an ECDSA key on P-256. */
export function createAuthority(commonName: string): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = distinguishedName(commonName, []);
  const extensions = [
    extension(ids.basicConstraints, sequence(isTrue()), true),
    // keyCertSign and cRLSign are bits 5 and 6.
    extension(ids.keyUsage, bitString(Buffer.from([0b0000_0110]), 1), true),
    extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
  ];
  return finish(name, name, publicKey, privateKey, extensions, privateKey);
}

/** A certificate for a server, a client or both, signed by an authority of `createAuthority`. */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): KeyPair {
  const authorityKey = createPrivateKey(authority.keyPem);
  const authorityPublicKey = createPublicKey(authorityKey);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const uses = request.uses.map((use) =>
    objectIdentifier(use === 'server' ? ids.serverAuthentication : ids.clientAuthentication),
  );
  const extensions = [
    extension(ids.basicConstraints, sequence(), true),
    // digitalSignature is bit 0.
    extension(ids.keyUsage, bitString(Buffer.from([0b1000_0000]), 7), true),
    extension(ids.extendedKeyUsage, sequence(...uses)),
    extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    extension(ids.authorityKeyIdentifier, sequence(element(0x80, keyIdentifier(authorityPublicKey)))),
  ];
  const names = [
    ...(request.dnsNames ?? []).map((name) => element(0x82, Buffer.from(name, 'ascii'))),
    ...(request.ips ?? []).map((ip) => element(0x87, addressBytes(ip))),
  ];
  if (names.length > 0) extensions.push(extension(ids.subjectAlternativeName, sequence(...names)));
  return finish(
    authoritySubject(authority.certPem),
    distinguishedName(request.commonName, request.organizations ?? []),
    publicKey,
    privateKey,
    extensions,
    authorityKey,
  );
}

function finish(
  issuer: Buffer,
  subject: Buffer,
  publicKey: KeyObject,
  privateKey: KeyObject,
  extensions: readonly Buffer[],
  signingKey: KeyObject,
): KeyPair {
  const algorithm = sequence(objectIdentifier(ids.ecdsaWithSha256));
  const now = Date.now();
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    algorithm,
    issuer,
    // A clock that was set back a little must not make a fresh certificate invalid.
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + lifetimeDays * 86_400_000))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signingKey);
  const certificate = sequence(body, algorithm, bitString(signature));
  return {
    certPem: pem('CERTIFICATE', certificate),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A positive serial number without a leading zero byte, which DER would not allow. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const parts = [objectIdentifier(id)];
  if (critical) parts.push(isTrue());
  return sequence(...parts, octetString(value));
}

function distinguishedName(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (id: string, value: string) => set(sequence(objectIdentifier(id), utf8(value)));
  return sequence(
    ...organizations.map((organization) => attribute(ids.organization, organization)),
    attribute(ids.commonName, commonName),
  );
}

/** The subject of one of our own authorities, which carries a common name and nothing else. */
function authoritySubject(certPem: string): Buffer {
  const { subject } = new X509Certificate(certPem);
  if (!/^CN=[^\n]+$/.test(subject)) throw new Error('The authority was not made by createAuthority.');
  return distinguishedName(subject.slice('CN='.length), []);
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function addressBytes(address: string): Buffer {
  if (!isIPv4(address)) throw new Error(`${address} is no IPv4 address.`);
  return Buffer.from(address.split('.').map(Number));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
