/**
 * ValidatingAdmissionPolicies and their bindings. Expressions are compiled when they first matter, and once.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/policy/validating`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { invalid } from '@kubenova/kube-model/api-error.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import { type LabelSelector, labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';
import { conditionsHold, evaluate, type Named, policyCel, type Variables, variablesFor } from './policy-cel.ts';
import { createMatcher, type MatchResources, refused, upToDate } from './request-matcher.ts';

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };

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
const NO_PARAMS = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
/** The expressions of a policy: where they are, and what they must evaluate to. */
const CHECKED = [
  ['variables', 'expression', 'dyn'],
  ['validations', 'expression', 'bool'],
  ['validations', 'messageExpression', 'string'],
  ['matchConditions', 'expression', 'bool'],
] as const;
type Denial = { message: string; reason?: string };

export function validatingPolicies(parts: AdmissionParts): AdmissionPlugin {
  const { store } = parts;
  const judges = upToDate(store, [POLICIES, BINDINGS], () =>
    store.list(BINDINGS).entries.flatMap(({ object }) => judgesOf(object, parts)),
  );
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      if (request.type.group !== 'admissionregistration.k8s.io') for (const judge of judges()) judge(request);
      else if (request.type.storage === POLICIES && request.object) checkExpressions(request.object);
    },
  };
}

/** Of a binding: none when its policy is not there. */
function judgesOf(binding: KubeObject, parts: AdmissionParts): ((request: AdmissionRequest) => void)[] {
  const { policyName = '', matchResources = {}, validationActions = [], ...rest } = binding.spec as BindingSpec;
  const spec = parts.store.get(POLICIES, '', policyName)?.object.spec as PolicySpec | undefined;
  if (!spec) return [];
  const matches = createMatcher(spec.matchConstraints ?? {}, parts);
  const isBound = createMatcher(matchResources, parts);
  const of = `ValidatingAdmissionPolicy '${policyName}' with binding '${binding.metadata.name}'`;
  const judge = (request: AdmissionRequest): void => {
    const type = matches(request);
    if (!type || !isBound(request)) return;
    const judged = (params: KubeObject | undefined) =>
      denials(spec, variablesFor(request, type, parts.store, { params, composed: spec.variables }));
    const told = paramsOf(spec, rest, request, parts)?.flatMap(judged) ?? [{ message: NO_PARAMS }];
    for (const { message, reason = 'Invalid' } of told) {
      if (validationActions.includes('Warn')) request.warnings.push(`Validation failed for ${of}: ${message}`);
      if (!validationActions.includes('Deny')) continue;
      const text = `${of} denied request: ${message}`;
      const error = refused(request, text, [{ message: text }]);
      Object.assign(error.status, { reason, code: CODES[reason] ?? 422 });
      throw error;
    }
  };
  return [judge];
}

/** What to evaluate the policy with, once each; or undefined where there must be some and are none. Source: `generic.CollectParams`. */
function paramsOf(
  { paramKind, failurePolicy }: PolicySpec,
  { paramRef }: BindingSpec,
  { namespace }: AdmissionRequest,
  { store, resources }: AdmissionParts,
): readonly (KubeObject | undefined)[] | undefined {
  if (!paramKind || !paramRef) return [undefined];
  const [version = '', group = ''] = paramKind.apiVersion.split('/').reverse();
  const type = resources.byKind(group, version, paramKind.kind);
  const { name, selector, parameterNotFoundAction } = paramRef;
  const within = type?.namespaced ? (paramRef.namespace ?? namespace) : '';
  const selected = name === undefined ? labelSelectorPredicate(selector) : () => true;
  let entries: readonly (Entry | undefined)[] = [];
  if (type && name !== undefined) entries = [store.get(type.storage, within, name)];
  else if (type) entries = store.list(type.storage, { namespace: within }).entries;
  const found = entries.flatMap((entry) => (entry && selected(entry.object.metadata.labels) ? [entry.object] : []));
  return found.length > 0 || parameterNotFoundAction === 'Allow' || failurePolicy === 'Ignore' ? found : undefined;
}

function denials(spec: PolicySpec, variables: Variables): Denial[] {
  const failure = (error: unknown): Denial[] =>
    spec.failurePolicy === 'Ignore' ? [] : [{ message: (error as Error).message }];
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
function messageFrom(expression: string, variables: Variables): string | undefined {
  try {
    const made = evaluate(expression, variables);
    return typeof made === 'string' && !made.trim().includes('\n') ? made.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** What does not compile, or to something else than it must, is refused when the policy is written. @throws ApiError 422 */
function checkExpressions({ spec, apiVersion, kind, metadata }: KubeObject): void {
  const errors: FieldError[] = [];
  for (const [list, member, wanted] of CHECKED) {
    const items = (spec as Record<string, Record<string, string>[] | undefined>)[list] ?? [];
    for (const [at, { [member]: value }] of items.entries()) {
      const detail = value ? problemOf(value, wanted) : undefined;
      if (detail) errors.push({ kind: 'Invalid', field: `spec.${list}[${at}].${member}`, value, detail });
    }
  }
  if (errors.length > 0) throw invalid({ group: apiVersion.split('/')[0] ?? '', kind }, metadata.name, errors);
}

function problemOf(expression: string, wanted: string): string | undefined {
  try {
    const { type } = policyCel.compile(expression);
    return [type, 'dyn'].includes(wanted) || type === 'dyn' ? undefined : `must evaluate to ${wanted} but got ${type}`;
  } catch (error) {
    return `compilation failed: ${(error as Error).message}`;
  }
}
