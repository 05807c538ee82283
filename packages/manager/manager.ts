/**
 * The Manager, wired up: database, identity, queue, edge. `main.ts` runs it as a process; tests and `dev` may run it in
 * theirs.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createChanges } from './app/changes.ts';
import type { Services } from './app/context.ts';
import { createMemberTokens } from './clusters/member-tokens.ts';
import { type Config, formatAddress, type ListenAddress } from './config.ts';
import { createLimits } from './http/limits.ts';
import { answerNoRequest } from './http/no-request.ts';
import { createServer } from './http/server.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { createIssuer } from './identity/issuer.ts';
import { resealAll } from './identity/resealing.ts';
import { createSealer, loadKeyring } from './identity/sealing.ts';
import { createSignIn, type SignInConfig } from './identity/sign-in/sign-in.ts';
import { loadAdminToken } from './identity/tokens.ts';
import { type EmbeddedPostgres, startPostgres } from './postgres.ts';
import { enqueue } from './reconcile/queue.ts';
import { openStore, type Store } from './store/connect.ts';
import { forgetIdempotencyKeys } from './store/idempotency.ts';
import { migrate } from './store/migrate.ts';
import { forgetSignInPayloads } from './store/sign-in-payloads.ts';

export interface RunningManager {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  readonly issuerUrl: string;
  readonly services: Services;
  readonly store: Store;
  /** Fulfilled when the embedded Postgres ended by itself; never otherwise. */
  readonly databaseLost: Promise<void>;
  stop(): Promise<void>;
}

/** What reconciles, started with the Manager and stopped before its database. */
export type StartReconciling = (parts: {
  services: Services;
  store: Store;
  logger: Logger;
}) => Promise<{ stop(): Promise<void> }>;

export interface ManagerOptions {
  config: Config;
  logger: Logger;
  version: string;
  startReconciling?: StartReconciling;
}

const HOUSEKEEPING_MS = 3_600_000;
const KEY_LIFETIME_DAYS = 30;

