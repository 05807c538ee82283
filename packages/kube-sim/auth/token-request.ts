/** The subresource `token` of a ServiceAccount. Source: `authentication.k8s.io/v1.TokenRequest`. */
import type { TokenRequest } from '@kubenova/kube/kinds/authentication.ts';
import type { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest, conflict, invalid, notFound } from '../api/api-error.ts';
import type { FieldError } from '../api/field-error.ts';
import { type Clock, timestamp } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { BoundKind, ServiceAccountTokens, TokenSubject } from './service-account-token.ts';

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const DEFAULT_SECONDS = 3600;
/** What a kubelet asks for; such tokens live a year and only warn after the hour, so that old clients go on working. */
const EXTENDED_WHEN_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;
const BOUND: Readonly<Record<string, { bound: BoundKind; plural: string }>> = {
  Pod: { bound: 'pod', plural: 'pods' },
  Secret: { bound: 'secret', plural: 'secrets' },
  Node: { bound: 'node', plural: 'nodes' },
};

/**
 * @param object the TokenRequest as it was sent
 * @throws ApiError as the API server refuses it
 */
export async function answerTokenRequest(
  account: { namespace: string; name: string },
  object: KubeObject,
  parts: { store: Store; clock: Clock; tokens: ServiceAccountTokens },
): Promise<KubeObject> {
  const { store, clock, tokens } = parts;
  const { namespace, name } = account;
  const { metadata, spec } = object as TokenRequest & { spec?: { attestations?: object } };
  if (metadata?.name && metadata.name !== name) {
    const detail = 'must match the service account name if specified';
    throw invalid(KIND, name, [{ kind: 'Invalid', field: 'metadata.name', value: metadata.name, detail }]);
  }
  const entry = store.get('serviceaccounts', namespace, name);
  if (entry === undefined) throw notFound({ group: '', plural: 'serviceaccounts' }, name);
  if (metadata?.uid && metadata.uid !== entry.uid) {
    const why = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${entry.uid})`;
    throw conflict({ group: KIND.group, plural: KIND.kind }, name, why);
  }
  const expirationSeconds = spec?.expirationSeconds ?? DEFAULT_SECONDS;
  const audiences = spec?.audiences?.length ? spec.audiences : tokens.audiences;
  const errors = validate(expirationSeconds, spec?.attestations);
  if (errors.length > 0) throw invalid(KIND, '', errors);

  const ref = spec?.boundObjectRef ?? undefined;
  const bound = ref === undefined ? {} : boundTo(ref, entry.object as ServiceAccount, store);
  const extended =
    bound.pod !== undefined &&
    expirationSeconds === EXTENDED_WHEN_SECONDS &&
    audiences.every((audience) => tokens.audiences.includes(audience));
  const now = timestamp(clock);
  const token = await tokens.sign({
    account: entry.object,
    bound,
    audiences,
    expirationSeconds: extended ? EXTENDED_SECONDS : expirationSeconds,
    ...(extended && { warnAfterSeconds: expirationSeconds }),
  });
  const end = new Date(Date.parse(now) + expirationSeconds * 1000);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...metadata, name, namespace, uid: entry.uid, creationTimestamp: now },
    spec: { ...spec, audiences: [...audiences], expirationSeconds, boundObjectRef: ref ?? null },
    status: { token, expirationTimestamp: `${end.toISOString().slice(0, 19)}Z` },
  };
}

function validate(seconds: number, attestations: object | undefined): FieldError[] {
  const wrong = (field: string, value: unknown, detail: string): FieldError[] => [
    { kind: 'Invalid', field, value, detail },
  ];
  if (attestations !== undefined && Object.keys(attestations).length > 0) {
    const detail = 'attestations may only be specified with a webhook bound object reference';
    return wrong('spec.attestations', attestations, detail);
  }
  const words = seconds < 600 ? 'less than 10 minutes' : seconds > 2 ** 32 ? 'larger than 2^32 seconds' : undefined;
  return words === undefined ? [] : wrong('spec.expirationSeconds', seconds, `may not specify a duration ${words}`);
}

/** @throws ApiError when the object is not there, is another one, or is not of this account */
function boundTo(
  ref: NonNullable<TokenRequest['spec']['boundObjectRef']>,
  account: ServiceAccount,
  store: Store,
): TokenSubject['bound'] {
  const { kind = '', apiVersion = '', name = '', uid } = ref;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const known = group === '' ? BOUND[kind] : undefined;
  if (known === undefined) {
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const namespace = known.bound === 'node' ? '' : (account.metadata.namespace ?? '');
  const entry = store.get(known.plural, namespace, name);
  if (entry === undefined) throw notFound({ group: '', plural: known.plural }, name);
  const pod = known.bound === 'pod' ? (entry.object as Pod) : undefined;
  if (pod && pod.spec?.serviceAccountName !== account.metadata.name) {
    const whose = JSON.stringify(account.metadata.name);
    throw badRequest(
      `cannot bind token for serviceaccount ${whose} to pod running with different serviceaccount name.`,
    );
  }
  if (uid && uid !== entry.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural: kind }, name, why);
  }
  const node = pod?.spec?.nodeName;
  const nodeUid = node ? store.get('nodes', '', node)?.uid : undefined;
  return {
    [known.bound]: { name, uid: entry.uid },
    ...(node && { node: { name: node, ...(nodeUid !== undefined && { uid: nodeUid }) } }),
  };
}
