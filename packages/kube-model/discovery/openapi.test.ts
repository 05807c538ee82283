import { describe, expect, it } from 'vitest';
import { builtinTypes } from '../resources/builtin.ts';
import { createRegistry } from '../resources/registry.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Schema } from '../schema/schema.ts';
import { openApiAnswer } from './openapi.ts';

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, unknown> };
  'x-kubernetes-group-version-kind': object;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { properties: Record<string, Record<string, unknown>>; [key: string]: unknown }>;
  };
}

const builtin = builtinTypes();

function read(path: string, resources = createRegistry(builtin)): Document {
  const answer = openApiAnswer(path, resources);
  if (!answer) throw new Error(`Nothing at ${path}.`);
  return JSON.parse(answer.body);
}

const custom = (schema: Schema): ResourceType => {
  const [any] = builtin;
  if (!any) throw new Error('There are no kinds.');
  return {
    ...any,
    group: 'disco.example.com',
    version: 'v1',
    kind: 'Disco',
    plural: 'discos',
    namespaced: true,
    verbs: ['get', 'list', 'create', 'patch'],
    crd: 'discos.disco.example.com',
    schema,
  };
};

function withCustom(schema: Schema): ReturnType<typeof createRegistry> {
  const resources = createRegistry(builtin);
  resources.setCustom('discos.disco.example.com', [custom(schema)]);
  return resources;
}

const PLACE = '/openapi/v3/apis/disco.example.com/v1';

describe('OpenAPI v3', () => {
  it('lists its documents under their hashes', () => {
    const resources = createRegistry(builtin);
    const { paths } = JSON.parse(openApiAnswer('/openapi/v3', resources)?.body ?? '');
    const { serverRelativeURL }: { serverRelativeURL: string } = paths['apis/apps/v1'];
    const etag = openApiAnswer('/openapi/v3/apis/apps/v1', resources)?.etag ?? '';
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    expect(serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${etag.slice(1, -1)}`);
    expect(Object.keys(paths)).toContain('api/v1');
  });

  it.each(['/openapi/v2', '/openapi/v3/apis/nope/v1', '/openapi', '/swagger.json'])('has nothing at %s', (path) => {
    expect(openApiAnswer(path, createRegistry(builtin))).toBeUndefined();
  });

  it('has what kubectl looks for before it patches a built-in kind', () => {
    const { paths, components } = read('/openapi/v3/apis/apps/v1');
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect(patch?.parameters?.map(({ name }) => name)).toContain('fieldValidation');
    expect(Object.keys(patch?.requestBody?.content ?? {})).toContain('application/strategic-merge-patch+json');
    expect(components.schemas['io.k8s.api.apps.v1.Deployment']?.['x-kubernetes-group-version-kind']).toEqual([
      { group: 'apps', version: 'v1', kind: 'Deployment' },
    ]);
  });

  it('says how lists merge and that structures are replaced', () => {
    const { schemas } = read('/openapi/v3/apis/apps/v1').components;
    expect(schemas['io.k8s.api.core.v1.PodSpec']?.properties.containers).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec']?.properties.strategy).toMatchObject({
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
      'x-kubernetes-patch-strategy': 'retainKeys',
    });
  });

  it('refers only to components that are there, for every version of every group', () => {
    const resources = createRegistry(builtin);
    const { paths } = JSON.parse(openApiAnswer('/openapi/v3', resources)?.body ?? '');
    for (const place of Object.keys(paths)) {
      const { body = '' } = openApiAnswer(`/openapi/v3/${place}`, resources) ?? {};
      const { schemas } = (JSON.parse(body) as Document).components;
      const references = [...body.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
      expect(references.length, place).toBeGreaterThan(0);
      expect(
        references.filter((name) => !Object.hasOwn(schemas, name)),
        place,
      ).toEqual([]);
    }
  });

  it('ends where schemas go in circles', () => {
    const { schemas } = read('/openapi/v3/apis/apiextensions.k8s.io/v1').components;
    const name = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
    expect(schemas[name]?.properties.not).toEqual({ $ref: `#/components/schemas/${name}` });
  });

  it('writes custom kinds with the extensions of their schema', () => {
    const spec: Schema = {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, default: 1 },
        port: { intOrString: true },
        free: { type: 'object', preserveUnknownFields: true },
        tags: { type: 'array', listType: 'set', items: { type: 'string' } },
        map: { type: 'object', mapType: 'atomic', additionalProperties: { type: 'string' } },
        either: { oneOf: [{ required: ['a'] }, { not: { required: ['b'] } }] },
        checked: { type: 'object', validations: [{ rule: 'self.a > 1', message: 'no' }] },
      },
    };
    const { paths, components } = read(PLACE, withCustom({ type: 'object', properties: { spec } }));
    const kind = components.schemas['com.example.disco.v1.Disco'];
    expect(kind?.['x-kubernetes-group-version-kind']).toEqual([
      { group: 'disco.example.com', version: 'v1', kind: 'Disco' },
    ]);
    expect(kind?.properties.spec).toEqual({
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, default: 1 },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        map: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        either: { oneOf: [{ required: ['a'] }, { not: { required: ['b'] } }] },
        checked: { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.a > 1', message: 'no' }] },
      },
    });
    const item = paths['/apis/disco.example.com/v1/namespaces/{namespace}/discos/{name}'];
    expect(Object.keys(item ?? {})).toEqual(['get', 'patch']);
    expect(Object.keys(item?.patch?.requestBody?.content ?? {})).not.toContain(
      'application/strategic-merge-patch+json',
    );
  });

  it('changes its hash when a custom kind changes, and only then', () => {
    const schema: Schema = { type: 'object' };
    const etag = (resources: ReturnType<typeof createRegistry>) => openApiAnswer(PLACE, resources)?.etag;
    const before = etag(withCustom(schema));
    expect(etag(withCustom(schema))).toBe(before);
    expect(etag(withCustom({ type: 'object', properties: { a: { type: 'string' } } }))).not.toBe(before);
  });
});
