/**
 * OpenAPI v3 of what is served, as far as clients act on it: `kubectl explain` (without descriptions), the strategic merge
 * patches of `kubectl apply`, and the look for `fieldValidation` before a write. Each document is built when it is first
 * asked for and kept as long as its kinds stay the same, also across clusters that share them. There is no v2: kubectl
 * and helm ask for it only where v3 is missing.
 *
 * Source: Kubernetes, "OpenAPI V3"; `k8s.io/kube-openapi` for the extensions.
 */
import { createHash } from 'node:crypto';
import type { ResourceRegistry, ResourceType } from '../resources/resource-type.ts';
import type { Schema } from '../schema/schema.ts';

export interface OpenApiAnswer {
  readonly contentType: string;
  readonly body: string;
  readonly etag?: string;
}

interface Document {
  readonly schemas: readonly Schema[];
  readonly body: string;
  readonly hash: string;
}

type Json = Record<string, unknown>;

/** By the schema of a version's first kind: clusters share the schemas of built-in kinds. */
const documents = new WeakMap<Schema, Document>();

/** Answers `/openapi/v3` and `/openapi/v3/<path of a group's version>`, without query; undefined for anything else. */
export function openApiAnswer(path: string, resources: ResourceRegistry): OpenApiAnswer | undefined {
  const [, root, version, ...rest] = path.split('/');
  if (root !== 'openapi' || version !== 'v3') return undefined;
  const place = rest.join('/');
  const byPlace = Map.groupBy(resources.all(), placeOf);
  if (place === '') {
    const entries = [...byPlace].map(([name, types]) => {
      return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${documentOf(types).hash}` }];
    });
    return { contentType: 'application/json', body: JSON.stringify({ paths: Object.fromEntries(entries) }) };
  }
  const types = byPlace.get(place);
  if (!types) return undefined;
  const { body, hash } = documentOf(types);
  return { contentType: 'application/json', body, etag: `"${hash}"` };
}

const placeOf = ({ group, version }: ResourceType): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

function documentOf(types: readonly ResourceType[]): Document {
  const schemas = types.map(({ schema }) => schema);
  const [first] = schemas;
  const known = first && documents.get(first);
  if (known?.schemas.length === schemas.length && schemas.every((schema, index) => schema === known.schemas[index])) {
    return known;
  }
  const body = JSON.stringify(render(types));
  const document = { schemas, body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
  if (first) documents.set(first, document);
  return document;
}

function render(types: readonly ResourceType[]): object {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const type of types) {
    const gvk = { group: type.group, version: type.version, kind: type.kind };
    const schema = components.add(nameOf(type), type.schema, { 'x-kubernetes-group-version-kind': [gvk] });
    const root = type.namespaced ? `/${placeOf(type)}/namespaces/{namespace}` : `/${placeOf(type)}`;
    const one = operations(type, ['get', 'update', 'patch', 'delete'], gvk, schema);
    const many = operations(type, ['list', 'create', 'deletecollection'], gvk, schema);
    if (Object.keys(many).length > 0) paths[`${root}/${type.plural}`] = many;
    if (Object.keys(one).length > 0) paths[`${root}/${type.plural}/{name}`] = one;
  }
  const info = { title: 'Kubernetes', version: '1.37' };
  return { openapi: '3.0.0', info, paths, components: { schemas: components.schemas } };
}

/** `io.k8s.api.apps.v1.Deployment`, or the group backwards for custom kinds. */
function nameOf(type: ResourceType): string {
  return type.schema.component ?? [...type.group.split('.').reverse(), type.version, type.kind].join('.');
}

const METHODS: Readonly<Record<string, readonly [method: string, action: string]>> = {
  get: ['get', 'get'],
  list: ['get', 'list'],
  create: ['post', 'post'],
  update: ['put', 'put'],
  patch: ['patch', 'patch'],
  delete: ['delete', 'delete'],
  deletecollection: ['delete', 'deletecollection'],
};

const query = (name: string, type = 'string') => ({ name, in: 'query', schema: { type, uniqueItems: true } });

function operations(type: ResourceType, verbs: readonly string[], gvk: object, schema: object): Json {
  const found: Json = {};
  for (const verb of verbs.filter((name) => type.verbs.includes(name))) {
    const [method = '', action] = METHODS[verb] ?? [];
    const writes = verb === 'create' || verb === 'update' || verb === 'patch';
    const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => query(name));
    if (verb === 'patch') parameters.push(query('force', 'boolean'));
    found[method] = {
      ...(writes && { parameters, requestBody: { content: bodies(type, verb, schema), required: true } }),
      responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
    };
  }
  return found;
}

/** Only built-in kinds know how their lists merge, and say so here: kubectl sends others a JSON merge patch. */
function bodies(type: ResourceType, verb: string, schema: object): Json {
  if (verb !== 'patch') return { '*/*': { schema } };
  const kinds = ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json'];
  if (type.crd === undefined) kinds.push('strategic-merge-patch+json');
  return Object.fromEntries(kinds.map((kind) => [`application/${kind}`, { schema: { type: 'object' } }]));
}

/** Keywords that say how a field is used, not what its component is. */
const OF_USE = ['default', 'patchStrategy', 'patchMergeKey', 'nullable'] as const;

const EXTENSIONS: Readonly<Partial<Record<keyof Schema, string>>> = {
  listType: 'x-kubernetes-list-type',
  listMapKeys: 'x-kubernetes-list-map-keys',
  mapType: 'x-kubernetes-map-type',
  patchStrategy: 'x-kubernetes-patch-strategy',
  patchMergeKey: 'x-kubernetes-patch-merge-key',
  intOrString: 'x-kubernetes-int-or-string',
  preserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
  embeddedResource: 'x-kubernetes-embedded-resource',
  validations: 'x-kubernetes-validations',
};

/** Schemas under their names; a component is written once and referred to elsewhere, so that circles end. */
class Components {
  readonly schemas: Json = {};

  /** Answers the reference to it. */
  add(name: string, node: Schema, extra: Json = {}): { $ref: string } {
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {};
      this.schemas[name] = { ...this.#keywords(node, true), ...extra };
    } else if (Object.keys(extra).length > 0) {
      this.schemas[name] = { ...(this.schemas[name] as Json), ...extra };
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #write(node: Schema): Json {
    if (node.component === undefined) return this.#keywords(node, false);
    const reference = this.add(node.component, node);
    const use = Object.fromEntries(OF_USE.filter((key) => node[key] !== undefined).map((key) => [key, node[key]]));
    return Object.keys(use).length === 0 ? reference : { ...this.#keywords(use, false), allOf: [reference] };
  }

  #keywords(node: Schema, definition: boolean): Json {
    const written: Json = {};
    for (const [key, value] of Object.entries(node)) {
      if (key === 'component' || (definition && OF_USE.some((use) => use === key))) continue;
      written[EXTENSIONS[key as keyof Schema] ?? key] = this.#value(key, value);
    }
    return written;
  }

  #value(key: string, value: unknown): unknown {
    switch (key) {
      case 'properties':
        return Object.fromEntries(
          Object.entries(value as Record<string, Schema>).map(([name, node]) => [name, this.#write(node)]),
        );
      case 'items':
      case 'not':
        return this.#write(value as Schema);
      case 'additionalProperties':
        return value === true ? true : this.#write(value as Schema);
      case 'oneOf':
      case 'anyOf':
      case 'allOf':
        return (value as Schema[]).map((node) => this.#write(node));
      default:
        return value;
    }
  }
}
