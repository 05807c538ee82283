/** `kubenova kubectl-credential`: what kubectl calls to get in; not for people. */
import { type CredentialRequest, credentialFor, execCredential } from '../kubectl/credential.ts';
import { openTokenCache, tokenFolder } from '../kubectl/token-cache.ts';
import { openSession } from '../session/session.ts';

export interface KubectlCredentialOptions extends CredentialRequest {
  server: string;
}

/** @throws CommandFailure when there is no session, or the Manager refuses */
export async function kubectlCredential({ server, ...request }: KubectlCredentialOptions): Promise<void> {
  const session = await openSession({ server });
  const cache = openTokenCache(tokenFolder());
  const credential = await credentialFor(request, { session, cache });
  process.stdout.write(`${execCredential(credential, new Date())}\n`);
}
