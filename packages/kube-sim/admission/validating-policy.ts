/**
 * ValidatingAdmissionPolicies and their bindings. Expressions are compiled when they first matter, and once.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/policy/validating`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { invalid } from '../api/api-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { type LabelSelector, labelSelectorPredicate } from '../selectors/label.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';
import { conditionsHold, evaluate, policyCel, variablesFor, withComposed } from './policy-cel.ts';
import { createMatcher, type Matcher, type Rule, refused } from './request-matcher.ts';

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };

interface MatchResources {
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchPolicy?: string;
}
type Named = { name: string; expression: string };
interface PolicySpec {
  matchConstraints?: MatchResources;
  matchConditions?: Named[];
  variables?: Named[];
  validations?: { expression: string; message?: string; messageExpression?: string; reason?: string }[];
  failurePolicy?: string;
  paramKind?: { apiVersion: string; kind: string };
}
interface BindingSpec {
  policyName?: string;
  matchResources?: MatchResources;
  validationActions?: string[];
  paramRef?: { name?: string; namespace?: string; selector?: LabelSelector; parameterNotFoundAction?: string };
}
interface Hook {
  readonly name: string;
  readonly spec: PolicySpec;
  readonly matches: Matcher;
  readonly bindings: readonly { name: string; spec: BindingSpec; matches: Matcher }[];
}
type Denial = { message: string; reason?: string };

export function validatingPolicies(parts: AdmissionParts): AdmissionPlugin {
  const { store } = parts;
  let hooks: Hook[] | undefined;
  const forget = () => {
    hooks = undefined;
  };
  for (const storage of [POLICIES, BINDINGS]) store.onChange(storage, forget);
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      if (request.type.group === 'admissionregistration.k8s.io') {
        if (request.type.storage === POLICIES && request.object) checkExpressions(request.object);
        return;
      }
      hooks ??= store.list(POLICIES).entries.map(({ object }) => hookOf(object, parts));
      for (const hook of hooks) judge(hook, request, parts);
    },
  };
}

function hookOf({ metadata: { name }, spec }: KubeObject, parts: AdmissionParts): Hook {
  const matcherOf = ({ resourceRules: rules, excludeResourceRules: excludeRules, ...rest }: MatchResources = {}) =>
    createMatcher({ rules, excludeRules, ...rest }, parts, true);
  const bindings = parts.store.list(BINDINGS).entries.map(({ object }) => {
    const of = object.spec as BindingSpec;
    return { name: object.metadata.name, spec: of, matches: matcherOf(of.matchResources) };
  });
  const own = bindings.filter((binding) => binding.spec.policyName === name);
  return { name, spec: spec as PolicySpec, matches: matcherOf((spec as PolicySpec).matchConstraints), bindings: own };
}

function judge({ name, spec, matches, bindings }: Hook, request: AdmissionRequest, parts: AdmissionParts): void {
  const type = bindings.length > 0 ? matches(request) : undefined;
  if (!type) return;
  for (const binding of bindings) {
    if (!binding.matches(request)) continue;
    const { validationActions = [] } = binding.spec;
    const params = paramsOf(spec, binding.spec, request, parts);
    const told: Denial[] =
      typeof params === 'string'
        ? [{ message: params }]
        : params.flatMap((one) => denials(spec, request, type, parts, one));
    for (const { message, reason = 'Invalid' } of told) {
      const of = `ValidatingAdmissionPolicy '${name}' with binding '${binding.name}'`;
      if (validationActions.includes('Warn')) request.warnings.push(`Validation failed for ${of}: ${message}`);
      if (!validationActions.includes('Deny')) continue;
      const text = `${of} denied request: ${message}`;
      const error = refused(request, text, [{ message: text }]);
      Object.assign(error.status, { reason, code: CODES[reason] ?? 422 });
      throw error;
    }
  }
}

/** What to evaluate the policy with, once each; or why that cannot be found out. Source: `generic.CollectParams`. */
function paramsOf(
  { paramKind, failurePolicy }: PolicySpec,
  { paramRef }: BindingSpec,
  { namespace }: AdmissionRequest,
  { store, resources }: AdmissionParts,
): readonly (KubeObject | undefined)[] | string {
  if (!paramKind || !paramRef) return [undefined];
  const [version = '', group = ''] = paramKind.apiVersion.split('/').reverse();
  const type = resources.byKind(group, version, paramKind.kind);
  const { name, selector, parameterNotFoundAction } = paramRef;
  const within = type?.namespaced ? (paramRef.namespace ?? namespace) : '';
  let found: KubeObject[] = [];
  if (type && name !== undefined) {
    const entry = store.get(type.storage, within, name);
    if (entry) found = [entry.object];
  } else if (type) {
    const selected = labelSelectorPredicate(selector);
    const { entries } = store.list(type.storage, { namespace: within });
    found = entries.map(({ object }) => object).filter(({ metadata }) => selected(metadata.labels));
  }
  if (found.length > 0 || parameterNotFoundAction === 'Allow' || failurePolicy === 'Ignore') return found;
  return 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
}

