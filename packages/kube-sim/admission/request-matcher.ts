/**
 * Which requests a policy or a webhook is for: rules, selectors, and the other versions under which a kind is served.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/policy/matching` and `…/webhook/predicates`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, type StatusDetails } from '../api/api-error.ts';
import type { ResourceRegistry, ResourceType } from '../resources/resource-type.ts';
import { type LabelSelector, labelSelectorPredicate } from '../selectors/label.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionRequest } from './admission.ts';

/** `admissionregistration.k8s.io/v1.NamedRuleWithOperations`. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly operations?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface MatchCriteria {
  readonly rules?: readonly Rule[];
  readonly excludeRules?: readonly Rule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly matchPolicy?: string;
}

/** Answers the version under which the request is to be judged, or undefined when it is none of the matcher's business. */
export type Matcher = (request: AdmissionRequest) => ResourceType | undefined;

/** @param everything what no rules mean: for bindings every request, for webhooks none */
export function createMatcher(
  criteria: MatchCriteria,
  parts: { store: Store; resources: ResourceRegistry },
  everything: boolean,
): Matcher {
  const { rules = [], excludeRules = [] } = criteria;
  const namespaceMatches = selector(criteria.namespaceSelector);
  const objectMatches = selector(criteria.objectSelector);
  const versionOf = (candidates: readonly Rule[], request: AdmissionRequest): ResourceType | undefined => {
    if (candidates.some((rule) => ruleMatches(rule, request, request.type))) return request.type;
    if (criteria.matchPolicy === 'Exact') return undefined;
    return otherVersions(request.type, parts.resources).find((type) =>
      candidates.some((rule) => ruleMatches(rule, request, type)),
    );
  };
  return (request) => {
    const type = rules.length === 0 && everything ? request.type : versionOf(rules, request);
    if (type === undefined || (excludeRules.length > 0 && versionOf(excludeRules, request))) return undefined;
    const labelled = [request.object, request.oldObject].some((object) => object && objectMatches?.(labelsOf(object)));
    if (objectMatches && !labelled) return undefined;
    if (namespaceMatches && (request.namespace !== '' || request.type.plural === 'namespaces')) {
      if (!namespaceMatches(labelsOf(namespaceOf(request, parts.store)))) return undefined;
    }
    return type;
  };
}

/** An empty selector selects everything and need not be asked. */
function selector(of: LabelSelector | undefined) {
  if (Object.keys(of?.matchLabels ?? {}).length + (of?.matchExpressions?.length ?? 0) === 0) return undefined;
  return labelSelectorPredicate(of);
}

const labelsOf = (object: KubeObject | undefined) => object?.metadata?.labels;

/** A Namespace that is being written is judged by what it will be. */
function namespaceOf(request: AdmissionRequest, store: Store): KubeObject | undefined {
  const isWrite = request.operation === 'CREATE' || request.operation === 'UPDATE';
  if (request.type.storage === 'namespaces' && request.subresource === undefined && isWrite) return request.object;
  return store.get('namespaces', '', request.namespace || request.name)?.object;
}

function ruleMatches(rule: Rule, request: AdmissionRequest, type: ResourceType): boolean {
  const clusterWide = request.namespace === '' || type.storage === 'namespaces';
  if (rule.scope === 'Namespaced' ? clusterWide : rule.scope === 'Cluster' && !clusterWide) return false;
  if (!has(rule.operations, request.operation)) return false;
  if (!has(rule.apiGroups, type.group) || !has(rule.apiVersions, type.version)) return false;
  if ((rule.resourceNames ?? []).length > 0 && !rule.resourceNames?.includes(request.name)) return false;
  return (rule.resources ?? []).some((named) => {
    const [resource, subresource = ''] = named.split('/');
    const plain = request.subresource ?? '';
    return (resource === '*' || resource === type.plural) && (subresource === '*' || subresource === plain);
  });
}

const has = (items: readonly string[] | undefined, wanted: string): boolean =>
  items?.some((item) => item === '*' || item === wanted) ?? false;

const equivalents = new WeakMap<ResourceRegistry, { version: number; byType: Map<ResourceType, ResourceType[]> }>();

function otherVersions(type: ResourceType, resources: ResourceRegistry): readonly ResourceType[] {
  let known = equivalents.get(resources);
  if (known?.version !== resources.version) {
    known = { version: resources.version, byType: new Map() };
    equivalents.set(resources, known);
  }
  const found =
    known.byType.get(type) ?? resources.all().filter((other) => other !== type && other.storage === type.storage);
  known.byType.set(type, found);
  return found;
}

/** The object as another version has it; versions of one kind differ in nothing else here. */
export function inVersion(object: KubeObject | undefined, { group, version }: ResourceType): KubeObject | undefined {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  if (object === undefined || object.apiVersion === apiVersion) return object;
  return object.apiVersion?.split('/')[0] === group ? { ...object, apiVersion } : object;
}

/** `pods "x" is forbidden: …`, named as admission names what has no name yet. Source: `admission.NewForbidden`. */
export function refused(request: AdmissionRequest, why: string, causes?: StatusDetails['causes']): ApiError {
  const { group, plural } = request.type;
  const metadata: Record<string, unknown> = { ...request.object?.metadata };
  const name = request.name || String(metadata.name || metadata.generateName || 'Unknown');
  const resource = group === '' ? plural : `${plural}.${group}`;
  return new ApiError(403, 'Forbidden', `${resource} "${name}" is forbidden: ${why}`, {
    name,
    ...(group !== '' && { group }),
    kind: plural,
    ...(causes && { causes }),
  });
}
