/**
 * Runs a command in a container, over one WebSocket.
 *
 * Every message is binary and starts with the number of its channel: 0 stdin, 1 stdout, 2 stderr, 3 the outcome as a Status, 4 the
 * terminal's size as JSON. Version 5 of the protocol adds 255, followed by a channel's number, which closes that channel: without it a
 * command that reads to the end of stdin never ends. Servers before 1.30 speak version 4, where stdin cannot be closed alone.
 *
 * Both outputs come over the one connection, so back-pressure on either holds up both: read stdout *and* stderr (with a terminal there
 * is only stdout). Source: Kubernetes `k8s.io/apimachinery/pkg/util/remotecommand`, KEP-4006.
 */
import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { connectionOf, type KubeClient } from './client.ts';
import { KubeError, type Status } from './error.ts';
import { Pod } from './kinds/pod.ts';
import { objectPath } from './resource.ts';
import { errorFromAnswer } from './response-error.ts';
import { errorFromTransport } from './transport-error.ts';

export interface ExecOptions {
  namespace: string;
  pod: string;
  /** Needed when the Pod has several. */
  container?: string;
  command: readonly string[];
  /** Gives the command an input; without it, it reads an empty one. */
  stdin?: boolean;
  /** Gives the command a terminal, into which stderr goes too. */
  tty?: boolean;
  /** Ends the session; `exit` then rejects with its reason. */
  signal?: AbortSignal;
}

export interface ExecSession {
  stdout: Readable;
  stderr: Readable;
  /** Ending it closes the command's input. */
  stdin: Writable;
  /** Tells the size of the terminal, in characters. */
  resize(columns: number, rows: number): void;
  /** The command's exit code. @throws KubeError when there is none, because it could not start or the connection broke */
  exit: Promise<number>;
  /** Gives the session up. */
  close(): void;
}

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, outcome: 3, resize: 4, close: 255 } as const;
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const HANDSHAKE_MS = 10_000;
/** A connection that answers no ping for this long is dead: a shell may be quiet for hours, so silence alone says nothing. */
const PING_MS = 20_000;

/**
 * Starts a command and resolves when the connection stands.
 * @throws KubeError `NotFound`, `Forbidden`, `BadRequest` (no such container) and others
 */
export async function exec(client: KubeClient, options: ExecOptions): Promise<ExecSession> {
  const { namespace, pod, container, command, stdin = false, tty = false, signal } = options;
  signal?.throwIfAborted();
  const query = new URLSearchParams({ stdout: 'true', stderr: String(!tty), stdin: String(stdin), tty: String(tty) });
  if (container !== undefined) {
    query.set('container', container);
  }
  for (const word of command) {
    query.append('command', word);
  }
  const socket = await dial(client, objectPath(Pod, { namespace, name: pod }, 'exec'), query, signal);
  return session(socket, `EXEC ${namespace}/${pod} at ${client.server}`, signal);
}

