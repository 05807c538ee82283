/**
 * Where the bearer token of a request comes from. A token in a file is re-read when the file changes, because the kubelet rotates
 * bound ServiceAccount tokens in place (by swapping a symlink, which changes the inode).
 */
import { readFile, stat } from 'node:fs/promises';
import type { KubeCredential } from './connection.ts';
import { KubeError } from './error.ts';

export interface TokenSource {
  /** The token, or undefined when the credential is a certificate. `fresh` looks at the file in any case. */
  current(fresh?: boolean): Promise<string | undefined>;
  /** Replaces every token that this source has handed out lately by a mark, for text that came from outside. */
  redact(text: string): string;
}

/** A changed file is seen after this long at most; a 401 looks at once. */
const LOOK_EVERY_MS = 1_000;

export function createTokenSource(credential: KubeCredential, now: () => number = Date.now): TokenSource {
  if (credential.kind === 'token') {
    const { token } = credential;
    return { current: async () => token, redact: (text) => text.replaceAll(token, '[redacted]') };
  }
  if (credential.kind === 'certificate') {
    return { current: async () => undefined, redact: (text) => text };
  }
  const { path } = credential;
  let known: { token: string; mark: string; lookedAt: number } | undefined;
  const recent: string[] = [];

  async function current(fresh = false): Promise<string> {
    if (known !== undefined && !fresh && now() - known.lookedAt < LOOK_EVERY_MS) {
      return known.token;
    }
    try {
      const { mtimeMs, ino, size } = await stat(path);
      const mark = `${mtimeMs}/${ino}/${size}`;
      const token = known !== undefined && known.mark === mark ? known.token : (await readFile(path, 'utf8')).trim();
      if (token === '') {
        throw new Error('empty');
      }
      if (!recent.includes(token)) {
        recent.unshift(token);
        recent.length = Math.min(recent.length, 3);
      }
      known = { token, mark, lookedAt: now() };
      return token;
    } catch (error) {
      // While a file is being swapped it can be away for a moment; the token of before is still good for minutes.
      if (known !== undefined) {
        return known.token;
      }
      const code = (error as NodeJS.ErrnoException).code ?? 'it is empty';
      throw new KubeError('Unauthorized', `The token file ${path} cannot be read (${code}).`);
    }
  }
  return { current, redact: (text) => recent.reduce((result, token) => result.replaceAll(token, '[redacted]'), text) };
}
