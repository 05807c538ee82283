/**
 * The rule by which the API server enforces a policy, as parts of a ValidatingAdmissionPolicy. One rule is the same on
 * every cluster and for every tenant: what it allows stands in the annotation of the namespace that a request is for, and
 * without the annotation it allows everything.
 *
 * A rule judges what is made and what is changed. What was there before the policy stays, may be deleted, and may be
 * changed in ways that the rule does not look at: else a Deployment that breaks a new policy could not even be cleaned
 * away, since Kubernetes' garbage collector updates it. Pods are judged whoever makes them, controllers included; their
 * templates too, so that it is the author of a Deployment who hears of it.
 */
import { annotationOf } from './policy-type.ts';

/** `admissionregistration.k8s.io/v1` `NamedRuleWithOperations`, as far as rules here need it. */
export interface ResourceRule {
  apiGroups: string[];
  apiVersions: string[];
  resources: string[];
  operations: string[];
  scope: string;
}

export interface NamedExpression {
  name: string;
  expression: string;
}

export interface Validation {
  expression: string;
  /** CEL that makes the message; says what is allowed. */
  messageExpression?: string;
  message: string;
}

/** What a policy adds to the frame below. */
export interface AdmissionRule {
  resourceRules: ResourceRule[];
  /** Given besides: `value` (the annotation's text) and `active`. */
  variables: NamedExpression[];
  /** CEL that is true when a change does not concern the policy. */
  unconcerned: string;
  validations: Validation[];
}

/** The `spec` of the ValidatingAdmissionPolicy, without what all policies of ours have in common. */
export function admissionSpec(
  type: string,
  rule: AdmissionRule,
): {
  matchConstraints: { resourceRules: ResourceRule[] };
  variables: NamedExpression[];
  validations: Validation[];
} {
  const annotation = annotationOf(type);
  return {
    matchConstraints: { resourceRules: rule.resourceRules },
    variables: [
      { name: 'annotations', expression: 'namespaceObject.metadata.?annotations.orValue({})' },
      { name: 'active', expression: `'${annotation}' in variables.annotations` },
      { name: 'value', expression: `variables.annotations[?'${annotation}'].orValue('')` },
      ...rule.variables,
    ],
    validations: rule.validations.map(({ expression, ...words }) => ({
      expression: `!variables.active || (${rule.unconcerned}) || (${expression})`,
      ...words,
    })),
  };
}

export function resources(apiGroup: string, names: string[], operations = ['CREATE', 'UPDATE']): ResourceRule {
  return { apiGroups: [apiGroup], apiVersions: ['*'], resources: names, operations, scope: 'Namespaced' };
}

/**
 * That `variables.refused`, a list of texts, is empty; the message names what stands in it.
 *
 * @param advice CEL of what goes behind the names; says what is allowed
 */
export function nothingRefused(message: string, advice?: string): Validation {
  return {
    expression: 'size(variables.refused) == 0',
    messageExpression: `'${message}: ' + variables.refused.join(', ')${advice === undefined ? '' : ` + ${advice}`}`,
    message: `${message}.`,
  };
}

/** The annotation's list: `variables.allowed`, and how a message shows it. */
export const allowedVariable: NamedExpression = {
  name: 'allowed',
  expression: "variables.value.split(',').filter(one, one != '')",
};

export const allowedShown = "(size(variables.allowed) == 0 ? 'nothing' : variables.allowed.join(', '))";

/** True when the object's `spec` is as it was. */
export const sameSpec = "request.operation == 'UPDATE' && object.spec == oldObject.spec";
