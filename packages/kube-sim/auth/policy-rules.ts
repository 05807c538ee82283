/**
 * What a rule of a Role says: which requests it allows, and which other rules it covers.
 * Source: Kubernetes, "Using RBAC Authorization"; `k8s.io/component-helpers/auth/rbac/validation`.
 */
import type { PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import type { AccessAttributes } from './authorizer.ts';

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  const { verb, path } = attributes;
  if (!hasOrAll(rule.verbs, verb)) return false;
  if (path !== undefined) return rule.nonResourceURLs?.some((url) => urlCovers(url, path)) === true;
  const { group = '', resource = '', subresource = '', name = '' } = attributes;
  const names = rule.resourceNames;
  return (
    hasOrAll(rule.apiGroups, group) &&
    resourceCovered(rule.resources, resource, subresource) &&
    (names === undefined || names.length === 0 || names.includes(name))
  );
}

function hasOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value));
}

/** `*`, the very resource, or its subresource of any resource: `*` + `/scale`. */
function resourceCovered(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  if (subresource === '') return hasOrAll(resources, resource);
  return hasOrAll(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** `/healthz/*` covers what is below it, `*` everything. */
function urlCovers(rule: string, path: string): boolean {
  return rule === path || (rule.endsWith('*') && path.startsWith(rule.replace(/\*+$/, '')));
}

/** The parts of `wanted` that `held` does not give, cut into single permissions and told as the API server tells them. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): string[] {
  const missing = wanted.flatMap(singleRights).filter((single) => !held.some((rule) => covers(rule, single)));
  return [...new Set(compact(missing).map(ruleText))].sort();
}

function singleRights(rule: PolicyRule): PolicyRule[] {
  const names = rule.resourceNames ?? [];
  const named = names.length === 0 ? [{}] : names.map((name) => ({ resourceNames: [name] }));
  const onResources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        named.map((name) => ({ apiGroups: [group], resources: [resource], ...name, verbs: [verb] })),
      ),
    ),
  );
  const onPaths = (rule.nonResourceURLs ?? []).flatMap((url) =>
    rule.verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })),
  );
  return [...onResources, ...onPaths];
}

function covers(rule: PolicyRule, single: PolicyRule): boolean {
  const [verb = ''] = single.verbs;
  if (!hasOrAll(rule.verbs, verb)) return false;
  const [url] = single.nonResourceURLs ?? [];
  if (url !== undefined) return rule.nonResourceURLs?.some((held) => urlCovers(held, url)) === true;
  const [group = ''] = single.apiGroups ?? [];
  const [path = ''] = single.resources ?? [];
  const slash = path.indexOf('/');
  const [resource, subresource] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
  const [name] = single.resourceNames ?? [];
  const names = rule.resourceNames ?? [];
  return (
    hasOrAll(rule.apiGroups, group) &&
    resourceCovered(rule.resources, resource, subresource) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** Joins the verbs of single permissions on the same resource, so that a refusal stays readable. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([
      rule.nonResourceURLs && [rule.verbs, rule.nonResourceURLs],
      rule.apiGroups,
      rule.resources,
      rule.resourceNames,
    ]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? rule : { ...known, verbs: [...known.verbs, ...rule.verbs] });
  }
  return [...merged.values()];
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`. */
function ruleText(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const told = parts.flatMap(([label, values]) => (values?.length ? [`${label}:${quotedList(values)}`] : []));
  return `{${told.join(', ')}}`;
}

/** A list of strings as Go prints it with `%q`. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
