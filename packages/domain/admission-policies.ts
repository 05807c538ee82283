/**
 * What RBAC cannot hold, as ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1), which hold for
 * `system:masters` too. Four rules:
 *
 * 1. Applications are the Agent's. KubeVela acts as whoever an Application's annotations name, so whoever may write one
 *    may become anybody; and none may ever be in a sandbox.
 * 2. What KubeVela made for an App is changed by KubeVela acting for that App, and by Kubernetes' own machinery.
 * 3. A scale subresource carries no labels and would slip past rule 2; only the autoscaler may use it in app namespaces.
 * 4. Nobody runs a pod as the deployer, asks for its token, or has one written into a Secret: its rights would then be
 *    the App's own container's.
 *
 * In CEL, `request.subResource` is absent and not empty for the main resource, and `object` is null on DELETE; both need
 * `?` or a check, which type checking at creation does not show. Users are compared as the API server saw them, so an
 * impersonated account is the account and not the impersonator.
 */
import {
  APP_ID,
  baseLabels,
  DELIVERED_BY,
  DELIVERED_BY_VELA,
  SANDBOX,
  VELA_GROUP,
  VELA_SERVICE_ACCOUNT,
  VELA_USERNAME,
} from './labels.ts';
import type { Manifest } from './manifest.ts';
import { AGENT_ACCOUNT, DEPLOYER, SYSTEM_NAMESPACE, serviceAccountUser, VELA_NAMESPACE } from './names.ts';

const API_VERSION = 'admissionregistration.k8s.io/v1';

/** KubeVela's controller, as the official chart names it. */
export const VELA_CORE_USER: string = serviceAccountUser(VELA_NAMESPACE, 'kubevela-vela-core');
const AGENT_USER = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);

/** What differs between clusters. */
export interface AdmissionOptions {
  /** Users besides KubeVela and Kubernetes' own that must write to what Apps are made of, such as a storage driver. */
  extraWriters?: readonly string[];
}

/** The policies and their bindings, in the order in which to apply them. */
export function admissionPolicies(options: AdmissionOptions = {}): Manifest[] {
  return [
    ...withBinding(applicationsPolicy()),
    ...withBinding(deliveredPolicy(options.extraWriters ?? [])),
    ...withBinding(scalePolicy()),
    ...withBinding(deployerPolicy()),
  ];
}

function applicationsPolicy(): Manifest {
  const machinery = [
    VELA_CORE_USER,
    serviceAccountUser('kube-system', 'generic-garbage-collector'),
    serviceAccountUser('kube-system', 'namespace-controller'),
    'system:kube-controller-manager',
  ];
  return policy('kubenova-applications', {
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

function deliveredPolicy(extraWriters: readonly string[]): Manifest {
  const writers = [
    VELA_CORE_USER,
    AGENT_USER,
    'system:kube-controller-manager',
    'system:kube-scheduler',
    ...extraWriters,
  ];
  return policy('kubenova-delivered', {
    matchConstraints: {
      objectSelector: { matchLabels: { [DELIVERED_BY]: DELIVERED_BY_VELA } },
      resourceRules: [rule(['*'], ['*'], ['CREATE', 'UPDATE', 'DELETE'])],
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

function scalePolicy(): Manifest {
  return policy('kubenova-scale', {
    matchConstraints: {
      namespaceSelector: { matchExpressions: [{ key: APP_ID, operator: 'Exists' }] },
      resourceRules: [rule(['*'], ['*/scale'], ['UPDATE'])],
    },
    validations: [
      {
        expression: `request.userInfo.username == '${serviceAccountUser('kube-system', 'horizontal-pod-autoscaler')}'`,
        message: "An App's replicas are set in KubeNova, or by its HorizontalPodAutoscaler.",
      },
    ],
  });
}

function deployerPolicy(): Manifest {
  return policy('kubenova-deployer', {
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

function policy(name: string, spec: Record<string, unknown>): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: baseLabels() },
    spec: { failurePolicy: 'Fail', ...spec },
  };
}

function withBinding(of: Manifest): Manifest[] {
  const binding: Manifest = {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: of.metadata.name, labels: baseLabels() },
    spec: { policyName: of.metadata.name, validationActions: ['Deny'] },
  };
  return [of, binding];
}

function rule(apiGroups: string[], resources: string[], operations: string[]): Record<string, unknown> {
  return { apiGroups, apiVersions: ['*'], resources, operations, scope: '*' };
}

function celList(users: readonly string[]): string {
  return `[${users.map((user) => `'${user.replaceAll("'", '')}'`).join(', ')}]`;
}
