/**
 * Reads off a real API server what the simulator knows of built-in kinds, and writes it down as data: names, types,
 * formats, list semantics, merge keys (OpenAPI v3) and the served resources (discovery). Facts only; no sentences.
 *
 *     node e2e/real/kube-sim-facts/schema.ts admin.kubeconfig
 *
 * A node is a string where it can be: `int32`, `string`, `#Component`, with its default after `=`; else an object that
 * has its keys from `Schema`. Components are named without their common prefix `io.k8s.`.
 */
import { writeFileSync } from 'node:fs';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import type { ResourceFacts } from '@kubenova/kube-model/resources/builtin.ts';
import type { ComponentFacts, NodeFacts } from '@kubenova/kube-model/schema/load.ts';

/** What is served. Kinds that nobody here asks for (dynamic resources, API priority, aggregation) are left out. */
const GROUP_VERSIONS = [
  'v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apps/v1',
  'authentication.k8s.io/v1',
  'authorization.k8s.io/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates.k8s.io/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'networking.k8s.io/v1',
  'node.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1',
];
/** Bodies of subresources that live in other documents. */
const FURTHER_DOCUMENTS = ['autoscaling/v1'];
const LEFT_OUT = /^componentstatuses$|^podgroups|^workloads|\/(proxy|portforward|resize|ephemeralcontainers)$/;

interface OpenApiNode {
  $ref?: string;
  type?: string;
  format?: string;
  allOf?: OpenApiNode[];
  oneOf?: { type: string }[];
  properties?: Record<string, OpenApiNode>;
  additionalProperties?: OpenApiNode;
  items?: OpenApiNode;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

interface DiscoveredResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

/** The two files' contents, one component or resource a line. */
export async function readFacts(
  client: Pick<KubeClient, 'request'>,
): Promise<{ components: string; resources: string }> {
  const documents: Record<string, OpenApiNode> = {};
  for (const apiVersion of [...GROUP_VERSIONS, ...FURTHER_DOCUMENTS]) {
    const document = (await client.request('GET', `/openapi/v3${pathOf(apiVersion)}`)) as {
      components: { schemas: Record<string, OpenApiNode> };
    };
    Object.assign(documents, document.components.schemas);
  }
  const componentOf = new Map<string, string>();
  for (const [name, node] of Object.entries(documents)) {
    for (const { group, version, kind } of node['x-kubernetes-group-version-kind'] ?? []) {
      componentOf.set(`${group}/${version}/${kind}`, name);
    }
  }
  const resources: Record<string, ResourceFacts> = {};
  const needed = new Set<string>();
  for (const apiVersion of GROUP_VERSIONS) {
    const list = (await client.request('GET', pathOf(apiVersion))) as { resources: DiscoveredResource[] };
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    for (const found of list.resources) {
      if (LEFT_OUT.test(found.name)) continue;
      const component = componentOf.get(`${found.group ?? group}/${found.version ?? version}/${found.kind}`);
      if (component !== undefined) needed.add(component);
      const [plural = '', subresource] = found.name.split('/');
      if (subresource === undefined) resources[`${apiVersion}/${plural}`] = factsOf(found, component);
      else addSubresource(resources[`${apiVersion}/${plural}`], subresource, found);
    }
  }
  return { components: lines(reachable(documents, needed)), resources: lines(resources) };
}

const pathOf = (apiVersion: string) => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

function factsOf(found: DiscoveredResource, component: string | undefined): ResourceFacts {
  return {
    kind: found.kind,
    singular: found.singularName,
    namespaced: found.namespaced,
    verbs: found.verbs.join(' '),
    ...(found.shortNames && { shortNames: found.shortNames }),
    ...(found.categories && { categories: found.categories }),
    component: short(component ?? ''),
  };
}

function addSubresource(facts: ResourceFacts | undefined, name: string, found: DiscoveredResource): void {
  if (facts === undefined) return;
  facts.subresources ??= {};
  facts.subresources[name] = {
    verbs: found.verbs.join(' '),
    ...(found.kind !== facts.kind && { kind: found.kind }),
    ...(found.group !== undefined && { group: found.group, version: found.version }),
  };
}

function reachable(documents: Record<string, OpenApiNode>, roots: Iterable<string>): Record<string, ComponentFacts> {
  const facts = new Map<string, ComponentFacts>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = documents[name];
    if (node === undefined || facts.has(short(name))) continue;
    const refs = (child: OpenApiNode) => {
      open.push(child.$ref?.split('/').at(-1) ?? '');
    };
    facts.set(short(name), {
      ...(typeof node.type === 'string' && node.properties === undefined && { node: nodeFacts({ ...node }, refs) }),
      ...(node.type === undefined && { node: nodeFacts(node, refs) }),
      ...(node.required && { required: node.required }),
      ...(node['x-kubernetes-map-type'] && { mapType: node['x-kubernetes-map-type'] }),
      ...(node.properties && {
        properties: Object.fromEntries(
          Object.entries(node.properties).map(([key, child]) => [key, nodeFacts(child, refs)]),
        ),
      }),
    });
  }
  return Object.fromEntries([...facts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nodeFacts(node: OpenApiNode, seen: (reference: OpenApiNode) => void): NodeFacts {
  const [only] = node.allOf ?? [];
  const reference = node.$ref === undefined ? only : node;
  if (reference?.$ref !== undefined) seen(reference);
  const base = reference?.$ref === undefined ? baseType(node) : `#${short(reference.$ref.split('/').at(-1) ?? '')}`;
  const text = node.default === undefined ? base : `${base}=${JSON.stringify(node.default)}`;
  const further = {
    ...(node.enum && { enum: node.enum }),
    ...(node.items && { items: nodeFacts(node.items, seen) }),
    ...(node.additionalProperties && { additionalProperties: nodeFacts(node.additionalProperties, seen) }),
    ...(node['x-kubernetes-list-type'] && { listType: node['x-kubernetes-list-type'] }),
    ...(node['x-kubernetes-list-map-keys'] && { listMapKeys: node['x-kubernetes-list-map-keys'] }),
    ...(node['x-kubernetes-map-type'] && { mapType: node['x-kubernetes-map-type'] }),
    ...(node['x-kubernetes-patch-strategy'] && { patchStrategy: node['x-kubernetes-patch-strategy'] }),
    ...(node['x-kubernetes-patch-merge-key'] && { patchMergeKey: node['x-kubernetes-patch-merge-key'] }),
  };
  return Object.keys(further).length === 0 ? text : { type: text, ...further };
}

function baseType(node: OpenApiNode): string {
  if (node.oneOf !== undefined) return node.format ?? 'quantity';
  return node.format ?? node.type ?? 'any';
}

const short = (component: string) => component.replace(/^io\.k8s\./, '');

function lines(record: Record<string, unknown>): string {
  const rows = Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{\n${rows.join(',\n')}\n}\n`;
}

if (import.meta.main) {
  const client = createKubeClient(await loadKubeconfigFile(process.argv[2] ?? 'admin.kubeconfig'));
  const { components, resources } = await readFacts(client);
  const kubeModel = new URL('../../../packages/kube-model/', import.meta.url);
  writeFileSync(new URL('schema/generated/components.json', kubeModel), components);
  writeFileSync(new URL('resources/generated/resources.json', kubeModel), resources);
  await client.close();
}
