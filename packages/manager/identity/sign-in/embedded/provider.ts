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
import {
  type Account,
  type Configuration,
  type ErrorOut,
  errors,
  interactionPolicy,
  type JWKS,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { findAccount } from '../../../store/accounts.ts';
import type { Queryable } from '../../../store/connect.ts';
import { accountSubject } from '../../accounts.ts';
import { CLI_CLIENT, CONSOLE_CLIENT, SCOPES } from '../clients.ts';
import { createAdapterFactory } from './adapter.ts';
import {
  deviceAbortedPage,
  deviceCodePage,
  deviceConfirmPage,
  deviceDonePage,
  errorPage,
  loggedOutPage,
  logoutPage,
} from './pages.ts';

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
      policy: policy(),
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

function clientsOf(consoleUrls: readonly string[]): Configuration['clients'] {
  const shared = {
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    scope: SCOPES.join(' '),
  } as const;
  return [
    {
      ...shared,
      client_id: CLI_CLIENT,
      client_name: 'The KubeNova command line',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      // On whichever port (RFC 8252, section 7.3).
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    },
    {
      ...shared,
      client_id: CONSOLE_CLIENT,
      client_name: 'The KubeNova console',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: consoleUrls.map((url) => `${url}/console/callback`),
      post_logout_redirect_uris: consoleUrls.map((url) => `${url}/console/`),
    },
  ];
}

/** When somebody has to be asked: for a password, and where a browser that is signed in is led here by another program. */
function policy(): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts
    .get('login')
    ?.checks.add(
      new Check('account_gone', 'the account or its session has ended', (ctx) =>
        ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    );
  // Any program of the machine can open this page in the browser; only the person knows which one did (RFC 8252, 8.6).
  // The device flow has asked by then.
  const consent = prompts.get('consent');
  consent?.checks.clear();
  consent?.checks.add(
    new Check('native_client', 'a program asks to act for who is signed in', 'interaction_required', (ctx) => {
      const { client, route, result } = ctx.oidc;
      const isAsked = client?.applicationType === 'native' && !/^(code|device)_/.test(route);
      return isAsked && result?.consent === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return prompts;
}

function authTimeOf(token: object): number | undefined {
  return 'authTime' in token && typeof token.authTime === 'number' ? token.authTime : undefined;
}

/** The account as it is now, so that what was taken away is not given out again; undefined when its sessions have ended. */
async function accountOf(db: Queryable, subject: string, since: number | undefined): Promise<Account | undefined> {
  const account = await findAccount(db, { kind: 'name', name: subject.replace(/^account:/, '') });
  if (account === undefined || account.disabled || subject !== accountSubject(account.name)) return undefined;
  if (since !== undefined && since * 1000 < account.sessions_from.getTime()) return undefined;
  return {
    accountId: subject,
    claims: () => ({
      sub: subject,
      name: account.display_name === '' ? account.name : account.display_name,
      preferred_username: account.name,
      ...(account.email === null ? {} : { email: account.email }),
      groups: account.groups,
    }),
  };
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

function codeProblem(error: Error): string {
  switch (error.name) {
    case 'ExpiredError':
      return 'This code has expired. Run the command on the device again for a new one.';
    case 'AlreadyUsedError':
      return 'This code was used already. Run the command on the device again for a new one.';
    case 'NotFoundError':
    case 'NoCodeError':
      return 'There is no such code. Compare it with the one on the device and type it again.';
    default:
      return 'That did not work. Type the code again.';
  }
}

const EXPIRED = {
  title: 'This took too long',
  detail: 'The page was open for too long, or was opened in another browser. Go back to the program and start again.',
};

/** What the protocol's errors mean to a person. */
function explain({ error, error_description: description }: ErrorOut) {
  if (description !== undefined && /session|expired|xsrf|form details|logout details/.test(description)) {
    return { ...EXPIRED, code: error };
  }
  if (error === 'invalid_redirect_uri') {
    return {
      title: 'This link is not safe',
      detail:
        'It would lead to an address that the program is not known by. Nothing was sent there. Start again from the program itself.',
      code: error,
    };
  }
  if (error === 'server_error') {
    return { title: 'Something went wrong', detail: 'It is not your fault. Try again in a moment.', code: error };
  }
  const said = description === undefined ? '' : ` It says: ${description}.`;
  return {
    title: 'The program asked wrongly',
    detail: `The request that led here is not one that this KubeNova answers.${said}`,
    code: error,
  };
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
