/** `kubenova kubectl-credential`: what kubectl calls to get in; not for people. */
import { join } from 'node:path';
import { type CredentialRequest, credentialFor, execCredential } from '../kubectl/credential.ts';
import { openTokenCache } from '../kubectl/token-cache.ts';
import { openSession } from '../session/session.ts';
import { configFolder } from '../session/session-file.ts';

export interface KubectlCredentialOptions extends CredentialRequest {
  server: string;
}

/** @throws CommandFailure when there is no session, or the Manager refuses */
export async function kubectlCredential({ server, ...request }: KubectlCredentialOptions): Promise<void> {
  const session = await openSession({ server });
  const cache = openTokenCache(join(configFolder(), 'kubectl-tokens'));
  const credential = await credentialFor(request, { session, cache, askedBy: process.ppid });
  process.stdout.write(`${execCredential(credential)}\n`);
}
