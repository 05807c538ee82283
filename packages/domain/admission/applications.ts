/**
 * Applications are the Agent's. KubeVela acts as whoever an Application's annotations name, so whoever may write one may
 * become anybody; and none may ever be in a sandbox.
 */
import { SANDBOX, VELA_GROUP, VELA_SERVICE_ACCOUNT, VELA_USERNAME } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { DEPLOYER } from '../names.ts';
import { celList, policyObjects, rule } from './policy-objects.ts';
import { AGENT_USER, kubeSystemUser, VELA_CORE_USER } from './users.ts';

export function applicationsPolicy(): Manifest[] {
  const machinery = [
    VELA_CORE_USER,
    kubeSystemUser('generic-garbage-collector'),
    kubeSystemUser('namespace-controller'),
    'system:kube-controller-manager',
  ];
  return policyObjects('kubenova-applications', {
    matchConstraints: {
      resourceRules: [rule(['core.oam.dev'], ['applications'], ['CREATE', 'UPDATE', 'DELETE'])],
    },
    variables: [
      { name: 'annotations', expression: 'object == null ? {} : object.metadata.?annotations.orValue({})' },
      { name: 'deleting', expression: 'object == null || has(object.metadata.deletionTimestamp)' },
      {
        name: 'sandbox',
        expression: `namespaceObject.metadata.?labels['${SANDBOX}'].orValue('') == 'true'`,
      },
      { name: 'agent', expression: `request.userInfo.username == '${AGENT_USER}'` },
      { name: 'machinery', expression: `request.userInfo.username in ${celList(machinery)}` },
    ],
    validations: [
      {
        expression: '!variables.sandbox || variables.deleting',
        message: 'No KubeVela Application may be in a sandbox.',
      },
      {
        expression:
          "variables.agent || (variables.machinery && (request.operation == 'DELETE' || " +
          "(request.operation == 'UPDATE' && object.spec == oldObject.spec)))",
        message: "Applications are written by KubeNova's Agent only; change the App in KubeNova.",
      },
      {
        expression:
          `variables.deleting || (variables.annotations[?'${VELA_SERVICE_ACCOUNT}'].orValue('') == '${DEPLOYER}' && ` +
          `!('${VELA_USERNAME}' in variables.annotations) && !('${VELA_GROUP}' in variables.annotations))`,
        message: `An Application is run as the ServiceAccount ${DEPLOYER} and nobody else.`,
      },
    ],
  });
}
