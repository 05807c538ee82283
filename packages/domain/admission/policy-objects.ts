/**
 * Builders of ValidatingAdmissionPolicies and their bindings, with every field that the API server would default, so that
 * a comparison finds each that somebody added: one more match condition would be enough to switch a policy off.
 */
import { baseLabels, POLICIES_VERSION } from '../labels.ts';
import type { Manifest } from '../manifest.ts';

const API_VERSION = 'admissionregistration.k8s.io/v1';

/**
 * The version of the policies, on each of them. It grows by one whenever a policy changes, so that a Manager of before
 * leaves alone what a later one installed, and says so.
 */
export const ADMISSION_VERSION = 2;

/** The policy and the binding that puts it in force. */
export function policyObjects(name: string, spec: PolicySpec): Manifest[] {
  const metadata = { name, labels: baseLabels(), annotations: { [POLICIES_VERSION]: String(ADMISSION_VERSION) } };
  const { matchConstraints, ...rest } = spec;
  return [
    {
      apiVersion: API_VERSION,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          ...matchConstraints,
        },
        ...rest,
      },
    },
    {
      apiVersion: API_VERSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

export interface PolicySpec {
  matchConstraints: Record<string, unknown>;
  variables?: { name: string; expression: string }[];
  validations: { expression: string; message?: string; messageExpression?: string }[];
}

/** `NamedRuleWithOperations`. */
export function rule(apiGroups: string[], resources: string[], operations: string[]): Record<string, unknown> {
  return { apiGroups, apiVersions: ['*'], resources, operations, scope: '*' };
}

/** A list of CEL of texts, which are ours and hold no quotes. */
export function celList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text.replaceAll("'", '')}'`).join(', ')}]`;
}
