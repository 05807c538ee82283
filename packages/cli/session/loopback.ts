/**
 * Signing in with the browser of this machine (RFC 8252): the command line listens on a loopback port, the browser comes
 * back to it with a code, and the code is exchanged with the proof (PKCE, RFC 7636) that it was this process which asked.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import { CommandFailure } from '../output/failure.ts';
import type { SignInSession } from './session-file.ts';
import { failureOf, type SignInIssuer, sessionOf } from './sign-in.ts';

export interface LoopbackOptions {
  /** The port to come back to; any free one where it is 0. */
  port: number;
  /** Told the address that the browser has to open. */
  onUrl: (url: string) => void;
  timeoutMs: number;
}

/** @throws CommandFailure when the person refuses, nobody comes back in time, or the issuer refuses */
export async function signInByBrowser(issuer: SignInIssuer, options: LoopbackOptions): Promise<SignInSession> {
  const { config, signIn } = issuer;
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const { server, port } = await listen(options.port);
  try {
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const back = comeBack(server, state, redirectUri, options.timeoutMs);
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: signIn.scopes.join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    options.onUrl(url.href);
    const { address, answer } = await back;
    try {
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const session = sessionOf(await oidc.authorizationCodeGrant(config, address, checks));
      show(answer, 200, 'You are signed in', 'Go back to the terminal; this page can be closed.');
      return session;
    } catch (error) {
      show(answer, 400, 'You are not signed in', 'The terminal says why. This page can be closed.');
      throw failureOf(issuer, error);
    }
  } finally {
    server.close();
    server.closeIdleConnections();
  }
}

async function listen(wanted: number): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new CommandFailure(`cannot listen on port ${wanted} of this machine for the browser: ${error.message}`));
    });
    server.listen(wanted, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** The request with which the browser comes back. Any page may send one, but only ours knows the state. */
function comeBack(
  server: Server,
  state: string,
  redirectUri: string,
  timeoutMs: number,
): Promise<{ address: URL; answer: ServerResponse }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new CommandFailure('nobody signed in in time; run kubenova login again, or with --device'));
    }, timeoutMs);
    server.on('request', (request, answer) => {
      const address = new URL(request.url ?? '/', redirectUri);
      const isOurs =
        request.method === 'GET' && address.pathname === '/callback' && address.searchParams.get('state') === state;
      if (!isOurs) {
        show(answer, 404, 'Nothing is here', 'This is where kubenova login waits for a browser that it has sent away.');
        return;
      }
      clearTimeout(timer);
      resolve({ address, answer });
    });
  });
}

function show(answer: ServerResponse, status: number, title: string, text: string): void {
  answer.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  answer.end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · KubeNova</title>
<style>:root { color-scheme: light dark; } body { max-width: 26rem; margin: 20vh auto 0; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; } h1 { font-size: 1.5rem; }</style>
</head>
<body><h1>${title}</h1><p>${text}</p></body>
</html>
`);
}
