/** What does not end with one answer: watches, logs, and sessions in a pod over WebSocket (`v5.channel.k8s.io`, `v4`). */
import type { ServerResponse } from 'node:http';
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { WebSocket } from 'ws';
import type { Fault } from '../faults/interceptor.ts';
import { startShell } from '../pods/exec.ts';
import { readLogs } from '../pods/logs.ts';
import { badRequest } from './api-error.ts';
import { JSON_TYPE, renderOptions } from './handlers.ts';
import type { LocalClient } from './local-client.ts';
import { negotiate } from './negotiation.ts';
import type { Route } from './route.ts';
import type { Call, VerbParts } from './verbs/call.ts';
import { get } from './verbs/read.ts';
import { watch, watchOptions } from './verbs/watching.ts';

/** What a reader may leave lying before its watch is ended. */
const MOST_UNREAD = 64 * 1024 * 1024;
export const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** @throws ApiError before anything is sent */
export function serveWatch(
  parts: VerbParts,
  call: Call,
  route: Route,
  accept: string | undefined,
  response: ServerResponse,
  fault: Fault = {},
): void {
  const options = watchOptions(route.query);
  const render = renderOptions(parts, route, negotiate(accept));
  const { afterEvents = Number.POSITIVE_INFINITY, afterBytes = Number.POSITIVE_INFINITY } = fault.cutWatch ?? {};
  let events = 0;
  let bytes = 0;
  let open = false;
  let stop = (): void => {};
  const begin = (): void => {
    if (open) return;
    open = true;
    response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
  };
  const sink = {
    write(text: string, count: number): void {
      if (fault.silentWatch) return;
      begin();
      const lines = events + count > afterEvents ? text.split('\n').slice(0, afterEvents - events) : undefined;
      const allowed = lines === undefined ? text : lines.map((line) => `${line}\n`).join('');
      const data = Buffer.from(allowed);
      events += count;
      const rest = afterBytes - bytes;
      bytes += data.length;
      if (events >= afterEvents || bytes >= afterBytes) {
        stop();
        response.write(data.subarray(0, rest), () => response.socket?.destroy());
      } else {
        response.write(data);
        if (response.writableLength > MOST_UNREAD) response.socket?.destroy();
      }
    },
    end(): void {
      response.end();
    },
  };
  // A watch that is cut at once is accepted first.
  const started = watch(parts, call, options, render, sink);
  stop = started;
  begin();
  response.on('close', stop);
}

/** @throws ApiError before anything is sent */
export async function serveLog(parts: VerbParts, call: Call, route: Route, response: ServerResponse): Promise<void> {
  const { query } = route;
  const current = (): Pod | undefined => parts.store.get('pods', call.namespace, call.name)?.object as Pod | undefined;
  const number = (key: string): number | undefined => {
    const text = query.get(key);
    if (text === null) return undefined;
    if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  };
  const flag = (key: string): boolean => ['true', '1', ''].includes(query.get(key) ?? 'false');
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const lines = readLogs({
    pod: get(parts, call).object as Pod,
    current,
    clock: parts.clock,
    signal: gone.signal,
    log: {
      container: query.get('container') ?? undefined,
      follow: flag('follow'),
      previous: flag('previous'),
      timestamps: flag('timestamps'),
      tailLines: number('tailLines'),
      sinceSeconds: number('sinceSeconds'),
      sinceTime: query.get('sinceTime') ?? undefined,
      limitBytes: number('limitBytes'),
    },
  });
  const iterator = lines[Symbol.asyncIterator]();
  // What is wrong with the request shows with the first chunk; a log that is followed may be a long time in coming.
  const first = iterator.next();
  let failed: unknown;
  await Promise.race([
    first.catch((error: unknown) => {
      failed = error;
    }),
    new Promise(setImmediate),
  ]);
  if (failed !== undefined) throw failed;
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  for (let next = await first; !next.done; next = await iterator.next()) {
    if (!response.write(next.value))
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    if (gone.signal.aborted) break;
  }
  response.end();
}

/**
 * Starts a session; the answer takes over its socket once there is one.
 * @throws ApiError before the connection is upgraded
 */
export function startSession(
  parts: VerbParts,
  call: Call,
  { query }: Route,
  client: LocalClient,
): (socket: WebSocket) => void {
  const pod = get(parts, call).object as Pod;
  const command = query.getAll('command');
  if (call.subresource === 'exec' && command.length === 0) {
    throw badRequest('you must specify at least 1 command for the container');
  }
  const flag = (key: string): boolean => ['true', '1'].includes(query.get(key) ?? '');
  const early: Buffer[] = [];
  let socket: WebSocket | undefined;
  const send = (channel: number, text: string): void => {
    const frame = Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
    if (socket === undefined) early.push(frame);
    else socket.send(frame);
  };
  const finish = (status: object): void => {
    send(CHANNEL.error, JSON.stringify({ metadata: {}, ...status }));
    socket?.close(1000);
  };
  const open = (opened: WebSocket): void => {
    socket = opened;
    for (const frame of early) opened.send(frame);
  };
  if (call.subresource === 'attach') {
    return (opened) => {
      open(opened);
      void attach(parts, call, pod, query, opened, (text) => send(CHANNEL.stdout, text), finish);
    };
  }
  const session = startShell({
    pod,
    container: query.get('container') ?? '',
    command,
    tty: flag('tty'),
    stdin: flag('stdin'),
    client,
    clock: parts.clock,
    onOutput: (stream, text) => send(CHANNEL[stream], text),
  });
  return (opened) => {
    open(opened);
    opened.on('message', (message) => {
      const data = Buffer.isBuffer(message) ? message : Buffer.concat(message as Buffer[]);
      const channel = data[0];
      const rest = data.subarray(1);
      if (channel === CHANNEL.stdin) session.write(rest);
      if (channel === CHANNEL.close && rest[0] === CHANNEL.stdin) session.write(undefined);
      if (channel === CHANNEL.resize) {
        const { Width: width, Height: height } = JSON.parse(rest.toString()) as { Width: number; Height: number };
        session.resize({ width, height });
      }
    });
    opened.on('close', () => session.kill());
    void session.ended.then((end) => finish(statusOf(end)));
  };
}

async function attach(
  parts: VerbParts,
  call: Call,
  pod: Pod,
  query: URLSearchParams,
  socket: WebSocket,
  write: (text: string) => void,
  finish: (status: object) => void,
): Promise<void> {
  const closed = new AbortController();
  socket.on('close', () => closed.abort());
  const current = (): Pod | undefined => parts.store.get('pods', call.namespace, call.name)?.object as Pod | undefined;
  const log = { container: query.get('container') ?? undefined, follow: true, tailLines: 0 };
  try {
    for await (const text of readLogs({ pod, current, clock: parts.clock, log, signal: closed.signal })) write(text);
    finish({ status: 'Success' });
  } catch (error) {
    finish({ status: 'Failure', message: (error as Error).message });
  }
}

function statusOf(end: { exitCode: number } | { error: string }): object {
  if ('error' in end) return { status: 'Failure', message: end.error, reason: 'InternalError', code: 500 };
  const { exitCode } = end;
  if (exitCode === 0) return { status: 'Success' };
  return {
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
