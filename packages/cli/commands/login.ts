/** `kubenova login`: signs in at a Manager, and remembers it for the commands that follow. */
import { readFileSync } from 'node:fs';
import { createClient } from '@kubenova/knapi/client.ts';
import type { Me } from '@kubenova/knapi/schemas.ts';
import { openTokenCache, tokenFolder } from '../kubectl/token-cache.ts';
import { CommandFailure } from '../output/failure.ts';
import { signInByDevice } from '../session/device.ts';
import { signInByBrowser } from '../session/loopback.ts';
import { openBrowser } from '../session/open-browser.ts';
import { serverUrl } from '../session/session.ts';
import { changeSessions, configFolder, readSessions, type StoredSession } from '../session/session-file.ts';
import { discover } from '../session/sign-in.ts';
import { readCa, trust } from '../session/trust.ts';

export interface LoginOptions {
  server?: string;
  /** Sign in on another device. */
  device?: boolean;
  caFile?: string;
  /** A file with an API token: nobody is asked. */
  tokenFile?: string;
  /** The loopback port that the browser comes back to. */
  port: string;
}

const PATIENCE_MS = 300_000;

/** @throws CommandFailure when the sign-in does not come about */
export async function login(options: LoginOptions): Promise<void> {
  const folder = configFolder();
  const known = readSessions(folder);
  const server = options.server ?? (process.env.KUBENOVA_SERVER || known.current);
  if (server === undefined)
    throw new CommandFailure('name the Manager with --server, such as https://kubenova.example.com');
  const managerUrl = serverUrl(server);
  const caFile = options.caFile ?? (process.env.KUBENOVA_CA_FILE || undefined);
  const ca = caFile === undefined ? known.sessions[managerUrl]?.ca : readCa(caFile);
  if (ca !== undefined) trust(ca);

  const found = options.tokenFile === undefined ? await signIn(managerUrl, options) : tokenIn(options.tokenFile);
  const me = await whoIs(managerUrl, found.kind === 'token' ? found.token : found.idToken);
  const session: StoredSession = { ...found, ...(ca === undefined ? {} : { ca }) };
  await changeSessions(folder, async (file) => ({
    file: { current: managerUrl, sessions: { ...file.sessions, [managerUrl]: session } },
    result: undefined,
  }));
  // What kubectl got for whoever was signed in before is not for this one.
  openTokenCache(tokenFolder()).clear();
  process.stdout.write(`Signed in to ${managerUrl} as ${me.subject}.\n`);
  if (me.grants.length === 0) {
    process.stdout.write('No role is bound to you yet: an administrator can do that with a role binding.\n');
  }
}

async function signIn(managerUrl: string, options: LoginOptions) {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CommandFailure(`--port takes a whole number from 0 to 65535, not '${options.port}'`);
  }
  const issuer = await discover(managerUrl);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  if (options.device === true) {
    return signInByDevice(issuer, {
      onCode: ({ code, url, completeUrl }) => {
        say(`On any device, open\n\n  ${url}\n\nand type the code\n\n  ${code}\n`);
        if (completeUrl !== undefined) say(`Or open ${completeUrl}, and compare the code.`);
        say('Waiting for you …');
      },
    });
  }
  return signInByBrowser(issuer, {
    port,
    timeoutMs: PATIENCE_MS,
    onUrl: (url) => {
      const opened = openBrowser(url);
      say(
        opened
          ? `Your browser opens this address; if it does not, open it yourself:\n\n  ${url}\n`
          : `Open in a browser of this machine:\n\n  ${url}\n`,
      );
      if (!opened) say('On a machine without a browser: kubenova login --device');
    },
  });
}

function tokenIn(path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CommandFailure(
      `the token file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!/^kn_[A-Za-z0-9_-]{43}$/.test(text)) throw new CommandFailure(`${path} holds no API token; one begins with kn_`);
  return { kind: 'token' as const, token: text };
}

async function whoIs(managerUrl: string, token: string): Promise<Me> {
  const { data, error, response } = await createClient({ managerUrl, token })
    .GET('/api/v1/me')
    .catch((cause: unknown) => {
      throw new CommandFailure(
        `${managerUrl} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    });
  if (data === undefined) {
    throw new CommandFailure(`${managerUrl} does not accept this sign-in (${response.status}): ${error?.detail ?? ''}`);
  }
  return data;
}
