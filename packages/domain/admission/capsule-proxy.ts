/**
 * capsule-proxy writes nothing in its own name. It passes writes on as its caller; but it takes any request to
 * `/api/v1/nodes` for a list, sends it on with its own rights, which its chart makes those of a cluster's administrator,
 * and so lets every user of Capsule create a Node (capsule-proxy 0.14: a `POST` with a token that names `kubenova-users`
 * and nothing else was answered with 201). What it does need are its questions about tokens and rights, events, its own
 * kinds, and what lies in its own namespace.
 */
import type { Manifest } from '../manifest.ts';
import { celList, policyObjects, rule } from './policy-objects.ts';

const ACCOUNT = 'capsule-proxy';
const QUESTIONS = ['authentication.k8s.io', 'authorization.k8s.io'];
const KINDS = ['globalproxysettings', 'proxysettings'];

export function capsuleProxyPolicy(): Manifest[] {
  return policyObjects('kubenova-capsule-proxy', {
    matchConstraints: {
      resourceRules: [rule(['*'], ['*/*'], ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'])],
    },
    validations: [
      {
        expression:
          `!request.userInfo.username.matches('^system:serviceaccount:[^:]+:${ACCOUNT}$') || ` +
          `request.userInfo.username == 'system:serviceaccount:' + request.?namespace.orValue('') + ':${ACCOUNT}' || ` +
          `request.resource.group in ${celList(QUESTIONS)} || request.resource.resource == 'events' || ` +
          `(request.resource.group == 'capsule.clastix.io' && request.resource.resource in ${celList(KINDS)})`,
        message: 'capsule-proxy writes nothing in its own name.',
      },
    ],
  });
}
