/**
 * The router's view of the contract.
 *
 * Operations on an object are written `…/apps/{app}:rollback`. The router cannot tell a parameter from a verb behind it,
 * so all operations of one method and path share a route, and the verb is read off the last segment here. Neither names
 * nor ids contain a colon; reconcile keys do, hence the *last* colon.
 */
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import type { Exchange } from './exchange.ts';

type KnownOperation = Exchange['operation'];

export interface Route {
  method: KnownOperation['method'];
  /** In the router's own notation. */
  url: string;
  /** By verb; the empty one is the operation without a verb. */
  byVerb: ReadonlyMap<string, KnownOperation>;
  /** The parameter in the last segment, if there is one. */
  lastParameter: string | undefined;
}

/** Every operation of the contract, gathered into routes. */
export function routesOf(table: typeof operations = operations): Route[] {
  const routes = new Map<string, Route & { byVerb: Map<string, KnownOperation> }>();
  for (const operation of Object.values(table)) {
    const { path, verb, lastParameter } = splitVerb(operation.path);
    const key = `${operation.method} ${path}`;
    const route = routes.get(key) ?? {
      method: operation.method,
      url: toRouterUrl(path),
      byVerb: new Map<string, KnownOperation>(),
      lastParameter,
    };
    route.byVerb.set(verb, { ...operation, operationId: operation.operationId as OperationId });
    routes.set(key, route);
  }
  return [...routes.values()];
}

function splitVerb(path: string): { path: string; verb: string; lastParameter: string | undefined } {
  const match = /^(.*\{(\w+)\})(?::([\w-]+))?$/.exec(path);
  if (match?.[1] === undefined) return { path, verb: '', lastParameter: undefined };
  return { path: match[1], verb: match[3] ?? '', lastParameter: match[2] };
}

/** `{name}` becomes `:name`; a colon that is meant as one is doubled. */
function toRouterUrl(path: string): string {
  return path.replaceAll(':', '::').replace(/\{(\w+)\}/g, ':$1');
}

/** The operation that a request is for; undefined when the verb names none. */
export function matchVerb(
  route: Route,
  raw: Record<string, string>,
): { operation: KnownOperation; parameters: Record<string, string> } | undefined {
  const parameters = { ...raw };
  const name = route.lastParameter;
  const last = name === undefined ? undefined : raw[name];
  if (name !== undefined && last !== undefined) {
    const colon = last.lastIndexOf(':');
    const verb = colon < 0 ? '' : last.slice(colon + 1);
    const withVerb = verb === '' ? undefined : route.byVerb.get(verb);
    if (withVerb !== undefined) {
      parameters[name] = last.slice(0, colon);
      return { operation: withVerb, parameters };
    }
  }
  const operation = route.byVerb.get('');
  return operation === undefined ? undefined : { operation, parameters };
}
