/**
 * The session that a command works in: which Manager, and a bearer token that it accepts right now.
 *
 * `KUBENOVA_SERVER`, `KUBENOVA_TOKEN` and `KUBENOVA_CA_FILE` win over what `kubenova login` has left, so that a pipeline
 * needs no file. An ID token lives for minutes and is renewed when it is about to end; under the lock, because a refresh
 * token works once (RFC 9700, section 4.14.2): of two commands at once the second finds what the first has got.
 */
import { CommandFailure } from '../output/failure.ts';
import { changeSessions, configFolder, readSessions, type StoredSession } from './session-file.ts';
import { readCa, trust } from './trust.ts';

export interface Session {
  /** Without a slash at the end. */
  readonly managerUrl: string;
  /** PEM of the authority to trust beside the system's; `openSession` has made this process trust it. */
  readonly ca: string | undefined;
  /**
   * A token that lasts for half a minute at least.
   *
   * @throws CommandFailure when there is none and the person has to sign in again
   */
  bearer(): Promise<string>;
}

export interface SessionOptions {
  /** The Manager's URL; the one of the last `kubenova login` where nothing is said. */
  server?: string;
  environment?: NodeJS.ProcessEnv;
}

/** What is renewed before it ends, in milliseconds: a call may take a while, and clocks differ. */
const MARGIN_MS = 30_000;

/** @throws CommandFailure when nobody is signed in there */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const environment = options.environment ?? process.env;
  const folder = configFolder(environment);
  const token = environment.KUBENOVA_TOKEN;
  const named = options.server ?? (environment.KUBENOVA_SERVER || undefined);
  // What a pipeline says in full needs no file, and is not disturbed by one.
  const file = token && named !== undefined ? { sessions: {} } : readSessions(folder);
  const server = named ?? file.current;
  if (server === undefined) throw new CommandFailure('nobody is signed in; run: kubenova login --server <URL>');
  const managerUrl = serverUrl(server);
  const stored = file.sessions[managerUrl];
  const ca = environment.KUBENOVA_CA_FILE ? readCa(environment.KUBENOVA_CA_FILE) : stored?.ca;
  if (ca !== undefined) trust(ca);
  if (token) return { managerUrl, ca, bearer: async () => token };
  if (stored === undefined) throw signInAgain(managerUrl, 'nobody is signed in at');
  return { managerUrl, ca, bearer: () => bearerOf(folder, managerUrl) };
}

/** @throws CommandFailure when it is no http address */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new CommandFailure(`'${text}' is no address of a Manager; it has the form https://kubenova.example.com`);
  }
  return url.href.replace(/\/+$/, '');
}

async function bearerOf(folder: string, managerUrl: string): Promise<string> {
  const now = usable(readSessions(folder).sessions[managerUrl]);
  if (now !== undefined) return now;
  return changeSessions(folder, async (file) => {
    const stored = file.sessions[managerUrl];
    const token = usable(stored);
    if (token !== undefined) return { result: token };
    if (stored?.kind !== 'signIn' || stored.refreshToken === undefined) {
      throw signInAgain(managerUrl, 'the session has ended at');
    }
    // Most calls need none of it, and kubectl's plugin is to answer at once.
    const { discover, refresh } = await import('./sign-in.ts');
    const renewed = await refresh(await discover(managerUrl), stored.refreshToken);
    if (renewed === undefined) throw signInAgain(managerUrl, 'the session has ended at');
    const session = { ...renewed, ...(stored.ca === undefined ? {} : { ca: stored.ca }) };
    return { file: { ...file, sessions: { ...file.sessions, [managerUrl]: session } }, result: renewed.idToken };
  });
}

function usable(session: StoredSession | undefined): string | undefined {
  if (session?.kind === 'token') return session.token;
  if (session === undefined || Date.parse(session.expiresAt) - Date.now() < MARGIN_MS) return undefined;
  return session.idToken;
}

function signInAgain(managerUrl: string, what: string): CommandFailure {
  return new CommandFailure(`${what} ${managerUrl}; run: kubenova login --server ${managerUrl}`);
}
