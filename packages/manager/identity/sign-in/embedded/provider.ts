/**
 * The OpenID Connect provider of KubeNova's own accounts, which is `oidc-provider` with a narrow choice of what it can do:
 * authorization code with PKCE (RFC 7636) and the device flow (RFC 8628), for two public clients of ours; refresh tokens
 * that work once (RFC 9700, section 4.14.2); revocation (RFC 7009) and RP-initiated logout.
 *
 * It issues under the same name and with the same keys as the Manager does for clusters. What keeps the two apart is the
 * audience: an ID token is for `kubenova-cli` or `kubenova-console`, and no API server accepts those.
 */
import { EventEmitter } from 'node:events';
import type { JWK } from 'jose';
import { type Configuration, type ErrorOut, errors, type JWKS, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Queryable } from '../../../store/connect.ts';
import { CLI_CLIENT, CONSOLE_CLIENT, SCOPES } from '../clients.ts';
import { accountOf, authTimeOf } from './account.ts';
import { createAdapterFactory } from './adapter.ts';
import { codeProblem, explain } from './explain.ts';
import {
  deviceAbortedPage,
  deviceCodePage,
  deviceConfirmPage,
  deviceDonePage,
  errorPage,
  loggedOutPage,
  logoutPage,
} from './pages.ts';
import { prompts } from './prompts.ts';
import { clientsOf } from './registered-clients.ts';

export interface ProviderOptions {
  db: Queryable;
  /** The issuer's name, without a slash at the end. */
  issuer: string;
  /** Addresses at which the console is served. */
  consoleUrls: readonly string[];
  /** With private halves, the one that signs first. */
  jwks: { keys: JWK[] };
  cookieKeys: readonly Buffer[];
  referenceKeys: readonly Buffer[];
  /** What went wrong inside, for the log. */
  onError: (error: unknown) => void;
  now: () => Date;
}

/** An ID token is what the Manager is shown with every call; who is signed out goes on for as long at most. */
export const ID_TOKEN_SECONDS = 900;
const MINUTE = 60;
const DAY = 86_400;
/** A command line that is not used for so long has to sign in again. */
const IDLE_SECONDS = 7 * DAY;
/** And so has one that is used all the time. */
const LONGEST_SECONDS = 30 * DAY;
const BROWSER_SECONDS = DAY / 2;

/** Paths of the provider's endpoints, below the issuer's address. */
export const ROUTES = {
  authorization: '/oidc/auth',
  token: '/oidc/token',
  revocation: '/oidc/token/revocation',
  jwks: '/oidc/jwks',
  device_authorization: '/oidc/device/auth',
  code_verification: '/oidc/device',
  end_session: '/oidc/session/end',
} as const;

/** Where a person types the password, or says that a program may act. */
export const INTERACTION_PATH = '/oidc/interaction';

