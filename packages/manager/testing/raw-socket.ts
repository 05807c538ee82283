/**
 * Requests as bytes, and what comes back for them. A client library would mend what it is given; whoever wants to know what
 * a server makes of a broken request has to write it by hand.
 */
import { connect } from 'node:net';
import { expect } from 'vitest';

/** One answer on a connection. */
export interface RawAnswer {
  status: number;
  head: string;
  body: string;
}

/** Told apart from all else by its id: what comes before its answer was answered to the bytes before it. */
const LAST = 'GET /healthz HTTP/1.1\r\nHost: kubenova.test\r\nX-Request-Id: the-last\r\nConnection: close\r\n\r\n';

/**
 * Writes bytes and one last harmless request behind them, and gives what was answered to the bytes. The last request is
 * either answered too, or the connection was closed before it; where the bytes announced a body that is longer than what
 * follows, the last request is part of it, and the refusal is all that comes.
 *
 * @param options.alone leaves the last request out, for bytes that end the connection by themselves
 */
export async function exchange(
  port: number,
  bytes: string,
  { alone = false }: { alone?: boolean } = {},
): Promise<RawAnswer[]> {
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const answered = () => Buffer.concat(chunks).toString('latin1');
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(alone ? bytes : bytes + LAST));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.setTimeout(2_000, () => {
      if (chunks.length > 0) resolve(answered());
      else reject(new Error(`neither an answer nor an end of the connection for ${JSON.stringify(bytes)}`));
      socket.destroy();
    });
    socket.on('close', () => resolve(answered()));
    // What is still on its way when the other side has closed is answered with a reset.
    socket.on('error', () => resolve(answered()));
  });
  return answersIn(text).filter(({ head }) => !/^x-request-id: the-last$/im.test(head));
}

function answersIn(text: string): RawAnswer[] {
  const found: RawAnswer[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n\r\n', at);
    const head = text.slice(at, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    // Node's own refusals have an empty body in chunks.
    const isEmpty = text.startsWith('0\r\n\r\n', end + 4) && /^transfer-encoding: chunked$/im.test(head);
    const length = status === 100 ? 0 : isEmpty ? 5 : Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    if (end < 0 || Number.isNaN(status) || Number.isNaN(length)) throw new Error(`no clean answer: ${text.slice(at)}`);
    found.push({ status, head, body: isEmpty ? '' : text.slice(end + 4, end + 4 + length) });
    at = end + 4 + length;
  }
  return found;
}

/** A request whose header fields are these lines, as they are. */
export function rawRequest(lines: readonly string[], target = '/api/v1/me', method = 'GET', body = ''): string {
  return `${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** What a stranger may be told. */
export const REFUSALS: readonly number[] = [400, 401, 431];

/** All that was answered are refusals as the contract has them, and none says a token back. */
export function expectRefused(answers: readonly RawAnswer[], statuses: readonly number[] = REFUSALS): void {
  for (const { status, head, body } of answers) {
    expect(statuses, `${head}\n${body}`).toContain(status);
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code: `KN-${status}`, detail: expect.any(String) });
    expect(body).not.toMatch(/kn_|eyJ/);
  }
}
