/**
 * The Manager may write one Kyverno `Policy` in a tenant's namespace. Kyverno carries out what a policy says with its own
 * rights, so that the right to write any would be the right to make anything anywhere: what the Manager writes may only
 * say yes or no.
 */
import { TENANT_ID } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { policyObjects, rule } from './policy-objects.ts';
import { MANAGER_USER } from './users.ts';

const FORBIDDEN = ['mutate', 'generate', 'verifyImages', 'context', 'imageExtractors'];
const FORBIDDEN_IN_VALIDATE = ['foreach', 'manifests', 'assert', 'cel'];

export function kyvernoPolicyRules(): Manifest[] {
  const absent = (of: string, fields: readonly string[]) => fields.map((field) => `!has(${of}.${field})`);
  return policyObjects('kubenova-kyverno', {
    matchConstraints: { resourceRules: [rule(['kyverno.io'], ['policies'], ['CREATE', 'UPDATE'])] },
    validations: [
      {
        expression:
          `request.userInfo.username != '${MANAGER_USER}' || ` +
          `(namespaceObject.metadata.?labels[?'${TENANT_ID}'].orValue('') != '' && ` +
          'object.spec.?rules.orValue([]).all(r, has(r.validate) && ' +
          `${[...absent('r', FORBIDDEN), ...absent('r.validate', FORBIDDEN_IN_VALIDATE)].join(' && ')}))`,
        message: "KubeNova writes validating rules only, and only into tenants' namespaces.",
      },
    ],
  });
}
