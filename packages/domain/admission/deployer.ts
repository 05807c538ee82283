/**
 * Nobody runs a pod as the deployer, asks for its token, or has one written into a Secret: its rights would then be the
 * App's own container's.
 */
import type { Manifest } from '../manifest.ts';
import { DEPLOYER } from '../names.ts';
import { policyObjects, rule } from './policy-objects.ts';

export function deployerPolicy(): Manifest[] {
  return policyObjects('kubenova-deployer', {
    matchConstraints: {
      resourceRules: [
        rule([''], ['pods'], ['CREATE']),
        rule([''], ['serviceaccounts/token'], ['CREATE']),
        rule([''], ['secrets'], ['CREATE', 'UPDATE']),
      ],
    },
    validations: [
      {
        expression: `request.resource.resource != 'pods' || object.spec.?serviceAccountName.orValue('') != '${DEPLOYER}'`,
        message: `No pod may run as ${DEPLOYER}.`,
      },
      {
        expression: `request.resource.resource != 'serviceaccounts' || request.name != '${DEPLOYER}'`,
        message: `Nobody may have a token of ${DEPLOYER}.`,
      },
      {
        expression:
          "request.resource.resource != 'secrets' || object.?type.orValue('') != 'kubernetes.io/service-account-token' || " +
          `object.metadata.?annotations['kubernetes.io/service-account.name'].orValue('') != '${DEPLOYER}'`,
        message: `Nobody may have a token of ${DEPLOYER}.`,
      },
    ],
  });
}
