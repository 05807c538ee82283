/** Speaks to a webhook over a connection that is kept alive, and tells failures in the words of Go's HTTP client. */
import requestWith from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';

export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: { namespace: string; name: string; path?: string; port?: number };
  /** PEM in base64. */
  readonly caBundle?: string;
}

/** Sends a review and answers what came back, parsed. @throws Error with the API server's words */
export type WebhookClient = (body: string, timeoutSeconds: number) => Promise<unknown>;

export function createWebhookClient({ url, service, caBundle }: WebhookClientConfig): WebhookClient {
  const { name = '', namespace = '', port = 443, path = '' } = service ?? {};
  const shown = url ?? `https://${name}.${namespace}.svc:${port}${path}`;
  const target = new URL(shown);
  const ca = caBundle === undefined ? undefined : Buffer.from(caBundle, 'base64').toString();
  // An idle connection does not keep the process alive, so that nobody has to close it.
  const pool = new Pool(target.origin, { keepAliveTimeout: 60_000, connect: { ca } });
  return async (body, timeoutSeconds) => {
    const timeout = `?timeout=${timeoutSeconds}s`;
    let status: number;
    let text: string;
    try {
      if (url === undefined) throw new Error(`service "${name}" not found`);
      const response = await requestWith.call(pool, {
        method: 'POST',
        path: target.pathname + timeout,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      throw new Error(`Post "${shown}${timeout}": ${transportText(error)}`);
    }
    if (status < 200 || status >= 300) throw new Error(statusText(status, text));
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`couldn't get version/kind; json parse error: ${text.slice(0, 80)}`);
    }
  };
}

function transportText(error: unknown): string {
  const { code = '', name, message } = error as Error & { code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'context deadline exceeded';
  if (code === 'ECONNREFUSED')
    return `dial tcp ${message.replace('connect ECONNREFUSED ', '')}: connect: connection refused`;
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'EOF';
  if (!/CERT|SIGNED|VERIFY/.test(code)) return message;
  const why = /SELF_SIGNED|ISSUER|VERIFY/.test(code) ? 'certificate signed by unknown authority' : message;
  return `tls: failed to verify certificate: x509: ${why}`;
}

/** Source: `apierrors.NewGenericServerResponse`. */
function statusText(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource';
  if (status < 500) return `the server responded with the status code ${status} but did not return more information`;
  return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`;
}
