/**
 * The edge: every operation of the contract, answered in the same steps — find the operation, know the caller, check the
 * parameters, find what the path names, ask the permission table, check the body, run the use-case. Whatever goes wrong in
 * any step becomes a problem here and nowhere else.
 */
import { randomUUID } from 'node:crypto';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { Registry } from 'prom-client';
import type { Call, OutcomeKind, Services } from '../app/context.ts';
import { parseBody } from '../app/schema.ts';
import { authorize, resolveTarget } from '../app/target.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import { NOBODY } from '../identity/caller.ts';
import type { Store } from '../store/connect.ts';
import { authenticate } from './authenticate.ts';
import { parseJson } from './body.ts';
import type { Exchange, Reply } from './exchange.ts';
import { accountHandlers } from './handlers/accounts.ts';
import { appHandlers } from './handlers/apps.ts';
import { clusterHandlers } from './handlers/clusters.ts';
import type { Handlers } from './handlers/handler.ts';
import { identityHandlers } from './handlers/identity.ts';
import { issuerHandlers } from './handlers/issuer.ts';
import { kubeconfigHandlers } from './handlers/kubeconfigs.ts';
import { planHandlers } from './handlers/plans.ts';
import { policySetHandlers } from './handlers/policy-sets.ts';
import { projectHandlers } from './handlers/projects.ts';
import { queueHandlers } from './handlers/queue.ts';
import { roleBindingHandlers } from './handlers/role-bindings.ts';
import { sandboxHandlers } from './handlers/sandboxes.ts';
import { systemHandlers } from './handlers/system.ts';
import { tenantHandlers } from './handlers/tenants.ts';
import { usageHandlers } from './handlers/usage.ts';
import type { Limits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { answerNoRequest } from './no-request.ts';
import { checkPath, readParameters } from './parameters.ts';
import { PROBLEM_TYPE, problemOf, toApiError } from './problem.ts';
import { recordRefusal } from './refusals.ts';
import { matchVerb, type Route, routesOf } from './routes.ts';
import { isSignIn, signInRoutes } from './sign-in.ts';

export const BODY_LIMIT = 1.5 * 1024 * 1024;

export interface ServerOptions {
  services: Services;
  store: Store;
  authenticator: Authenticator;
  limits: Limits;
  /** Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. */
  trustedProxies?: readonly string[];
  logger: FastifyBaseLogger;
  registry?: Registry;
  /** Where people find this Manager; what they called it by when left out. */
  publicUrl?: string;
  /** Aborted when the Manager stops: whoever waits is answered at once. */
  stopping: AbortSignal;
}

const STATUS: Record<OutcomeKind, number> = { ok: 200, created: 201, accepted: 202, gone: 204 };
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export function createServer(options: ServerOptions): FastifyInstance {
  const { services, store, authenticator, limits, stopping } = options;
  const metrics = createMetrics(options.registry ?? new Registry(), { db: store.db, pool: store.pool });
  const handlers: Handlers<OperationId> = {
    ...systemHandlers(metrics, () => stopping.aborted),
    ...issuerHandlers,
    ...identityHandlers,
    ...accountHandlers,
    ...roleBindingHandlers,
    ...clusterHandlers,
    ...tenantHandlers,
    ...kubeconfigHandlers,
    ...planHandlers,
    ...policySetHandlers,
    ...projectHandlers,
    ...sandboxHandlers,
    ...appHandlers,
    ...usageHandlers,
    ...queueHandlers,
  };

  const server = Fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: BODY_LIMIT,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    exposeHeadRoutes: false,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    return503OnClosing: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error, request, reply) => void answerProblem(request, reply, toApiError(error)),
    clientErrorHandler: answerNoRequest,
  });
  server.decorateRequest('exchange', undefined);

  // One body type for all: what slips past the parser would slip past the schema.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });

  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    if (request.protocol === 'https') void reply.header('strict-transport-security', 'max-age=31536000');
  });
  server.addHook('onResponse', async (request, reply) => {
    const { exchange } = request;
    const operation = exchange?.operation.operationId ?? (isSignIn(request.routeOptions.url) ? 'signIn' : 'unknown');
    const seconds = reply.elapsedTime / 1000;
    metrics.observe({ operation, status: reply.statusCode, seconds });
    const fields = {
      operation,
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
      actor: exchange?.caller?.subject,
      sourceIp: request.ip,
    };
    const quiet = reply.statusCode < 400 && exchange?.operation.public === true;
    request.log[quiet ? 'debug' : 'info'](fields, 'request');
  });
  server.setErrorHandler((error, request, reply) => refuse(request, reply, error));
  server.setNotFoundHandler((request, reply) => answerProblem(request, reply, noOperation(request)));

  for (const route of routesOf()) addRoute(route);
  const { embedded } = services.signIn;
  if (embedded !== undefined)
    signInRoutes(server, { embedded, db: services.db, issuerUrl: services.issuer.url, limits });
  return server;

  function addRoute(route: Route): void {
    server.route({
      method: route.method,
      url: route.url,
      // Before the body is read: a stranger's megabytes are not taken in.
      onRequest: async (request) => {
        const match = matchVerb(route, request.params as Record<string, string>);
        if (match === undefined) throw noOperation(request);
        request.exchange = { ...match, startedAt: process.hrtime.bigint() };
        if (match.operation.public) {
          await limits.request({ address: request.ip });
          return;
        }
        const caller = await authenticate(request, authenticator, limits);
        request.exchange.caller = caller;
        if (caller.identity.kind !== 'administrator') await limits.request({ caller: caller.subject });
      },
      handler: async (request, reply) => {
        const { exchange } = request;
        if (exchange === undefined) throw noOperation(request);
        return send(reply, await run(exchange, request, reply));
      },
    });
  }

  async function run(exchange: Exchange, request: FastifyRequest, reply: FastifyReply): Promise<Reply> {
    const { operation, parameters } = exchange;
    const { operationId } = operation;
    const caller = exchange.caller ?? NOBODY;
    checkPath(operation, parameters);
    const given = readParameters(operation, request.query as Record<string, unknown>, request.headers);
    const target = await resolveTarget(services.db, caller, parameters);
    exchange.target = target;
    if (!operation.public) authorize(caller, operationId, target, { cluster: 'cluster' in parameters });
    const body = bodyOf(exchange, request);
    const call: Call = {
      caller,
      operation: operationId,
      sourceIp: request.ip,
      path: request.url.split('?')[0] ?? '',
      origin: options.publicUrl ?? `${request.protocol}://${request.host}`,
      ...(given.ifMatch === undefined ? {} : { ifMatch: given.ifMatch }),
      ...(given.idempotencyKey === undefined ? {} : { idempotencyKey: given.idempotencyKey }),
      waitMs: given.waitMs,
      signal: given.waitMs === 0 ? stopping : AbortSignal.any([stopping, goneAway(reply)]),
    };
    return handlers[operationId]({ services, call, target }, { query: given.query, body });
  }

  async function refuse(request: FastifyRequest, reply: FastifyReply, cause: unknown): Promise<FastifyReply> {
    const error = toApiError(cause);
    if (error.status >= 500) request.log.error({ err: error.cause ?? error }, error.message);
    const { exchange } = request;
    // Whoever asks too often must not fill the audit with it.
    if (exchange !== undefined && error.code !== 'KN-503' && error.code !== 'KN-429') {
      await recordRefusal(store.db, exchange, error, request.ip).catch((failure: unknown) => {
        request.log.error({ err: failure }, 'a refusal was not recorded in the audit');
      });
    }
    return answerProblem(request, reply, error);
  }
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

