/** What a CustomResourceDefinition defines. Source: Kubernetes, "Custom Resources"; conversion is `None`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { componentSchema } from '../schema/load.ts';
import type { Schema } from '../schema/schema.ts';
import type { PrinterColumn, ResourceType, SubresourceType } from './resource-type.ts';

export { validateDefinition } from './custom-definition.ts';

/** `apiextensions.k8s.io/v1.CustomResourceDefinitionSpec`, as far as it is acted on. */
export interface DefinitionSpec {
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly names: {
    readonly kind: string;
    readonly plural: string;
    readonly singular?: string;
    readonly listKind?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly DefinitionVersion[];
  readonly conversion?: { readonly strategy: string; readonly webhook?: unknown };
}

export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

/** `JSONSchemaProps` as it is written; `Schema` is what we make of it. */
export type JsonSchema = Omit<Schema, 'properties' | 'items' | 'additionalProperties'> & {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly [extension: `x-kubernetes-${string}`]: unknown;
};

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** The served versions of what a definition that passed validation defines. */
export function typesOfDefinition(crd: KubeObject): ResourceType[] {
  const { group, scope, names, versions } = crd.spec as DefinitionSpec;
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === 'Namespaced',
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: VERBS,
      subresources: subresourcesOf(version),
      storage: `${names.plural}.${group}`,
      schema: rootSchema(version.schema?.openAPIV3Schema ?? { type: 'object' }),
      crd: crd.metadata.name,
      columns: version.additionalPrinterColumns ?? [AGE],
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    }));
}

/** With what every object has. */
function rootSchema(json: JsonSchema): Schema {
  const { properties, ...schema } = schemaOf(json);
  const metadata = componentSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  return { ...schema, properties: { ...properties, apiVersion: TEXT, kind: TEXT, metadata } };
}

const TEXT: Schema = { type: 'string' };

function subresourcesOf({ subresources }: DefinitionVersion): Record<string, SubresourceType> {
  const verbs = ['get', 'patch', 'update'];
  const { status, scale } = subresources ?? {};
  return {
    ...(status && { status: { name: 'status', verbs } }),
    ...(scale && {
      scale: {
        name: 'scale',
        verbs,
        group: 'autoscaling',
        version: 'v1',
        kind: 'Scale',
        scalePaths: {
          spec: scale.specReplicasPath,
          status: scale.statusReplicasPath,
          ...(scale.labelSelectorPath !== undefined && { selector: scale.labelSelectorPath }),
        },
      },
    }),
  };
}

const EXTENSIONS: Readonly<Record<string, keyof Schema>> = {
  'x-kubernetes-int-or-string': 'intOrString',
  'x-kubernetes-preserve-unknown-fields': 'preserveUnknownFields',
  'x-kubernetes-embedded-resource': 'embeddedResource',
  'x-kubernetes-list-type': 'listType',
  'x-kubernetes-list-map-keys': 'listMapKeys',
  'x-kubernetes-map-type': 'mapType',
  'x-kubernetes-validations': 'validations',
};

/** Descriptions are not kept: a cluster's CRDs are full of them. */
export function schemaOf(json: JsonSchema): Schema {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    if (value === undefined || key === 'description' || key === 'title' || key === 'example') continue;
    const name = EXTENSIONS[key] ?? key;
    if (key === 'properties') {
      const properties = Object.entries(value as Record<string, JsonSchema>);
      result.properties = Object.fromEntries(properties.map(([field, schema]) => [field, schemaOf(schema)]));
    } else if (key === 'items' || key === 'not' || (key === 'additionalProperties' && typeof value === 'object')) {
      result[key] = schemaOf(value as JsonSchema);
    } else if (key === 'allOf' || key === 'anyOf' || key === 'oneOf')
      result[key] = (value as JsonSchema[]).map(schemaOf);
    else if (value !== false || key === 'default') result[name] = value;
  }
  return result as Schema;
}
