import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createKubeClient, type KubeClient } from './client.ts';
import { exec } from './exec.ts';
import { sendStatus } from './testing/fixture-server.ts';
import { until } from './testing/until.ts';

let http: Server;
let sockets: WebSocketServer;
let client: KubeClient;
let requests: { url: string; headers: Record<string, unknown> }[];
/** What the server does with a session; by default it refuses. */
let serve: ((socket: WebSocket) => void) | undefined;

beforeEach(async () => {
  requests = [];
  serve = undefined;
  http = createServer((_, response) => sendStatus(response, 403, 'Forbidden', 'no exec for you'));
  sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  http.on('upgrade', (request, stream, head) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    if (serve === undefined) {
      const body = JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'no exec for you' });
      stream.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, serve);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  client = createKubeClient({
    server: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    credential: { kind: 'token', token: 'canary' },
  });
});
afterEach(async () => {
  for (const socket of sockets.clients) {
    socket.terminate();
  }
  await client.close();
  await new Promise((resolve) => http.close(resolve));
});

const frame = (channel: number, content: string) => Buffer.concat([Buffer.from([channel]), Buffer.from(content)]);
const target = { namespace: 'n', pod: 'p', command: ['echo', 'a b'] };

describe('exec', () => {
  it('keeps the outputs apart and gives the exit code', async () => {
    serve = (socket) => {
      socket.send(frame(1, 'out'));
      socket.send(frame(2, 'err'));
      const causes = [{ reason: 'ExitCode', message: '3' }];
      socket.send(
        frame(3, JSON.stringify({ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })),
      );
      socket.close();
    };
    const session = await exec(client.impersonate({ username: 'u', groups: ['g', 'h'] }), {
      ...target,
      container: 'c',
    });
    expect(await Promise.all([text(session.stdout), text(session.stderr), session.exit])).toEqual(['out', 'err', 3]);
    expect(requests[0]?.url).toBe(
      '/api/v1/namespaces/n/pods/p/exec?stdout=true&stderr=true&stdin=false&tty=false&container=c&command=echo&command=a+b',
    );
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer canary',
      'impersonate-user': 'u',
      'impersonate-group': 'g, h',
      'sec-websocket-protocol': 'v5.channel.k8s.io,v4.channel.k8s.io',
    });
  });

  it('sends input, its end, and the size of the terminal', async () => {
    const got: string[] = [];
    serve = (socket) =>
      socket.on('message', (data: Buffer) => {
        got.push(`${data[0]} ${data[0] === 255 ? data[1] : data.subarray(1)}`);
        if (data[0] === 255) {
          socket.send(frame(3, '{"metadata":{},"status":"Success"}'));
          socket.close();
        }
      });
    const session = await exec(client, { ...target, stdin: true, tty: true });
    session.resize(80, 24);
    session.stdin.end('hello');
    session.stdout.resume();
    session.stderr.resume();
    expect(await session.exit).toBe(0);
    expect(got).toEqual(['4 {"Width":80,"Height":24}', '0 hello', '255 0']);
  });

  it('holds the server back while nobody reads', async () => {
    const chunk = frame(1, 'x'.repeat(60_000));
    let sent = 0;
    serve = (socket) => {
      const next = () => {
        sent += 1;
        if (sent < 400) {
          socket.send(chunk, next);
        } else {
          socket.send(frame(3, '{"metadata":{},"status":"Success"}'));
          socket.close();
        }
      };
      next();
    };
    const session = await exec(client, target);
    await until('the first bytes', () => session.stdout.readableLength > 0);
    expect(session.stdout.readableLength).toBeLessThan(1_000_000);
    session.stderr.resume();
    expect((await text(session.stdout)).length).toBe(399 * 60_000);
    expect(await session.exit).toBe(0);
  });

  it('is refused with the reason that the server gives', async () => {
    await expect(exec(client, target)).rejects.toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('no exec for you'),
    });
  });

  it('tells a command that could not start from a connection that broke', async () => {
    serve = (socket) => {
      socket.send(frame(3, '{"metadata":{},"status":"Failure","message":"no such file"}'));
      socket.close();
    };
    await expect((await exec(client, target)).exit).rejects.toMatchObject({
      reason: 'ServerError',
      message: expect.stringContaining('no such file'),
    });
    serve = (socket) => socket.terminate();
    const cut = await exec(client, target);
    await expect(cut.exit).rejects.toMatchObject({ reason: 'Unreachable' });
    expect(await text(cut.stdout)).toBe('');
  });

  it('ends when the caller aborts', async () => {
    serve = () => undefined;
    const controller = new AbortController();
    const session = await exec(client, { ...target, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(session.exit).rejects.toThrow('enough');
    expect(await text(session.stdout)).toBe('');
    await expect(exec(client, { ...target, signal: controller.signal })).rejects.toThrow('enough');
  });
});
