/** Connections to the API server, for requests that are piped and not understood. */
import type { ClientRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { createTokenSource } from '@kubenova/kube/token-source.ts';

export interface Upstream {
  readonly host: string;
  /** The proxy's own token; undefined when it has a client certificate. */
  token(): Promise<string | undefined>;
  /** Opens a request with exactly these headers. `fresh` takes a connection of its own, for streams that switch protocols. */
  open(options: { method: string; path: string; headers: string[]; fresh?: boolean }): ClientRequest;
  close(): void;
}

export function createUpstream(connection: KubeConnection): Upstream {
  const server = new URL(connection.server);
  const base = server.pathname.replace(/\/$/, '');
  const tokens = createTokenSource(connection.credential);
  const { credential } = connection;
  const identity = credential.kind === 'certificate' ? { cert: credential.cert, key: credential.key } : {};
  const tls = { ca: connection.ca, servername: connection.tlsServerName, ...identity };
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 256, scheduling: 'lifo' });
  return {
    host: server.host,
    token: () => tokens.current(),
    open: ({ method, path, headers, fresh }) =>
      request({
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port || 443,
        method,
        path: base + path,
        headers,
        setDefaultHeaders: false,
        agent: fresh ? false : agent,
        ...(fresh ? tls : {}),
      }),
    close: () => agent.destroy(),
  };
}
