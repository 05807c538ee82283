/** An admission webhook of a case's own. Source: Kubernetes, "Dynamic Admission Control", `admission.k8s.io/v1`. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import type { Body } from './case.ts';

export interface WebhookServer {
  /** `clientConfig` of a webhook configuration. */
  readonly clientConfig: { readonly url: string; readonly caBundle: string };
  /** What it was asked, in order. */
  readonly requests: readonly Body[];
  close(): Promise<void>;
}

/** @param answer to `AdmissionReview.request`: the `response` without its uid */
export async function startWebhook(answer: (request: Body) => object): Promise<WebhookServer> {
  const authority = await createAuthority('conformance webhook');
  const requests: Body[] = [];
  const tls = await authority.issue({ commonName: 'webhook', ips: ['127.0.0.1'], uses: ['server'] });
  const server = createServer(tls, async (call, response) => {
    const { apiVersion, kind, request } = (await json(call)) as Body;
    requests.push(request);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...answer(request) } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(authority.cert).toString('base64') },
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
