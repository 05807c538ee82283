/** Requests as they are, without a client's opinion of what may be sent and what an answer means. */
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { impersonationHeaders } from '@kubenova/kube/impersonation.ts';
import { createLineSplitter } from '@kubenova/kube/json-lines.ts';
import { Agent, type Dispatcher } from 'undici';
import type { RawAnswer, RawEvent, RawRequest, RawWatch } from './case.ts';

const patience = 20_000;

export interface Wire {
  send(request: RawRequest): Promise<RawAnswer>;
  watch(request: Pick<RawRequest, 'path' | 'as' | 'token'>): Promise<RawWatch>;
  close(): Promise<void>;
}

export function openWire(connection: KubeConnection): Wire {
  const { ca, credential } = connection;
  const certificate = credential.kind === 'certificate' ? { cert: credential.cert, key: credential.key } : {};
  // HTTP/2 would put a header of several values on one line, which is another header to an API server.
  const admin = new Agent({ allowH2: false, connect: { ca, ...certificate } });
  const nobody = new Agent({ allowH2: false, connect: { ca } });

  const headersOf = (request: RawRequest): Record<string, string | string[]> => {
    const { body, contentType = body === undefined ? '' : 'application/json', accept, token, as } = request;
    const bearer = token ?? (credential.kind === 'token' ? credential.token : undefined);
    const own = Object.entries(request.headers ?? {}).map(([name, value]): [string, string | string[]] => [
      name,
      typeof value === 'string' ? value : [...value],
    ]);
    return {
      accept: accept ?? 'application/json',
      'user-agent': 'conformance/1 (test)',
      ...(contentType !== '' && { 'content-type': contentType }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(as !== undefined && impersonationHeaders({ username: as.user, groups: as.groups })),
      ...Object.fromEntries(own),
    };
  };

  function call(request: RawRequest, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { body, method, path } = request;
    return (request.token === undefined ? admin : nobody).request({
      origin: connection.server,
      method,
      path,
      headers: headersOf(request),
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(60_000),
    });
  }

  return {
    async send(request) {
      const { statusCode, headers, body } = await call(request);
      const text = await body.text();
      return {
        code: statusCode,
        contentType: String(headers['content-type'] ?? ''),
        warnings: [headers.warning ?? []].flat().map((warning) => /^299 - "(.*)"$/s.exec(warning)?.[1] ?? warning),
        headers,
        body: parsed(text),
      };
    },
    async watch(request) {
      const controller = new AbortController();
      const { statusCode, body } = await call({ ...request, method: 'GET' }, controller.signal);
      body.on('error', () => undefined);
      if (statusCode !== 200) throw new Error(`${request.path}: ${statusCode} ${await body.text()}`);
      return eventsOf(body, () => controller.abort());
    },
    async close() {
      await Promise.all([admin.destroy(), nobody.destroy()]);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function eventsOf(body: AsyncIterable<Uint8Array>, close: () => void): RawWatch {
  const splitter = createLineSplitter();
  const came: RawEvent[] = [];
  let ended = false;
  let wake = (): void => undefined;
  void (async () => {
    try {
      for await (const chunk of body) {
        came.push(...splitter.push(chunk).map((line) => JSON.parse(line) as RawEvent));
        wake();
      }
    } catch {
      // Closed by us, or cut: both are an end.
    }
    ended = true;
    wake();
  })();

  const more = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      if (came.length > 0 || ended) {
        resolve(came.length > 0);
        return;
      }
      const timer = setTimeout(() => reject(new Error(`The watch told nothing for ${patience / 1000} s.`)), patience);
      wake = () => {
        clearTimeout(timer);
        wake = () => undefined;
        resolve(came.length > 0);
      };
    });

  return {
    async next() {
      await more();
      const event = came.shift();
      if (event === undefined) throw new Error('The watch ended.');
      return event;
    },
    async rest() {
      const all: RawEvent[] = [];
      while (await more()) all.push(...came.splice(0));
      return all;
    },
    close,
  };
}
