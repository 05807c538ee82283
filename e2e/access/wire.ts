/**
 * Requests byte by byte over TLS, for what a client would put right before it is sent: headers that come twice, that are
 * empty, that belong to one hop. Each is a connection of its own, which the server is asked to close.
 */
import { connect } from 'node:tls';

export interface RawResponse {
  /** 0 when the server hung up without a word. */
  readonly code: number;
  readonly text: string;
}

const PATIENCE_MS = 20_000;

/** The text as it goes over the wire; the lines of the head end in CRLF. */
export function httpText(request: {
  readonly method?: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}): string {
  const { method = 'GET', path, headers, body = '' } = request;
  const lines = [`${method} ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/**
 * Sends it and reads until the server closes, or has switched protocols, or with `until: 'answer'` has given one answer.
 *
 * @throws Error when the server neither answers nor closes
 */
export function sendRaw(
  server: { readonly url: string; readonly ca: string },
  text: string,
  until: 'answer' | 'close' = 'close',
): Promise<RawResponse> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port), ca: server.ca, ALPNProtocols: ['http/1.1'] });
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error(`No end of the answer to ${JSON.stringify(text.slice(0, 300))} after ${answer.slice(0, 300)}`));
    });
    const finish = () => {
      socket.destroy();
      resolve({ code: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), text: answer });
    };
    socket.setEncoding('latin1');
    socket.once('secureConnect', () => socket.write(text, 'latin1'));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (/^HTTP\/1\.1 101/.test(answer) || (until === 'answer' && isWhole(answer))) finish();
    });
    socket.once('end', finish);
    socket.once('close', finish);
    // A reset is an answer too: the server would have none of it.
    socket.once('error', finish);
  });
}

/** Whether the answer has come to its own end. */
function isWhole(answer: string): boolean {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return answer.includes('\r\n\r\n') && body.endsWith('0\r\n\r\n');
}
