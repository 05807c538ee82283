/** `kubenova logout`: ends the session at the issuer and forgets it here. */
import { openTokenCache, tokenFolder } from '../kubectl/token-cache.ts';
import { CommandFailure } from '../output/failure.ts';
import { serverUrl } from '../session/session.ts';
import { changeSessions, configFolder, readSessions } from '../session/session-file.ts';
import { discover, revoke } from '../session/sign-in.ts';
import { trust } from '../session/trust.ts';

export interface LogoutOptions {
  server?: string;
}

/** @throws CommandFailure when nobody is signed in */
export async function logout(options: LogoutOptions): Promise<void> {
  const folder = configFolder();
  const server = options.server ?? (process.env.KUBENOVA_SERVER || readSessions(folder).current);
  const managerUrl = server === undefined ? undefined : serverUrl(server);
  // Under the lock, so that a command that renews the session at this moment does not bring it back.
  const session = await changeSessions(folder, async ({ current, sessions }) => {
    const { [managerUrl ?? '']: found, ...others } = sessions;
    if (found === undefined) return { result: undefined };
    const kept = current === undefined || current === managerUrl ? {} : { current };
    return { file: { ...kept, sessions: others }, result: found };
  });
  if (session === undefined || managerUrl === undefined) {
    throw new CommandFailure(managerUrl === undefined ? 'nobody is signed in' : `nobody is signed in at ${managerUrl}`);
  }
  openTokenCache(tokenFolder()).clear();
  if (session.ca !== undefined) trust(session.ca);
  if (session.kind === 'signIn' && session.refreshToken !== undefined) {
    const { refreshToken } = session;
    const ended = await discover(managerUrl)
      .then((issuer) => revoke(issuer, refreshToken))
      .catch((error: unknown) => (error instanceof CommandFailure ? error : Promise.reject(error)));
    // What is forgotten here is of no use here; that it is not elsewhere either could not be reached.
    if (ended instanceof CommandFailure)
      process.stderr.write(`The session was not ended at the issuer: ${ended.message}\n`);
  }
  process.stdout.write(`Signed out of ${managerUrl}.\n`);
}
