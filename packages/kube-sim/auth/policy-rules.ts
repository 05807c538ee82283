/**
 * What a rule of a Role says: which requests it allows, and which other rules it covers.
 * Source: Kubernetes, "Using RBAC Authorization"; `k8s.io/component-helpers/auth/rbac/validation`.
 */
import type { PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import type { AccessAttributes } from './authorizer.ts';

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  const { verb, path, group = '', resource = '', subresource = '', name = '' } = attributes;
  if (!hasOrAll(rule.verbs, verb)) return false;
  if (path !== undefined) return rule.nonResourceURLs?.some((url) => urlCovers(url, path)) === true;
  if (!hasOrAll(rule.apiGroups, group)) return false;
  const named =
    subresource === ''
      ? hasOrAll(rule.resources, resource)
      : hasOrAll(rule.resources, `${resource}/${subresource}`) || hasOrAll(rule.resources, `*/${subresource}`);
  return named && (!rule.resourceNames?.length || rule.resourceNames.includes(name));
}

function hasOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes(value) || values.includes('*'));
}

/** `/healthz/*` covers what is below it, `*` everything. */
function urlCovers(rule: string, path: string): boolean {
  return rule === path || (rule.endsWith('*') && path.startsWith(rule.replace(/\*+$/, '')));
}

/** The parts of `wanted` that `held` does not give, told as the API server does: verbs joined, but not those of paths. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): string[] {
  const missing = new Map<string, { what: string; verbs: Set<string> }>();
  for (const right of wanted.flatMap(singleRights)) {
    if (held.some((rule) => ruleAllows(rule, right))) continue;
    const { verb, path, group = '', resource = '', subresource, name } = right;
    const names = name === undefined ? '' : `, ResourceNames:${quotedList([name])}`;
    const what =
      path === undefined
        ? `APIGroups:${quotedList([group])}, Resources:${quotedList([subresource ? `${resource}/${subresource}` : resource])}${names}`
        : `NonResourceURLs:${quotedList([path])}`;
    const key = path === undefined ? what : `${what} ${verb}`;
    const { verbs } = missing.get(key) ?? { verbs: new Set() };
    missing.set(key, { what, verbs: verbs.add(verb) });
  }
  return [...missing.values()].map(({ what, verbs }) => `{${what}, Verbs:${quotedList([...verbs])}}`).sort();
}

/** A rule cut into single permissions, each asked as a request would be. */
function singleRights(rule: PolicyRule): AccessAttributes[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  const rights = [
    ...nonResourceURLs.map((path) => ({ path })),
    ...apiGroups.flatMap((group) =>
      resources.flatMap((whole) => {
        const [resource, ...rest] = whole.split('/');
        return names.map((name) => ({ group, resource, subresource: rest.join('/'), name }));
      }),
    ),
  ];
  return verbs.flatMap((verb) => rights.map((right) => ({ verb, ...right })));
}

/** A list of strings as Go prints it with `%q`. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
