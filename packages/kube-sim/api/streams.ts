/** What does not end with one answer: watches, logs, and sessions in a pod over WebSocket (`v5.channel.k8s.io`, `v4`). */
import type { ServerResponse } from 'node:http';
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import { badRequest } from '@kubenova/kube-model/api-error.ts';
import type { WebSocket } from 'ws';
import type { Fault } from '../faults/interceptor.ts';
import type { Machinery } from '../machinery.ts';
import { JSON_TYPE, renderOptions } from './handlers.ts';
import type { LocalClient } from './local-client.ts';
import { negotiate } from './negotiation.ts';
import { flag, integer, type Route } from './route.ts';
import type { Call, VerbParts } from './verbs/call.ts';
import { get, listOptions } from './verbs/read.ts';
import { watch } from './verbs/watching.ts';

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
  const options = listOptions(route.query, true);
  const render = renderOptions(parts, route, negotiate(accept));
  const { afterEvents = Number.POSITIVE_INFINITY, afterBytes = Number.POSITIVE_INFINITY } = fault.cutWatch ?? {};
  let events = 0;
  let bytes = 0;
  let stop = (): void => {};
  const begin = (): void => {
    if (!response.headersSent) begins(response, JSON_TYPE);
  };
  const sink = {
    write(text: string, count: number): void {
      if (fault.silentWatch) return;
      begin();
      const some = events + count > afterEvents;
      const data = Buffer.from(some ? `${text.split('\n', afterEvents - events).join('\n')}\n` : text);
      const rest = afterBytes - bytes;
      events += count;
      bytes += data.length;
      if (events >= afterEvents || bytes >= afterBytes) {
        stop();
        response.write(data.subarray(0, rest), () => response.socket?.destroy());
      } else {
        response.write(data);
        if (response.writableLength > MOST_UNREAD) response.socket?.destroy();
      }
    },
    end: () => void response.end(),
  };
  stop = watch(parts, call, options, render, sink);
  // A watch that is cut at once is accepted first.
  begin();
  response.on('close', stop);
}

function begins(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
}

/** @throws ApiError before anything is sent */
export async function serveLog(
  parts: VerbParts & { readonly machinery: Machinery },
  call: Call,
  { query }: Route,
  response: ServerResponse,
): Promise<void> {
  const number = (key: string) => (query.has(key) ? integer(query.get(key)) : undefined);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const log = parts.machinery.readLogs({
    log: {
      container: query.get('container') ?? undefined,
      follow: flag(query, 'follow'),
      previous: flag(query, 'previous'),
      timestamps: flag(query, 'timestamps'),
      tailLines: number('tailLines'),
      sinceSeconds: number('sinceSeconds'),
      sinceTime: query.get('sinceTime') ?? undefined,
      limitBytes: number('limitBytes'),
    },
    pod: get(parts, call).object as Pod,
    current: () => parts.store.get('pods', call.namespace, call.name)?.object as Pod | undefined,
    clock: parts.clock,
    signal: gone.signal,
  });
  begins(response, 'text/plain');
  for await (const text of log) {
    if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    if (gone.signal.aborted) break;
  }
  response.end();
}

/**
 * Starts a session; the answer takes over its socket once there is one.
 * @throws ApiError before the connection is upgraded
 */
export function startSession(
  parts: VerbParts & { readonly machinery: Machinery },
  call: Call,
  { query }: Route,
  client: LocalClient,
): (socket: WebSocket) => void {
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
  const early: Buffer[] = [];
  let send = (frame: Buffer): void => void early.push(frame);
  const say = (channel: keyof typeof CHANNEL, text: string) =>
    send(Buffer.concat([Buffer.of(CHANNEL[channel]), Buffer.from(text)]));
  const session = parts.machinery.startShell({
    pod: get(parts, call).object as Pod,
    container: query.get('container') ?? '',
    command,
    tty: flag(query, 'tty'),
    stdin: flag(query, 'stdin'),
    client,
    clock: parts.clock,
    onOutput: say,
  });
  return (socket) => {
    send = (frame) => socket.send(frame);
    early.forEach(send);
    socket.on('message', (message) => {
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
    socket.on('close', () => session.kill());
    void session.ended.then((end) => {
      say('error', JSON.stringify({ metadata: {}, ...statusOf(end) }));
      socket.close(1000);
    });
  };
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
