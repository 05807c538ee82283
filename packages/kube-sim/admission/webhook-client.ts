/** Speaks to a webhook over a connection that is kept alive, and tells failures in the words of Go's HTTP client. */
import requestWith from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';

export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** PEM in base64. */
  readonly caBundle?: string;
}

/** Sends a review and answers what came back, parsed. @throws Error with the API server's words */
export type WebhookClient = (body: string, timeoutSeconds: number) => Promise<unknown>;

export function createWebhookClient({ url, service, caBundle }: WebhookClientConfig): WebhookClient {
  if (url === undefined) {
    const { name = '' } = service ?? {};
    return () => Promise.reject(new Error(`failed to call webhook: service "${name}" not found`));
  }
  const target = new URL(url);
  // An idle connection does not keep the process alive, so that nobody has to close it.
  const pool = new Pool(target.origin, {
    keepAliveTimeout: 60_000,
    connect: caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64').toString() },
  });
  return async (body, timeoutSeconds) => {
    const shown = `Post "${url}?timeout=${timeoutSeconds}s"`;
    let answer: { status: number; text: string };
    try {
      const { statusCode: status, body: stream } = await requestWith.call(pool, {
        method: 'POST',
        path: `${target.pathname}?timeout=${timeoutSeconds}s`,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      answer = { status, text: await stream.text() };
    } catch (error) {
      throw new Error(`failed to call webhook: ${shown}: ${transportText(error)}`);
    }
    const { status, text } = answer;
    if (status < 200 || status >= 300) throw new Error(`failed to call webhook: ${statusText(status, text)}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`failed to call webhook: couldn't get version/kind; json parse error: ${text.slice(0, 80)}`);
    }
  };
}

function transportText(error: unknown): string {
  const { code, name, message, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (name === 'TimeoutError' || name === 'AbortError') return 'context deadline exceeded';
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'EOF';
  return code && /CERT|SIGNED|VERIFY/.test(code) ? `tls: failed to verify certificate: x509: ${message}` : message;
}

/** Source: `apierrors.NewGenericServerResponse`. */
function statusText(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource';
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
