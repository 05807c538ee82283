/**
 * Sealing of what must be kept but never read from the database: kubeconfigs and the issuer's private keys.
 *
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. Sealed bytes are
 * `format (1) | key id (1) | nonce (12) | tag (16) | ciphertext`. The context, such as `cluster:<id>`, is authenticated
 * but not stored: bytes moved to another row do not open there.
 *
 * The key file holds one key a line, `<id> <base64 of 32 bytes>`; the last line seals, all of them open. So a new key is
 * a new line, and the old line goes when everything has been sealed anew (`resealing.ts`).
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HEADER_BYTES = 2 + NONCE_BYTES + TAG_BYTES;

export type SealingErrorCode = 'key-file' | 'unknown-key' | 'not-sealed' | 'tampered';

/** Why something could not be sealed or opened. No message quotes a key or a plaintext. */
export class SealingError extends Error {
  readonly code: SealingErrorCode;

  constructor(code: SealingErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SealingError';
    this.code = code;
  }
}

/** Seals and opens texts, each bound to its context. */
export interface Sealer {
  seal(plaintext: string, context: string): Buffer;
  /** @throws SealingError when the key is unknown, the bytes are none of ours, were changed, or belong to another context */
  unseal(sealed: Buffer, context: string): string;
  /** Whether bytes were sealed with an older key than the current one. */
  isStale(sealed: Buffer): boolean;
  /**
   * Keys of 32 bytes for another purpose than sealing, such as signing cookies: one of each key of the file, the current
   * one's first (HKDF with SHA-256, RFC 5869). Managers with the same file have the same.
   */
  deriveKeys(purpose: string): readonly Buffer[];
}

export interface Keyring {
  /** By id, 0 to 255. */
  keys: ReadonlyMap<number, Buffer>;
  /** The id of the key that seals. */
  current: number;
}

/** The context of a cluster's kubeconfig. */
export function clusterContext(clusterId: string): string {
  return `cluster:${clusterId}`;
}

export function createSealer(keyring: Keyring): Sealer {
  const keyOf = (id: number): Buffer => {
    const key = keyring.keys.get(id);
    if (key === undefined) throw new SealingError('unknown-key', `The key file has no key ${id}; restore its line.`);
    return key;
  };
  return {
    seal(plaintext, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(keyring.current), nonce);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([FORMAT, keyring.current]), nonce, cipher.getAuthTag(), body]);
    },
    unseal(sealed, context) {
      if (sealed.length < HEADER_BYTES || sealed[0] !== FORMAT) {
        throw new SealingError('not-sealed', 'These bytes were not sealed by KubeNova.');
      }
      const nonce = sealed.subarray(2, 2 + NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(sealed[1] ?? 0), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(2 + NONCE_BYTES, HEADER_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new SealingError('tampered', 'The sealed bytes were changed, moved, or sealed with another key.', error);
      }
    },
    isStale: (sealed) => sealed[0] === FORMAT && sealed[1] !== keyring.current,
    deriveKeys(purpose) {
      const older = [...keyring.keys.keys()].filter((id) => id !== keyring.current).reverse();
      return [keyring.current, ...older].map((id) =>
        Buffer.from(hkdfSync('sha256', keyOf(id), '', `kubenova:${purpose}`, KEY_BYTES)),
      );
    },
  };
}

/** Reads the key file, or makes one with a first key (mode 0600) where there is none. */
export function loadKeyring(path: string): Keyring {
  return parseKeyring(
    readSecretFile(path, () => `0 ${randomBytes(KEY_BYTES).toString('base64')}\n`),
    path,
  );
}

export function parseKeyring(text: string, path: string): Keyring {
  const keys = new Map<number, Buffer>();
  let current = -1;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = /^(\d{1,3}) ([A-Za-z0-9+/]{43}=)$/.exec(line.trim());
    const id = Number(match?.[1]);
    if (match?.[2] === undefined || id > 255 || keys.has(id)) {
      throw new SealingError(
        'key-file',
        `${path}, line ${index + 1}: each line is an id of its own from 0 to 255, a space, and 32 bytes in base64.`,
      );
    }
    keys.set(id, Buffer.from(match[2], 'base64'));
    current = id;
  }
  if (current < 0) throw new SealingError('key-file', `${path} holds no key.`);
  return { keys, current };
}

/**
 * Reads a file that only its owner may read, making it where there is none. Two processes that start at once agree on
 * one content: the file appears whole or not at all, and the first one wins.
 */
export function readSecretFile(path: string, make: () => string): string {
  try {
    return readPrivately(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, make());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  return readPrivately(path);
}

function readPrivately(path: string): string {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new SealingError('key-file', `${path} can be read by others; run: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8');
}