/** Opens the WebSocket. Messages may come with the handshake's answer, so it is paused until somebody listens. */
async function dial(
  client: KubeClient,
  path: string,
  query: URLSearchParams,
  signal: AbortSignal | undefined,
): Promise<WebSocket> {
  const { transport, headers } = connectionOf(client);
  const { ca, credential, tlsServerName } = transport.connection;
  // Loaded here, since few processes exec and it is not small.
  const { WebSocket: Socket } = await import('ws');
  const authorization = await transport.authorization();
  const operation = `GET ${path}`;
  const socket = new Socket(`${transport.server.replace(/^http/, 'ws')}${path}?${query}`, PROTOCOLS, {
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    ca,
    ...(credential.kind === 'certificate' ? { cert: credential.cert, key: credential.key } : {}),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    rejectUnauthorized: true,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const opened = Promise.withResolvers<WebSocket>();
  const abort = () => {
    opened.reject(signal?.reason);
    socket.terminate();
  };
  signal?.addEventListener('abort', abort, { once: true });
  socket.once('open', () => {
    socket.pause();
    opened.resolve(socket);
  });
  socket.on('error', (error) => opened.reject(errorFromTransport(operation, transport.server, error)));
  socket.once('unexpected-response', (request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size < 64 * 1024) {
        chunks.push(chunk);
      }
    });
    response.on('error', () => undefined);
    response.once('close', () => {
      const body = transport.redact(Buffer.concat(chunks).toString('utf8'));
      const header = (name: string) => [response.headers[name]].flat()[0];
      opened.reject(errorFromAnswer({ operation, code: response.statusCode ?? 0, body, header }));
      request.destroy();
    });
  });
  try {
    return await opened.promise;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function session(socket: WebSocket, operation: string, signal: AbortSignal | undefined): ExecSession {
  const exit = Promise.withResolvers<number>();
  // Whoever only reads the output must not be killed by a missing outcome.
  exit.promise.catch(() => undefined);
  const outputs = { [CHANNEL.stdout]: output(socket), [CHANNEL.stderr]: output(socket) };
  let outcome: Status | undefined;

  socket.on('message', (data: RawData) => {
    const bytes = asBuffer(data);
    const channel = bytes[0];
    if (channel === CHANNEL.stdout || channel === CHANNEL.stderr) {
      if (bytes.length > 1 && !outputs[channel].push(bytes.subarray(1))) {
        socket.pause();
      }
    } else if (channel === CHANNEL.outcome) {
      outcome = readOutcome(bytes.subarray(1)) ?? outcome;
    }
  });

  let alive = true;
  const heartbeat = setInterval(() => {
    // A paused socket reads no pongs, and that is our doing.
    if (!alive && !socket.isPaused) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, PING_MS);
  heartbeat.unref();
  socket.on('pong', () => {
    alive = true;
  });
  const abort = () => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  socket.once('close', () => {
    clearInterval(heartbeat);
    signal?.removeEventListener('abort', abort);
    outputs[CHANNEL.stdout].push(null);
    outputs[CHANNEL.stderr].push(null);
    settle(exit, outcome, operation, signal);
  });
  socket.resume();
  if (signal?.aborted) {
    abort();
  }

  const send = (channel: number, bytes: Uint8Array, done?: (error?: Error | null) => void) => {
    if (socket.readyState !== socket.OPEN) {
      done?.();
      return;
    }
    // Node calls back with null or undefined when all is well.
    socket.send(Buffer.concat([Buffer.from([channel]), bytes]), (error) =>
      done?.(error ? new KubeError('Unreachable', `${operation}: the connection was cut`) : null),
    );
  };
  const stdin = new Writable({
    write: (chunk: Buffer, _encoding, done) => send(CHANNEL.stdin, chunk, done),
    final(done) {
      if (socket.protocol === PROTOCOLS[0]) {
        send(CHANNEL.close, Buffer.from([CHANNEL.stdin]), done);
      } else {
        done();
      }
    },
  });
  stdin.on('error', () => undefined);

  return {
    stdout: outputs[CHANNEL.stdout],
    stderr: outputs[CHANNEL.stderr],
    stdin,
    resize: (columns, rows) => send(CHANNEL.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))),
    exit: exit.promise,
    close: () => socket.terminate(),
  };
}

/** An output stream that lets the socket go on when there is room again. */
function output(socket: WebSocket): Readable {
  return new Readable({ read: () => socket.resume() });
}

/** Source: `k8s.io/client-go/tools/remotecommand`, the error stream of versions 4 and later. */
function settle(
  exit: PromiseWithResolvers<number>,
  outcome: Status | undefined,
  operation: string,
  signal: AbortSignal | undefined,
): void {
  if (outcome?.status === 'Success') {
    exit.resolve(0);
    return;
  }
  const code = outcome?.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (outcome?.reason === 'NonZeroExitCode' && code !== undefined && /^\d+$/.test(code)) {
    exit.resolve(Number(code));
    return;
  }
  if (signal?.aborted) {
    exit.reject(signal.reason);
  } else if (outcome !== undefined) {
    exit.reject(
      new KubeError('ServerError', `${operation}: ${outcome.message ?? 'the command could not be run'}`, {
        status: outcome,
      }),
    );
  } else {
    exit.reject(new KubeError('Unreachable', `${operation}: the connection ended before the command did`));
  }
}

/** The Status of the outcome comes without `kind`. */
function readOutcome(bytes: Buffer): Status | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && 'status' in value ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) {
    return Buffer.concat(data);
  }
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
