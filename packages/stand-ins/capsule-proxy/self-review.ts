/**
 * "May I …?" is asked in the name of the caller, and the answer then amended by what the proxy itself opens: everybody
 * may list namespaces through it.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { Caller } from './headers.ts';

interface Review {
  kind?: string;
  spec?: { resourceAttributes?: { resource?: string; verb?: string } };
  status?: { allowed?: boolean; denied?: boolean; reason?: string; resourceRules?: unknown[] };
}

export function amended(review: Review): Review {
  if (review.kind === 'SelfSubjectAccessReview') {
    const asked = review.spec?.resourceAttributes;
    if (asked?.resource !== 'namespaces' || asked.verb?.toLowerCase() !== 'list') return review;
    return {
      ...review,
      status: { ...review.status, allowed: true, denied: false, reason: 'granted by capsule-proxy' },
    };
  }
  const rule = { apiGroups: [''], resources: ['namespaces'], verbs: ['list'] };
  return { ...review, status: { ...review.status, resourceRules: [...(review.status?.resourceRules ?? []), rule] } };
}

/** @throws KubeError, SyntaxError when the body is no JSON */
export async function reviewSelf(client: KubeClient, caller: Caller, path: string, body: string): Promise<string> {
  const actor = client.impersonate({ username: caller.name, groups: caller.groups });
  const review = (await actor.request('POST', path, { body: JSON.parse(body) as unknown })) as Review;
  return JSON.stringify(amended(review));
}
