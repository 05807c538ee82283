/** What policies and match conditions see of a request. Source: `k8s.io/apiserver/pkg/admission/plugin/cel`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Cel, CelError, createCel, toCel } from '@kubenova/kube-model/cel/cel.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionRequest } from './admission.ts';
import { inVersion } from './request-matcher.ts';

export type Variables = Record<string, unknown>;
/** `admissionregistration.k8s.io/v1.Variable` and `…MatchCondition`. */
export type Named = { readonly name: string; readonly expression: string };

export const policyCel: Cel = createCel(['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables']);

/** Computed when an expression first asks, since most look at a name and no further. */
function lazily(computed: Readonly<Record<string, () => unknown>>): Variables {
  const values: Variables = {};
  for (const [name, compute] of Object.entries(computed)) {
    Object.defineProperty(values, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = compute();
        Object.defineProperty(values, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return values;
}

/** @param composed a policy's `variables`, which may name each other in their order */
export function variablesFor(
  request: AdmissionRequest,
  type: ResourceType,
  store: Store,
  { params, composed = [] }: { params?: KubeObject; composed?: readonly Named[] } = {},
): Variables {
  const { namespace } = request;
  const variables: Variables = lazily({
    params: () => toCel(params),
    object: () => toCel(inVersion(request.object, type)),
    oldObject: () => toCel(inVersion(request.oldObject, type)),
    request: () => toCel(requestFields(request, type)),
    namespaceObject: () =>
      toCel(request.type.storage === 'namespaces' ? null : store.get('namespaces', '', namespace)?.object),
    variables: () => lazily(Object.fromEntries(composed.map((one) => [one.name, () => compose(one)]))),
  });
  const compose = ({ name, expression }: Named) =>
    evaluate(expression, variables, `composited variable "${name}" fails to evaluate`);
  return variables;
}

/** `admission.k8s.io/v1.AdmissionRequest` without its uid and objects; what is empty is not there. */
export function requestFields(request: AdmissionRequest, type: ResourceType): Variables {
  const { subresource, dryRun, options, operation, namespace, name } = request;
  const { username, uid, groups, extra } = request.user;
  const kindOf = (of: ResourceType) => {
    const { group = of.group, version = of.version, kind = of.kind } = of.subresources[subresource ?? ''] ?? {};
    return { group, version, kind };
  };
  const resourceOf = ({ group, version, plural }: ResourceType) => ({ group, version, resource: plural });
  return {
    kind: kindOf(type),
    resource: resourceOf(type),
    requestKind: kindOf(request.type),
    requestResource: resourceOf(request.type),
    ...present({ subResource: subresource, requestSubResource: subresource, name, namespace }),
    operation,
    userInfo: present({ username, uid, groups, extra }),
    dryRun,
    options: options ?? null,
  };
}

function present(fields: Readonly<Record<string, string | object | undefined>>): Variables {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value ?? '').length > 0));
}

/** @throws CelError that names the expression, or what else is given */
export function evaluate(
  expression: string,
  variables: Variables,
  what = `expression '${expression}' resulted in error`,
): unknown {
  try {
    return policyCel.compile(expression)(variables);
  } catch (error) {
    throw new CelError(`${what}: ${(error as Error).message}`);
  }
}

/** One that says no outweighs those that fail. @throws CelError of the first that failed */
export function conditionsHold(conditions: readonly { expression: string }[], variables: Variables): boolean {
  let failed: unknown;
  for (const { expression } of conditions) {
    try {
      if (evaluate(expression, variables) === false) return false;
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
  return true;
}