/** Starts a Manager. When any part fails to start, the parts before it are stopped again. */
export async function startManager(options: ManagerOptions): Promise<RunningManager> {
  const { config, logger } = options;
  const undo: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step().catch((error: unknown) => logger.error({ err: error }, 'a part did not stop cleanly'));
    }
  };
  try {
    return await start();
  } catch (error) {
    await stopAll();
    throw error;
  }

  async function start(): Promise<RunningManager> {
    for (const file of [config.sealingKeyFile, config.adminTokenFile]) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
    }
    const database = await openDatabase();
    const onIdleError = (error: Error) => logger.warn({ err: error.message }, 'a database connection was lost');
    const store = openStore({ url: database.url, onIdleError });
    undo.push(() => store.close());
    const applied = await migrate(store.pool);
    if (applied.length > 0) logger.info({ applied }, 'migrated the database');

    const sealer = createSealer(loadKeyring(config.sealingKeyFile));
    const resealed = await resealAll(store.db, sealer);
    if (resealed > 0)
      logger.info({ resealed }, 'sealed anew with the current key; the older ones are not needed any more');
    const issuer = createIssuer({ db: store.db, sealer, url: config.issuer.url });
    await issuer.ensureKey();
    const changes = createChanges({
      url: database.url,
      onError: (error) => logger.warn({ err: error }, 'not listening for changes'),
    });
    undo.push(() => changes.close());
    const signIn = createSignIn({
      config: config.signIn,
      ...readSignInCa(config.signIn),
      db: store.db,
      issuer,
      sealer,
      managerUrls: [config.publicUrl ?? `http://${formatAddress(config.listen)}`],
      onError: (err) => logger.warn({ err }, 'sign-in failed'),
    });
    undo.push(() => signIn.close());
    const memberTokens = createMemberTokens({ db: store.db, sealer });
    const services: Services = {
      db: store.db,
      sealer,
      issuer,
      signIn,
      memberTokens,
      changes,
      enqueue,
      version: options.version,
    };

    const stopping = new AbortController();
    const authenticator = createAuthenticator({
      db: store.db,
      adminToken: loadAdminToken(config.adminTokenFile),
      signIn: signIn.verifier,
      onNoteError: (err) => logger.warn({ err }, 'the use of a token was not noted'),
    });
    const server = createServer({
      services,
      store,
      authenticator,
      limits: createLimits(config.limits),
      trustedProxies: config.trustedProxies,
      logger,
      stopping: stopping.signal,
      publicUrl: config.publicUrl,
    });
    undo.push(() => closeServer(server));
    const url = await server.listen({ host: config.listen.host, port: config.listen.port });
    if (config.issuer.tls !== undefined) {
      const tls = await listenWithTls(server, config.issuer.tls);
      undo.push(() => closeTls(tls));
    }

    if (options.startReconciling !== undefined) {
      // Connections of its own: however much there is to reconcile, requests never wait for one.
      const own = openStore({ url: database.url, onIdleError });
      undo.push(() => own.close());
      const reconciling = await options.startReconciling({ services, store: own, logger });
      undo.push(() => reconciling.stop());
    }
    const housekeeping = setInterval(() => void keepHouse(), HOUSEKEEPING_MS);
    undo.push(async () => clearInterval(housekeeping));

    return {
      url,
      issuerUrl: issuer.url,
      services,
      store,
      databaseLost: database.lost,
      async stop() {
        stopping.abort();
        await stopAll();
      },
    };

    async function keepHouse(): Promise<void> {
      try {
        await forgetIdempotencyKeys(store.db);
        await forgetSignInPayloads(store.db);
        if (await issuer.rotateIfOlderThan(KEY_LIFETIME_DAYS)) logger.info('rotated the signing key');
      } catch (error) {
        logger.warn({ err: error }, 'housekeeping failed and is repeated in an hour');
      }
    }
  }

  async function openDatabase(): Promise<{ url: string; lost: Promise<void> }> {
    if (config.database.kind === 'url') return { url: config.database.url, lost: new Promise(() => undefined) };
    const postgres: EmbeddedPostgres = await startPostgres({
      folder: config.database.folder,
      onLog: (line) => logger.debug({ postgres: line }, 'postgres'),
    });
    let asked = false;
    undo.push(() => {
      asked = true;
      return postgres.stop();
    });
    logger.info({ pid: postgres.pid, port: postgres.port }, 'started the embedded Postgres');
    const lost = new Promise<void>((resolve) => {
      void postgres.ended.then(() => {
        if (!asked) resolve();
      });
    });
    return { url: postgres.url, lost };
  }
}

function readSignInCa(config: SignInConfig): { ca?: string } {
  if (config.kind === 'embedded' || config.caFile === undefined) return {};
  return { ca: readFileSync(config.caFile, 'utf8') };
}

/** The second listener: API servers fetch keys over https only. It serves the same operations. */
async function listenWithTls(
  server: FastifyInstance,
  tls: { listen: ListenAddress; certFile: string; keyFile: string },
): Promise<TlsServer> {
  const credentials = { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) };
  const listener = createTlsServer({ ...credentials, minVersion: 'TLSv1.2' }, (request, response) =>
    server.routing(request, response),
  );
  listener.on('clientError', answerNoRequest);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error) =>
      reject(new Error(`cannot listen on ${formatAddress(tls.listen)}: ${error.message}`)),
    );
    listener.listen(tls.listen.port, tls.listen.host, resolve);
  });
  return listener;
}

/** How long requests that are being answered may still take. */
const DRAIN_MS = 5_000;

async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
  server.server.closeIdleConnections();
  await server.close();
  clearTimeout(timer);
}

async function closeTls(listener: TlsServer): Promise<void> {
  const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
  listener.closeIdleConnections();
  const timer = setTimeout(() => listener.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
