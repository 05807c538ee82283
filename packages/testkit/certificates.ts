/**
 * Certificate authorities and certificates (X.509, RFC 5280) for worlds that live and die with a test or a data folder. All keys are
 * ECDSA on P-256; everything is PEM.
 */
// The X.509 library needs it to be there first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key (PKCS #8), both as PEM, named as `node:tls` names them. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate names, what it may be used for, and when. */
export interface CertificateRequest {
  /** The user name, for a client of Kubernetes. */
  readonly commonName: string;
  /** The groups, for a client of Kubernetes. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  /** IP addresses. */
  readonly ips?: readonly string[];
  /** Both unless said otherwise. */
  readonly uses?: readonly ('server' | 'client')[];
  /** An hour ago unless said otherwise: a clock that was set back a little must not make a fresh certificate invalid. */
  readonly notBefore?: Date;
  /** In ten years unless said otherwise: a world's certificates outlive every run of it. */
  readonly notAfter?: Date;
}

/** An authority and what it signs. */
export interface Authority extends KeyPair {
  issue(request: CertificateRequest): Promise<KeyPair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;
const lifetimeMs = 3650 * 24 * hourMs;
const purposes = { server: ExtendedKeyUsage.serverAuth, client: ExtendedKeyUsage.clientAuth } as const;

/** A new certificate authority of its own. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: distinguishedName(commonName),
    keys,
    signingAlgorithm: algorithm,
    ...validity({}),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return authorityOf(certificate, keys.privateKey, { cert: pemOf(certificate), key: await privatePem(keys) });
}

/** The authority of an earlier `createAuthority`, from what was kept of it. */
export async function openAuthority(kept: KeyPair): Promise<Authority> {
  const key = await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(kept.key), algorithm, false, ['sign']);
  return authorityOf(new X509Certificate(kept.cert), key, kept);
}

function authorityOf(authority: X509Certificate, signingKey: webcrypto.CryptoKey, { cert, key }: KeyPair): Authority {
  return {
    cert,
    key,
    async issue(request) {
      const keys = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: distinguishedName(request.commonName, request.organizations),
        issuer: authority.subjectName,
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: algorithm,
        ...validity(request),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension((request.uses ?? ['server', 'client']).map((use) => purposes[use])),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
          ...keyIdentifierOf(authority),
          ...alternativeNames(request),
        ],
      });
      return { cert: pemOf(certificate), key: await privatePem(keys) };
    },
  };
}

function validity({ notBefore, notAfter }: Pick<CertificateRequest, 'notBefore' | 'notAfter'>) {
  const now = Date.now();
  return { notBefore: notBefore ?? new Date(now - hourMs), notAfter: notAfter ?? new Date(now + lifetimeMs) };
}

/** Built from parts, since a name as text would have to escape what users and groups are called. */
function distinguishedName(commonName: string, organizations: readonly string[] = []): Name {
  return new Name([
    ...organizations.map((organization) => ({ O: [{ utf8String: organization }] })),
    { CN: [{ utf8String: commonName }] },
  ]);
}

/** The identifier as the authority's own certificate has it, by which verifiers find their way up. */
function keyIdentifierOf(authority: X509Certificate): Extension[] {
  const own = authority.getExtension(SubjectKeyIdentifierExtension);
  return own === null ? [] : [new AuthorityKeyIdentifierExtension(own.keyId)];
}

function alternativeNames({ dnsNames = [], ips = [] }: CertificateRequest): Extension[] {
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`;
}