export function createProvider(options: ProviderOptions): Provider {
  const { db, issuer } = options;
  const path = new URL(issuer).pathname.replace(/\/$/, '');
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax', path: `${path}/oidc` } as const;
  const consoleOrigins = options.consoleUrls.map((url) => new URL(url).origin);
  const configuration: Configuration = {
    adapter: createAdapterFactory({ db, keys: options.referenceKeys, now: options.now }),
    jwks: options.jwks as JWKS,
    routes: ROUTES,
    clients: clientsOf(options.consoleUrls),
    clientAuthMethods: ['none'],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    scopes: SCOPES,
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
      groups: ['groups'],
    },
    // There is no userinfo endpoint: everything that is said of a person stands in the ID token.
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    // Both clients are ours and always get one; `offline_access` need not be asked for.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Signing out in a browser ends the console's tokens. A command line is another place, with a sign-out of its own.
    expiresWithSession: async (_ctx, source) => source.clientId !== CLI_CLIENT,
    allowOmittingSingleRegisteredRedirectUri: false,
    // A page of the console says from where it asks, also at home. No other page has anything to ask for.
    clientBasedCORS: (ctx, origin, client) =>
      client.clientId === CONSOLE_CLIENT && [`${ctx.protocol}://${ctx.host}`, ...consoleOrigins].includes(origin),
    cookies: {
      names: { session: 'kubenova_session', interaction: 'kubenova_interaction', resume: 'kubenova_resume' },
      keys: [...options.cookieKeys],
      long: cookie,
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    ttl: {
      IdToken: ID_TOKEN_SECONDS,
      AccessToken: ID_TOKEN_SECONDS,
      AuthorizationCode: MINUTE,
      DeviceCode: 10 * MINUTE,
      Interaction: 15 * MINUTE,
      // A stranger's session is only there to be signed in to.
      Session: (_ctx, session) => (session.accountId === undefined ? 15 * MINUTE : BROWSER_SECONDS),
      Grant: LONGEST_SECONDS,
      RefreshToken: IDLE_SECONDS,
    },
    // A code is older than the password that it waited for, so the time of the password counts where it is known.
    findAccount: (ctx, subject, token) =>
      accountOf(db, subject, token === undefined ? ctx.oidc.session?.loginTs : (authTimeOf(token) ?? token.iat)),
    // A sign-in has a grant of its own, so that revoking it ends that sign-in and no other.
    loadExistingGrant: async (ctx) => {
      const { client, account, provider } = ctx.oidc;
      if (client === undefined || account === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
      grant.addOIDCScope([...SCOPES].join(' '));
      await grant.save();
      return grant;
    },
    interactions: {
      policy: prompts(),
      url: (_ctx, interaction) => `${path}${INTERACTION_PATH}/${interaction.uid}`,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) =>
          show(ctx, logoutPage({ action: ctx.oidc.urlFor('end_session_confirm'), csrf: csrfOf(ctx) })),
        postLogoutSuccessSource: (ctx) => show(ctx, loggedOutPage()),
      },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo: (ctx) => ({ address: ctx.req.socket.remoteAddress ?? 'an unknown address' }),
        userCodeInputSource: askForCode,
        userCodeConfirmSource: (ctx, _form, client, info, code) =>
          show(
            ctx,
            deviceConfirmPage({
              action: ctx.oidc.urlFor('code_verification'),
              csrf: csrfOf(ctx),
              client: client.clientName ?? client.clientId,
              code,
              address: String(info.address),
            }),
          ),
        successSource: (ctx) => show(ctx, deviceDonePage(ctx.oidc.client?.clientName ?? 'The program')),
      },
    },
    renderError: (ctx, out) => show(ctx, errorPage(explain(out))),
  };
  const provider = new Provider(issuer, configuration);
  // The edge sets both headers itself, from what it knows and not from what it is sent.
  provider.proxy = true;
  provider.on('server_error', (_ctx, error) => options.onError(error));
  // The framework's own event, which the library's types leave out.
  EventEmitter.prototype.on.call(provider, 'error', options.onError);
  return provider;
}

/** Where the code is typed; the link that a device shows may have it in it. */
function askForCode(ctx: KoaContextWithOIDC, _form: string, _out?: ErrorOut, error?: Error): void {
  // Cancelled: there is nothing more to type.
  if (error?.name === 'AbortedError') {
    show(ctx, deviceAbortedPage());
    return;
  }
  const given = error !== undefined && 'userCode' in error ? error.userCode : ctx.query.code;
  show(
    ctx,
    deviceCodePage({
      action: ctx.oidc.urlFor('code_verification'),
      csrf: csrfOf(ctx),
      ...(typeof given === 'string' ? { code: given.slice(0, 20) } : {}),
      ...(error === undefined ? {} : { problem: codeProblem(error) }),
    }),
  );
}

function csrfOf(ctx: KoaContextWithOIDC): string {
  const secret = ctx.oidc.session?.state?.secret;
  if (typeof secret !== 'string') throw new errors.InvalidRequest('the session has no form to answer');
  return secret;
}

function show(ctx: KoaContextWithOIDC, page: string): void {
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = page;
}
