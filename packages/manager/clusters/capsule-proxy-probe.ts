/**
 * CapsuleProxyReady: does capsule-proxy answer where people's kubeconfigs will point, with a certificate that the CA
 * given at registration vouches for? `/_healthz` on the proxy's own port is the one path that it serves to anybody
 * (capsule-proxy 0.14, `internal/webserver`).
 */
import { request } from 'node:https';
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { errorFromTransport } from '@kubenova/kube/transport-error.ts';
import { no, yes } from '../reconcile/context.ts';

const TYPE = 'CapsuleProxyReady';
const TIMEOUT_MS = 4_000;
const HEALTH_PATH = '/_healthz';
/** The healthy answer is two letters; whatever is longer is something else. */
const LONGEST_ANSWER = 1_024;

export interface CapsuleProxyAddress {
  url: string;
  /** PEM; the machine's own roots when null. */
  ca: string | null;
}

export async function probeCapsuleProxy(
  { url, ca }: CapsuleProxyAddress,
  signal: AbortSignal,
): Promise<ConditionInput> {
  const base = url.replace(/\/+$/, '');
  let answer: { code: number; body: string };
  try {
    answer = await get(
      new URL(`${base}${HEALTH_PATH}`),
      ca,
      AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && error.name === 'TimeoutError') {
      return no(
        TYPE,
        'Timeout',
        `capsule-proxy at ${base} does not answer within ${TIMEOUT_MS / 1000} s. Check capsuleProxyUrl and the network between the Manager and the cluster.`,
      );
    }
    const { reason, message } = errorFromTransport(`GET ${HEALTH_PATH}`, base, error);
    const told = message
      .replaceAll('the API server', 'capsule-proxy')
      .replaceAll('certificate-authority-data', 'capsuleProxyCa')
      .replaceAll('or set tls-server-name', 'or give the proxy a certificate that names this one');
    return no(TYPE, reason, told);
  }
  if (answer.code === 200 && answer.body.trim() === 'ok')
    return yes(TYPE, 'Answers', 'capsule-proxy answers, and its certificate is good.');
  return no(
    TYPE,
    'WrongAnswer',
    `What answers at ${base} is not capsule-proxy, or not a healthy one: GET ${HEALTH_PATH} gave ${answer.code}. Check capsuleProxyUrl; it must lead to capsule-proxy and not to the API server.`,
  );
}

function get(url: URL, ca: string | null, signal: AbortSignal): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...(ca === null ? {} : { ca }), agent: false, signal }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        body += piece;
        if (body.length > LONGEST_ANSWER) answer.destroy();
      });
      answer.on('close', () => resolve({ code: answer.statusCode ?? 0, body: body.slice(0, LONGEST_ANSWER) }));
      answer.on('error', reject);
    });
    call.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    call.end();
  });
}
