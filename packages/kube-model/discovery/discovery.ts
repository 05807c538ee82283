/**
 * What the API serves, told to clients: the lists of groups, versions and resources one by one, and all at once as
 * `APIGroupDiscoveryList`, which kubectl and client-go ask for first.
 * Sources: `meta/v1` APIGroupList, APIResourceList; `apidiscovery.k8s.io/v2`; Kubernetes, "API Discovery".
 */
import { createHash } from 'node:crypto';
import type { ResourceRegistry, ResourceType, SubresourceType } from '../resources/resource-type.ts';

export interface DiscoveryAnswer {
  readonly contentType: string;
  readonly body: string;
  /** Of aggregated documents: `If-None-Match` with the same value is a 304. */
  readonly etag?: string;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The order of Kubernetes' own groups; those of CRDs follow by name. */
const GROUP_ORDER = (
  ' apiregistration.k8s.io apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling batch ' +
  'certificates.k8s.io networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io admissionregistration.k8s.io ' +
  'apiextensions.k8s.io scheduling.k8s.io coordination.k8s.io node.k8s.io discovery.k8s.io'
).split(' ');

const kept = new WeakMap<ResourceRegistry, { version: number; answers: Map<string, DiscoveryAnswer | undefined> }>();

/**
 * Answers `/api`, `/apis` and what is below them down to a version; undefined for any other path and for what is not
 * served. Kept until what is served changes.
 *
 * @param accept the request's Accept header: decides between the aggregated and the plain documents
 * @param serverAddress host and port, only shown in the answer to `/api`
 */
export function discoveryAnswer(
  path: string,
  accept: string,
  resources: ResourceRegistry,
  serverAddress?: string,
): DiscoveryAnswer | undefined {
  const place = path.replace(/\/$/, '');
  if (!/^\/(api(\/[^/]+)?|apis(\/[^/]+){0,2})$/.test(place)) return undefined;
  const aggregated = wantsAggregated(accept);
  const key = `${aggregated} ${place} ${serverAddress}`;
  let memory = kept.get(resources);
  if (memory?.version !== resources.version) {
    memory = { version: resources.version, answers: new Map() };
    kept.set(resources, memory);
  }
  if (!memory.answers.has(key)) {
    memory.answers.set(key, answer(place, aggregated, resources.all(), serverAddress));
  }
  return memory.answers.get(key);
}

function answer(
  place: string,
  aggregated: boolean,
  all: readonly ResourceType[],
  serverAddress: string | undefined,
): DiscoveryAnswer | undefined {
  const [, root, ...rest] = place.split('/');
  const core = root === 'api';
  if (rest.length === 0 && aggregated) {
    const items = groupsOf(all, core).map(aggregatedGroup);
    const list = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
    const body = JSON.stringify(list);
    const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
    return { contentType: AGGREGATED, body, etag };
  }
  const document = plainDocument(core, rest, all, serverAddress);
  return document && { contentType: 'application/json', body: JSON.stringify(document) };
}

function plainDocument(
  core: boolean,
  rest: readonly string[],
  all: readonly ResourceType[],
  serverAddress: string | undefined,
): object | undefined {
  const groups = groupsOf(all, core);
  const [group, version] = core ? ['', rest[0]] : rest;
  if (core && version === undefined) {
    const serverAddressByClientCIDRs = serverAddress ? [{ clientCIDR: '0.0.0.0/0', serverAddress }] : [];
    return { kind: 'APIVersions', versions: groups.flatMap(({ versions }) => versions), serverAddressByClientCIDRs };
  }
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(plainGroup) };
  const found = groups.find(({ name }) => name === group);
  if (!found) return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...plainGroup(found) };
  const types = found.types.filter((type) => type.version === version);
  if (types.length === 0) return undefined;
  const groupVersion = core ? version : `${group}/${version}`;
  const list = { kind: 'APIResourceList', ...(!core && { apiVersion: 'v1' }), groupVersion };
  return { ...list, resources: types.flatMap(plainResources) };
}

interface Group {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
  readonly types: readonly ResourceType[];
}

function groupsOf(all: readonly ResourceType[], core: boolean): Group[] {
  const byName = Map.groupBy(
    all.filter(({ group }) => (group === '') === core),
    ({ group }) => group,
  );
  return [...byName]
    .map(([name, types]) => ({ name, types, versions: [...new Set(types.map(({ version }) => version))].sort(byAge) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

const rank = (group: string): number => {
  const place = GROUP_ORDER.indexOf(group);
  return place < 0 ? GROUP_ORDER.length : place;
};

/** Mature versions before betas before alphas, later ones first; other names last. Source: `k8s.io/apimachinery/pkg/version`. */
export function byAge(a: string, b: string): number {
  const parts = (version: string): number[] => {
    const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
    if (!match) return [0, 0, 0];
    const maturity = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
    return [maturity, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [parts(a), parts(b)];
  const differing = left.findIndex((part, index) => part !== right[index]);
  if (differing < 0) return a < b ? -1 : Number(a > b);
  return (right[differing] ?? 0) - (left[differing] ?? 0);
}

function plainGroup({ name, versions }: Group): object {
  const list = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

const subresourcesOf = (type: ResourceType): SubresourceType[] => {
  const list = Object.values(type.subresources);
  return type.crd === undefined ? list.sort((a, b) => (a.name < b.name ? -1 : 1)) : list;
};

function plainResources(type: ResourceType): object[] {
  const { plural: name, singular: singularName, namespaced, kind, verbs, shortNames, categories } = type;
  const words = { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) };
  return [
    { name, singularName, namespaced, kind, verbs, ...words },
    ...subresourcesOf(type).map((subresource) => ({
      name: `${name}/${subresource.name}`,
      singularName: '',
      namespaced,
      ...(subresource.group !== undefined && { group: subresource.group, version: subresource.version }),
      kind: subresource.kind ?? kind,
      verbs: subresource.verbs,
    })),
  ];
}

function aggregatedGroup({ name, versions, types }: Group): object {
  const list = versions.map((version) => ({
    version,
    resources: types.filter((type) => type.version === version).map(aggregatedResource),
    freshness: 'Current',
  }));
  return { metadata: name === '' ? {} : { name }, versions: list };
}

function aggregatedResource(type: ResourceType): object {
  const { group, version, kind, verbs, shortNames, categories } = type;
  // Only what a CRD defines says its own group and version here.
  const own = type.crd === undefined ? { group: '', version: '' } : { group, version };
  const subresources = subresourcesOf(type).map((subresource) => ({
    subresource: subresource.name,
    responseKind: {
      group: subresource.group ?? own.group,
      version: subresource.version ?? own.version,
      kind: subresource.kind ?? kind,
    },
    verbs: subresource.verbs,
  }));
  return {
    resource: type.plural,
    responseKind: { ...own, kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

/** The first clause that can be served decides; an older aggregated version is none that can. */
function wantsAggregated(accept: string): boolean {
  for (const clause of accept.split(',')) {
    const [media = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const given = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]));
    if (media !== 'application/json' && media !== 'application/*' && media !== '*/*') continue;
    if (!given.has('as')) return false;
    const { as, g, v } = Object.fromEntries(given);
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && v === 'v2') return true;
  }
  return false;
}