function denials(
  spec: PolicySpec,
  request: AdmissionRequest,
  type: ResourceType,
  parts: AdmissionParts,
  params: KubeObject | undefined,
): Denial[] {
  const failure = (error: unknown): Denial[] =>
    spec.failurePolicy === 'Ignore' ? [] : [{ message: (error as Error).message }];
  const variables = variablesFor(request, type, parts.store, params);
  withComposed(variables, spec.variables ?? []);
  try {
    if (!conditionsHold(spec.matchConditions ?? [], variables)) return [];
  } catch (error) {
    return failure(error);
  }
  return (spec.validations ?? []).flatMap(({ expression, message, messageExpression, reason }) => {
    try {
      const verdict = evaluate(expression, variables);
      if (verdict === true) return [];
      if (verdict !== false) throw new Error(`expression '${expression}' resulted in error: no such overload`);
    } catch (error) {
      return failure(error);
    }
    const made = messageExpression === undefined ? undefined : messageFrom(messageExpression, variables);
    return [{ message: made || message?.trim() || `failed expression: ${expression.trim()}`, reason }];
  });
}

/** A message that cannot be made, is none, or has more than a line is not used. */
function messageFrom(expression: string, variables: Record<string, unknown>): string | undefined {
  try {
    const made = evaluate(expression, variables);
    return typeof made === 'string' && !made.trim().includes('\n') ? made.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** What does not compile, or to something else than it must, is refused when the policy is written. @throws ApiError 422 */
function checkExpressions({ spec, apiVersion, kind, metadata }: KubeObject): void {
  const { validations = [], variables = [], matchConditions = [] } = (spec ?? {}) as PolicySpec;
  const errors: FieldError[] = [];
  const check = (field: string, value: string, wanted?: string) => {
    const detail = problemOf(value, wanted);
    if (detail !== undefined) errors.push({ kind: 'Invalid', field, value, detail });
  };
  for (const [at, { expression }] of variables.entries()) check(`spec.variables[${at}].expression`, expression);
  for (const [at, { expression, messageExpression }] of validations.entries()) {
    check(`spec.validations[${at}].expression`, expression, 'bool');
    if (messageExpression) check(`spec.validations[${at}].messageExpression`, messageExpression, 'string');
  }
  for (const [at, { expression }] of matchConditions.entries()) {
    check(`spec.matchConditions[${at}].expression`, expression, 'bool');
  }
  if (errors.length > 0) throw invalid({ group: apiVersion.split('/')[0] ?? '', kind }, metadata.name, errors);
}

function problemOf(expression: string, wanted: string | undefined): string | undefined {
  try {
    const { type } = policyCel.compile(expression);
    if (wanted === undefined || type === wanted || type === 'dyn') return undefined;
    return `must evaluate to ${wanted} but got ${type}`;
  } catch (error) {
    return `compilation failed: ${(error as Error).message}`;
  }
}