function bodyOf(exchange: Exchange, request: FastifyRequest): unknown {
  const { operation } = exchange;
  if (operation.body === null) {
    if (request.body !== undefined && request.body !== null) {
      throw new ApiError('KN-400', `${operation.operationId} takes no body. Send it without one.`);
    }
    return undefined;
  }
  if (request.body === undefined || request.body === null) {
    throw new ApiError('KN-400', `${operation.operationId} needs a body. Send it as application/json.`);
  }
  return parseBody(operation.operationId, request.body);
}

function goneAway(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.on('close', () => controller.abort());
  return controller.signal;
}

function noOperation(request: FastifyRequest): ApiError {
  const error = notFound('operation');
  const path = request.url.split('?')[0]?.slice(0, 200) ?? '';
  return new ApiError(
    error.code,
    `There is no operation ${request.method} ${path}. See /openapi.yaml for those there are.`,
  );
}

function send(reply: FastifyReply, outcome: Reply): FastifyReply {
  const status = STATUS[outcome.kind];
  void reply.code(status);
  if (outcome.etag !== undefined) void reply.header('etag', outcome.etag);
  if (outcome.body === undefined) return reply.send();
  if (outcome.contentType !== undefined) return reply.type(outcome.contentType).send(outcome.body);
  return reply.type('application/json').send(json(outcome.body));
}

function answerProblem(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id).code(error.status).type(PROBLEM_TYPE);
  if (error.code === 'KN-401') void reply.header('www-authenticate', 'Bearer realm="kubenova"');
  const retryAfter = error.retryAfterSeconds ?? (error.code === 'KN-503' ? 1 : undefined);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  return reply.send(json(problemOf(error, request.id)));
}

/** As bytes: to a text the framework would add a charset, which JSON does not have (RFC 8259, section 11). */
function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
