/** A scale subresource carries no labels and would slip past the rule about what KubeVela made. */
import { APP_ID } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { policyObjects, rule } from './policy-objects.ts';
import { kubeSystemUser } from './users.ts';

export function scalePolicy(): Manifest[] {
  return policyObjects('kubenova-scale', {
    matchConstraints: {
      namespaceSelector: { matchExpressions: [{ key: APP_ID, operator: 'Exists' }] },
      resourceRules: [rule(['*'], ['*/scale'], ['UPDATE'])],
    },
    validations: [
      {
        expression: `request.userInfo.username == '${kubeSystemUser('horizontal-pod-autoscaler')}'`,
        message: "An App's replicas are set in KubeNova, or by its HorizontalPodAutoscaler.",
      },
    ],
  });
}
