/** What policies and match conditions see of a request. Source: `k8s.io/apiserver/pkg/admission/plugin/cel`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionRequest } from './admission.ts';
import { type Cel, CelError, createCel, toCel } from './cel.ts';
import { inVersion } from './request-matcher.ts';

export type Variables = Record<string, unknown>;

export const policyCel: Cel = createCel(['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables']);

/** Evaluated when an expression first asks, since most look at a name and no further. */
function lazily(target: Variables, name: string, compute: () => unknown): void {
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = compute();
      Object.defineProperty(target, name, { enumerable: true, value });
      return value;
    },
  });
}

export function variablesFor(
  request: AdmissionRequest,
  type: ResourceType,
  store: Store,
  params?: KubeObject,
): Variables {
  const { namespace } = request;
  const variables: Variables = {};
  lazily(variables, 'params', () => toCel(params));
  lazily(variables, 'object', () => toCel(inVersion(request.object, type)));
  lazily(variables, 'oldObject', () => toCel(inVersion(request.oldObject, type)));
  lazily(variables, 'request', () => toCel(requestFields(request, type)));
  lazily(variables, 'namespaceObject', () => {
    if (namespace === '' || request.type.storage === 'namespaces') return null;
    return toCel(store.get('namespaces', '', namespace)?.object);
  });
  return variables;
}

/** `admission.k8s.io/v1.AdmissionRequest` without its uid and objects; what is empty is not there. */
export function requestFields(request: AdmissionRequest, type: ResourceType): Variables {
  const { user, subresource, dryRun, options, operation, namespace, name } = request;
  const kindOf = (of: ResourceType) => {
    const { group = of.group, version = of.version, kind = of.kind } = of.subresources[subresource ?? ''] ?? {};
    return { group, version, kind };
  };
  const resourceOf = ({ group, version, plural }: ResourceType) => ({ group, version, resource: plural });
  return {
    kind: kindOf(type),
    resource: resourceOf(type),
    ...(subresource !== undefined && { subResource: subresource, requestSubResource: subresource }),
    requestKind: kindOf(request.type),
    requestResource: resourceOf(request.type),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: {
      ...(user.username !== '' && { username: user.username }),
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length > 0 && { groups: user.groups }),
      ...(Object.keys(user.extra ?? {}).length > 0 && { extra: user.extra }),
    },
    dryRun,
    options: options ?? null,
  };
}

/** Adds a policy's `variables`, which may name each other in their order. */
export function withComposed(variables: Variables, composed: readonly { name: string; expression: string }[]): void {
  const values: Variables = {};
  for (const { name, expression } of composed) {
    lazily(values, name, () => {
      try {
        return policyCel.compile(expression)(variables);
      } catch (error) {
        throw new CelError(`composited variable "${name}" fails to evaluate: ${(error as Error).message}`);
      }
    });
  }
  variables.variables = values;
}

/** @throws CelError that names the expression */
export function evaluate(expression: string, variables: Variables): unknown {
  try {
    return policyCel.compile(expression)(variables);
  } catch (error) {
    throw new CelError(`expression '${expression}' resulted in error: ${(error as Error).message}`);
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
