/**
 * What KubeVela made for an App is changed by KubeVela acting for that App, and by Kubernetes' own machinery. An object
 * belongs to it by its label, before or after a change: the label cannot be taken off, nor put on by hand.
 *
 * Subresources that change what runs are of it too. `status` is not, since controllers that a cluster brings along (of
 * ingresses, of load balancers) report there what they did; nor is eviction, by which nodes are drained.
 */
import { DELIVERED_BY, DELIVERED_BY_VELA } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { DEPLOYER } from '../names.ts';
import { celList, policyObjects, rule } from './policy-objects.ts';
import { AGENT_USER, VELA_CORE_USER } from './users.ts';

export function deliveredPolicy(extraWriters: readonly string[]): Manifest[] {
  const writers = [
    VELA_CORE_USER,
    AGENT_USER,
    'system:kube-controller-manager',
    'system:kube-scheduler',
    ...extraWriters,
  ];
  return policyObjects('kubenova-delivered', {
    matchConstraints: {
      objectSelector: { matchLabels: { [DELIVERED_BY]: DELIVERED_BY_VELA } },
      resourceRules: [
        rule(['*'], ['*'], ['CREATE', 'UPDATE', 'DELETE']),
        rule([''], ['pods/ephemeralcontainers', 'pods/resize'], ['UPDATE']),
      ],
    },
    validations: [
      {
        expression:
          `request.userInfo.username in ${celList(writers)} || ` +
          `request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':${DEPLOYER}' || ` +
          "request.userInfo.username.startsWith('system:serviceaccount:kube-system:') || " +
          "'system:nodes' in request.userInfo.groups",
        message: 'This object belongs to an App; change the App in KubeNova.',
      },
    ],
  });
}
