/**
 * What decides in a tenant's namespace stands on the namespace: whose it is, whether it is a sandbox, its policies, its
 * Pod Security level. Two rules:
 *
 * 1. People of tenants write no namespace at all. Capsule gives its users `create` and `patch` on namespaces cluster-wide
 *    and then refuses by webhook what they may not; its advisories CVE-2024-39690, CVE-2025-55205 and CVE-2026-30963 are
 *    ways past that webhook, by a patch and by the subresources `status` and `finalize`.
 * 2. Labels and annotations of KubeNova's domains are written by the Manager, and by whoever is in its group of
 *    administrators, and nobody else: not by `system:masters` either, by whom an App's namespace would become a sandbox.
 */
import { TENANT_ID } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { ADMINISTRATORS_GROUP, USERS_GROUP } from '../names.ts';
import { policyObjects, rule } from './policy-objects.ts';
import { MANAGER_USER } from './users.ts';

const isOurs = (key: string): string =>
  `${key}.startsWith('kubenova.io/') || ${key}.startsWith('policy.kubenova.io/') || ` +
  `(variables.tenants && ${key}.startsWith('pod-security.kubernetes.io/'))`;

/** CEL: no key of ours differs between two maps. */
function unchanged(old: string, now: string): string {
  return (
    `${old}.all(key, !(${isOurs('key')}) || (key in ${now} && ${now}[key] == ${old}[key])) && ` +
    `${now}.all(key, !(${isOurs('key')}) || (key in ${old} && ${old}[key] == ${now}[key]))`
  );
}

const field = (object: string, name: string): string =>
  `${object} == null ? {} : ${object}.metadata.?${name}.orValue({})`;

export function namespacesPolicy(): Manifest[] {
  return policyObjects('kubenova-namespaces', {
    matchConstraints: {
      resourceRules: [
        rule([''], ['namespaces'], ['CREATE', 'UPDATE', 'DELETE']),
        rule([''], ['namespaces/finalize', 'namespaces/status'], ['CREATE', 'UPDATE']),
      ],
    },
    variables: [
      { name: 'labels', expression: field('object', 'labels') },
      { name: 'oldLabels', expression: field('oldObject', 'labels') },
      { name: 'annotations', expression: field('object', 'annotations') },
      { name: 'oldAnnotations', expression: field('oldObject', 'annotations') },
      { name: 'tenants', expression: `'${TENANT_ID}' in variables.labels || '${TENANT_ID}' in variables.oldLabels` },
      {
        name: 'trusted',
        expression:
          `request.userInfo.username == '${MANAGER_USER}' || ` +
          `'${ADMINISTRATORS_GROUP}' in request.userInfo.?groups.orValue([])`,
      },
    ],
    validations: [
      {
        expression: `!('${USERS_GROUP}' in request.userInfo.?groups.orValue([]))`,
        message: 'Namespaces are made and changed by KubeNova; ask there for an App or a sandbox.',
      },
      {
        expression:
          "request.operation == 'DELETE' || variables.trusted || " +
          `(${unchanged('variables.oldLabels', 'variables.labels')} && ` +
          `${unchanged('variables.oldAnnotations', 'variables.annotations')})`,
        message:
          "What KubeNova set on a namespace (kubenova.io/…, policy.kubenova.io/…, a tenant's Pod Security level) is changed in KubeNova.",
      },
    ],
  });
}
