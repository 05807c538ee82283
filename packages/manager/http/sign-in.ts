/**
 * The embedded sign-in at the edge: the endpoints and pages of the OpenID Connect provider under `/oidc/`, on both
 * listeners. They are no operations of the contract, but of standards (RFC 6749, 7009, 7636, 8628, OpenID Connect), so
 * they take forms and answer as those say; what a person does there ends as an ID token, and the contract begins with it.
 *
 * The routes are a list: whatever else the library could answer is not there.
 */
import type { IncomingMessage } from 'node:http';
import { problemKinds } from '@kubenova/knapi/errors.ts';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { verifyPassword } from '../identity/accounts.ts';
import { baseUrl } from '../identity/sign-in/base-url.ts';
import type { Embedded } from '../identity/sign-in/embedded/embedded.ts';
import {
  answerInteraction,
  type InteractionAnswer,
  type InteractionOptions,
  showInteraction,
} from '../identity/sign-in/embedded/interaction.ts';
import { errorPage } from '../identity/sign-in/embedded/pages.ts';
import type { Queryable } from '../store/connect.ts';
import type { Limits } from './limits.ts';
import { toApiError } from './problem.ts';

export interface SignInRoutesOptions {
  embedded: Embedded;
  db: Queryable;
  issuerUrl: string;
  limits: Limits;
}

/** What the library answers, as it is known to the router. */
const ROUTES = [
  ['GET', '/oidc/auth'],
  ['GET', '/oidc/auth/:uid'],
  ['POST', '/oidc/token'],
  ['POST', '/oidc/token/revocation'],
  ['POST', '/oidc/device/auth'],
  ['GET', '/oidc/device'],
  ['POST', '/oidc/device'],
  ['GET', '/oidc/device/:uid'],
  ['GET', '/oidc/session/end'],
  ['POST', '/oidc/session/end/confirm'],
  ['GET', '/oidc/session/end/success'],
] as const;
/** What is answered here: the pages in the middle of a sign-in. */
const INTERACTION = '/oidc/interaction/:uid';

const FORM = 'application/x-www-form-urlencoded';
const FORM_LIMIT = 8 * 1024;

/** Whether a route is one of the sign-in's; metrics and the log count them as one. */
export function isSignIn(url: string | undefined): boolean {
  return url === INTERACTION || ROUTES.some(([, route]) => route === url);
}

/** Adds the routes to a server. */
export function signInRoutes(server: FastifyInstance, options: SignInRoutesOptions): void {
  const { embedded, db, limits } = options;
  const issuerPath = new URL(options.issuerUrl).pathname.replace(/\/$/, '');

  async function limit(request: FastifyRequest): Promise<void> {
    // What a person types is what a stranger guesses: passwords, and codes of devices.
    const isTyped =
      request.method === 'POST' && /^\/oidc\/(interaction\/|device$)/.test(request.routeOptions.url ?? '');
    await (isTyped ? limits.signIn(request.ip) : limits.request({ address: request.ip }));
  }

  /** The library makes its links of these; they say what the Manager knows, never what it was sent. */
  function place(request: FastifyRequest): void {
    const base = new URL(baseUrl(options.issuerUrl, `${request.protocol}://${request.host}`));
    const raw: IncomingMessage & { originalUrl?: string } = request.raw;
    raw.headers['x-forwarded-proto'] = base.protocol.replace(':', '');
    raw.headers['x-forwarded-host'] = base.host;
    delete raw.headers['x-forwarded-for'];
    // The form with a host in it, which is for proxies (RFC 9112, section 3.2.2), says no more than the header Host.
    const url = (request.raw.url ?? '').replace(/^https?:\/\/[^/]*/i, '');
    // The link that a device shows has its code in it. It is filled in and not sent off, so that no script is needed.
    raw.url = url.replace(/^(\/oidc\/device\?(?:.*&)?)user_code=/, '$1code=');
    raw.originalUrl = `${base.pathname.replace(/\/$/, '')}${raw.url}`;
  }

  server.register(async (scope) => {
    scope.setErrorHandler(explain);
    // The library reads forms itself.
    scope.addContentTypeParser(FORM, (_request, _payload, done) => done(null));
    for (const [method, url] of ROUTES) scope.route({ method, url, onRequest: limit, handler: passOn });
  });

  server.register(async (scope) => {
    scope.setErrorHandler(explain);
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: FORM_LIMIT }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    scope.get(INTERACTION, { onRequest: limit }, (request, reply) => interact(request, reply, showInteraction));
    scope.post(INTERACTION, { onRequest: limit }, (request, reply) => {
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      return interact(request, reply, (own, asked) => answerInteraction(own, asked, form));
    });
  });

  async function passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const provider = await embedded.provider();
    place(request);
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.raw.setHeader('content-security-policy', embedded.pagePolicy);
    await provider.callback()(request.raw, reply.raw);
  }

  async function interact(
    request: FastifyRequest,
    reply: FastifyReply,
    ask: (own: InteractionOptions, asked: Parameters<typeof showInteraction>[1]) => Promise<InteractionAnswer>,
  ): Promise<FastifyReply> {
    place(request);
    const { uid } = request.params as { uid: string };
    const own: InteractionOptions = {
      provider: await embedded.provider(),
      formKeys: embedded.formKeys,
      verifyPassword: (name, password) => verifyPassword(db, name, password),
    };
    const action = `${issuerPath}/oidc/interaction/${uid}`;
    try {
      const answer = await ask(own, { raw: request.raw, response: reply.raw, uid, action });
      if (answer.kind === 'redirect') {
        if (answer.signedIn !== undefined)
          request.log.info({ actor: answer.signedIn, sourceIp: request.ip }, 'signed in');
        return reply.redirect(answer.location, 303);
      }
      if (answer.refused) request.log.warn({ sourceIp: request.ip }, 'sign-in refused');
      return show(reply, answer.status, answer.page);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const page = errorPage({
        title: 'This page is not for you any more',
        detail:
          'It was open for too long, was answered already, or was opened in another browser. Go back to the program and start again.',
        code: error.error,
        requestId: request.id,
      });
      return show(reply, 400, page);
    }
  }

  function show(reply: FastifyReply, status: number, page: string): FastifyReply {
    return reply
      .code(status)
      .header('content-security-policy', embedded.pagePolicy)
      .type('text/html; charset=utf-8')
      .send(page);
  }

  /** People are told on a page what programs are told as a problem. */
  async function explain(cause: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const error = toApiError(cause);
    if (error.status >= 500) request.log.error({ err: error.cause ?? error }, error.message);
    if (!(request.headers.accept ?? '').includes('text/html')) throw cause;
    if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(error.retryAfterSeconds));
    const { title } = problemKinds[error.code];
    return show(
      reply,
      error.status,
      errorPage({ title, detail: error.detail, code: error.code, requestId: request.id }),
    );
  }
}

/** What the library throws when a person or a program did something wrong, and not the Manager. */
function isRefusal(error: unknown): error is Error & { error: string } {
  return error instanceof Error && 'error' in error && typeof error.error === 'string' && 'expose' in error;
}
