/** AdmissionReviews of `admission.k8s.io/v1`, as far as Capsule reads and answers them. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { UserInfo } from '../identity.ts';

export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly requestKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly userInfo: UserInfo;
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
}

export type Metadata = Pick<KubeObject['metadata'], 'labels' | 'annotations' | 'ownerReferences'>;

/** What a handler comes to when it has nothing against a request. */
export interface Verdict {
  /** Metadata that the object is to have instead of its own. */
  readonly metadata?: Metadata;
  readonly warnings?: readonly string[];
}

/** A refusal: 403 where Capsule says no, 400 or 500 where it fails. */
export class Refusal extends Error {
  readonly code: number;
  constructor(message: string, code = 403) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

export const failed = (message: string): Refusal => new Refusal(message, 500);

/** The review that answers a request. */
export function answer({ uid, object }: AdmissionRequest, verdict: Verdict | Refusal): object {
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  if (verdict instanceof Refusal) {
    const { code, message } = verdict;
    const status = { code, message, ...(code === 403 && { reason: 'Forbidden' }) };
    return { ...review, response: { uid, allowed: false, status } };
  }
  const { metadata, warnings = [] } = verdict;
  const operations = Object.entries(metadata ?? {}).flatMap(([field, value]) => {
    const before = object?.metadata[field as keyof Metadata];
    if (JSON.stringify(before) === JSON.stringify(value)) return [];
    return [{ op: 'add', path: `/metadata/${field}`, value }];
  });
  const patch = operations.length > 0 && {
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  };
  return { ...review, response: { uid, allowed: true, ...(warnings.length > 0 && { warnings }), ...patch } };
}
