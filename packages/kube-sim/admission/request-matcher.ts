/**
 * Which requests a policy or a webhook is for: rules, selectors, and the other versions under which a kind is served.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/policy/matching` and `…/webhook/predicates`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { type ApiError, forbidden, type StatusDetails } from '@kubenova/kube-model/api-error.ts';
import type { ResourceRegistry, ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { type LabelSelector, labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';

/** `admissionregistration.k8s.io/v1.NamedRuleWithOperations`. */
export type Rule = { readonly scope?: string } & {
  readonly [list in 'apiGroups' | 'apiVersions' | 'operations' | 'resources' | 'resourceNames']?: readonly string[];
};

/** `admissionregistration.k8s.io/v1.MatchResources`. */
export interface MatchResources {
  /** Absent, as bindings may have it: every request. */
  readonly resourceRules?: readonly Rule[];
  readonly excludeResourceRules?: readonly Rule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly matchPolicy?: string;
}

/** Answers the version under which the request is to be judged, or undefined when it is none of the matcher's business. */
export type Matcher = (request: AdmissionRequest) => ResourceType | undefined;

export function createMatcher(criteria: MatchResources, { store, resources }: AdmissionParts): Matcher {
  const { resourceRules, excludeResourceRules = [], matchPolicy } = criteria;
  const namespaceMatches = selector(criteria.namespaceSelector);
  const objectMatches = selector(criteria.objectSelector);
  const versionOf = (rules: readonly Rule[], request: AdmissionRequest): ResourceType | undefined => {
    const matches = (type: ResourceType) => rules.some((rule) => ruleMatches(rule, request, type));
    if (matches(request.type)) return request.type;
    return matchPolicy === 'Exact' ? undefined : otherVersions(request.type, resources).find(matches);
  };
  return (request) => {
    const { type, object, oldObject, namespace } = request;
    const found = resourceRules ? versionOf(resourceRules, request) : type;
    if (!found || versionOf(excludeResourceRules, request)) return undefined;
    if (objectMatches && ![object, oldObject].some((one) => one && objectMatches(one.metadata?.labels)))
      return undefined;
    const isNamespace = type.storage === 'namespaces';
    if (!namespaceMatches || (namespace === '' && !isNamespace)) return found;
    // A Namespace that is being written is judged by what it will be.
    const written = isNamespace && request.subresource === undefined ? object : undefined;
    const judged = written ?? store.get('namespaces', '', namespace)?.object;
    return namespaceMatches(judged?.metadata.labels) ? found : undefined;
  };
}

/** What is built of stored objects, and anew after they change. */
export function upToDate<T>(store: Store, storages: readonly string[], build: () => T): () => T {
  let built: T | undefined;
  for (const storage of storages) {
    store.onChange(storage, () => {
      built = undefined;
    });
  }
  return () => (built ??= build());
}

/** An empty selector selects everything and need not be asked. */
function selector(of: LabelSelector | undefined) {
  if (Object.keys(of?.matchLabels ?? {}).length + (of?.matchExpressions?.length ?? 0) === 0) return undefined;
  return labelSelectorPredicate(of);
}

function ruleMatches(rule: Rule, request: AdmissionRequest, type: ResourceType): boolean {
  const { operations, apiGroups, apiVersions, resources = [], resourceNames = [], scope = '*' } = rule;
  const clusterWide = request.namespace === '' || type.storage === 'namespaces';
  if (scope !== '*' && (scope === 'Cluster') !== clusterWide) return false;
  if (!has(operations, request.operation) || !has(apiGroups, type.group) || !has(apiVersions, type.version))
    return false;
  if (resourceNames.length > 0 && !resourceNames.includes(request.name)) return false;
  return resources.some((named) => {
    const [resource, subresource = ''] = named.split('/');
    const isIt = subresource === '*' || subresource === (request.subresource ?? '');
    return isIt && (resource === '*' || resource === type.plural);
  });
}

const has = (items: readonly string[] | undefined, wanted: string): boolean =>
  items?.some((item) => item === '*' || item === wanted) ?? false;

/** All versions of a kind come and go together, so that a type's others stay the same. */
const equivalents = new WeakMap<ResourceType, readonly ResourceType[]>();

function otherVersions(type: ResourceType, resources: ResourceRegistry): readonly ResourceType[] {
  let known = equivalents.get(type);
  if (!known) {
    known = resources.all().filter((other) => other !== type && other.storage === type.storage);
    equivalents.set(type, known);
  }
  return known;
}

/** The object as another version has it; versions of one kind differ in nothing else here. */
export function inVersion(object: KubeObject | undefined, type: ResourceType): KubeObject | undefined {
  const apiVersion = apiVersionOf(type);
  if (object === undefined || object.apiVersion === apiVersion) return object;
  // The body of a subresource may be of another group.
  return object.apiVersion?.split('/')[0] === type.group ? { ...object, apiVersion } : object;
}

/** `pods "x" is forbidden: …`, named as admission names what has no name yet. Source: `admission.NewForbidden`. */
export function refused(request: AdmissionRequest, why: string, causes?: StatusDetails['causes']): ApiError {
  const { name, generateName } = (request.object?.metadata ?? {}) as { name?: string; generateName?: string };
  return forbidden(request.type, request.name || name || generateName || 'Unknown', why, causes);
}
