/** The subresource `token` of a ServiceAccount. Source: `authentication.k8s.io/v1.TokenRequest`. */
import type { TokenRequest } from '@kubenova/kube/kinds/authentication.ts';
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest, conflict, invalid, notFound } from '@kubenova/kube-model/api-error.ts';
import { type Clock, timestamp } from '@kubenova/kube-model/clock.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { Bound, ServiceAccountTokens } from './service-account-token.ts';

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

/**
 * @param object the TokenRequest as it was sent
 * @throws ApiError as the API server refuses it
 */
export async function answerTokenRequest(
  account: { namespace: string; name: string },
  object: KubeObject,
  { store, clock, tokens }: { store: Store; clock: Clock; tokens: ServiceAccountTokens },
): Promise<KubeObject> {
  const { namespace, name } = account;
  const { metadata, spec } = object as Partial<TokenRequest>;
  const entry = store.get('serviceaccounts', namespace, name);
  if (entry === undefined) throw notFound({ group: '', plural: 'serviceaccounts' }, name);
  const { expirationSeconds = 3600, boundObjectRef } = spec ?? {};
  const audiences = spec?.audiences?.length ? spec.audiences : tokens.audiences;
  if (expirationSeconds < 600 || expirationSeconds > 2 ** 32) {
    const detail = `may not specify a duration ${expirationSeconds < 600 ? 'less than 10 minutes' : 'larger than 2^32 seconds'}`;
    throw invalid(KIND, '', [{ kind: 'Invalid', field: 'spec.expirationSeconds', value: expirationSeconds, detail }]);
  }
  const bound = boundObjectRef ? boundTo(boundObjectRef, account, store) : {};
  const token = await tokens.sign({ account: entry.object, bound, audiences, expirationSeconds });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...metadata, name, namespace, uid: entry.uid, creationTimestamp: timestamp(clock) },
    spec: { ...spec, audiences: [...audiences], expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp({ ...clock, now: () => clock.now() + expirationSeconds * 1000 }) },
  };
}

/** @throws ApiError when the object is not there, is another one, or is not of this account */
function boundTo(
  { kind = '', apiVersion = '', name = '', uid }: NonNullable<TokenRequest['spec']['boundObjectRef']>,
  account: { namespace: string; name: string },
  store: Store,
): Bound {
  if (apiVersion !== 'v1' || !['Pod', 'Secret', 'Node'].includes(kind)) {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const bound = kind.toLowerCase();
  const entry = store.get(`${bound}s`, kind === 'Node' ? '' : account.namespace, name);
  if (entry === undefined) throw notFound({ group: '', plural: `${bound}s` }, name);
  if (kind === 'Pod' && (entry.object as Pod).spec?.serviceAccountName !== account.name) {
    const whose = `serviceaccount ${JSON.stringify(account.name)}`;
    throw badRequest(`cannot bind token for ${whose} to pod running with different serviceaccount name.`);
  }
  if (uid && uid !== entry.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural: kind }, name, why);
  }
  return { [bound]: { name, uid: entry.uid } };
}
