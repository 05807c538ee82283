/** How the API server is told of the webhooks. Names, rules and selectors are those of Capsule 0.14. */
import type { WebhookConfiguration } from '@kubenova/kube/kinds/extension.ts';
import { label } from '../vocabulary.ts';

export interface WebhookAddress {
  /** Of the server, without a path. */
  readonly url: string;
  /** PEM of who signed the server's certificate. */
  readonly ca: string;
}

const NAME = 'capsule-dynamic-webhook';
const TENANT_NAMESPACES = { matchExpressions: [{ key: label.tenant, operator: 'Exists' }] };
const NOT_EVENTS = { name: 'ignore-events', expression: 'request.resource.resource != "events"' };
const NOT_SUBRESOURCES = {
  name: 'ignore-subresources',
  expression: '!has(request.subResource) || request.subResource == ""',
};

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

function rule(group: string, resources: string[], scope: string, ...operations: Operation[]) {
  return { apiGroups: [group], apiVersions: ['*'], resources, scope, operations };
}

const NAMESPACES = ['namespaces', 'namespaces/status', 'namespaces/finalize'];

export function mutatingWebhooks(at: WebhookAddress): WebhookConfiguration {
  return configuration('MutatingWebhookConfiguration', [
    webhook(at, 'namespaces.mutating', '/namespaces/mutating', {
      rules: [rule('', ['namespaces'], '*', 'CREATE', 'UPDATE')],
      sideEffects: 'NoneOnDryRun',
    }),
    webhook(at, 'metadata.mutating', '/generic/metadata', {
      rules: [rule('*', ['*'], 'Namespaced', 'CREATE', 'UPDATE')],
      namespaceSelector: TENANT_NAMESPACES,
      matchConditions: [NOT_SUBRESOURCES, NOT_EVENTS],
      failurePolicy: 'Ignore',
    }),
    webhook(at, 'tenants.mutating', '/tenants/mutating', {
      rules: [rule('capsule.clastix.io', ['tenants'], 'Cluster', 'CREATE', 'UPDATE')],
    }),
  ]);
}

export function validatingWebhooks(at: WebhookAddress): WebhookConfiguration {
  const cordoned = { key: label.cordoned, operator: 'In', values: ['true'] };
  const managed = { key: label.controlledBy, operator: 'In', values: ['controller'] };
  return configuration('ValidatingWebhookConfiguration', [
    webhook(at, 'namespaces.validating', '/namespaces/validating', {
      rules: [rule('', NAMESPACES, '*', 'CREATE', 'UPDATE', 'DELETE')],
    }),
    webhook(at, 'managed.validating', '/generic/managed', {
      rules: [rule('*', ['*'], 'Namespaced', 'CREATE', 'UPDATE', 'DELETE')],
      objectSelector: { matchExpressions: [managed] },
    }),
    webhook(at, 'cordoning.validating', '/generic/cordoning', {
      rules: [rule('*', ['*'], 'Namespaced', 'CREATE', 'UPDATE', 'DELETE')],
      namespaceSelector: { matchExpressions: [...TENANT_NAMESPACES.matchExpressions, cordoned] },
      matchConditions: [NOT_SUBRESOURCES, NOT_EVENTS],
    }),
    webhook(at, 'tenants.validating', '/tenants/validating', {
      rules: [rule('capsule.clastix.io', ['tenants'], 'Cluster', 'CREATE', 'UPDATE', 'DELETE')],
    }),
  ]);
}

function configuration(kind: string, webhooks: NonNullable<WebhookConfiguration['webhooks']>): WebhookConfiguration {
  const labels = { [label.createdBy]: 'controller' };
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: NAME, labels }, webhooks };
}

function webhook({ url, ca }: WebhookAddress, name: string, path: string, more: Record<string, unknown>) {
  return {
    name: `${name}.projectcapsule.dev`,
    admissionReviewVersions: ['v1'],
    clientConfig: { url: url + path, caBundle: Buffer.from(ca).toString('base64') },
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: 30,
    ...more,
  };
}
