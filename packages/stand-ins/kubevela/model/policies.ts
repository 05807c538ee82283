/**
 * The policies of an Application, as far as they do something in one cluster. Source: KubeVela's `pkg/appfile`
 * (`parsePolicies`), `pkg/policy` and `apis/core.oam.dev/v1alpha1`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { record, records, text, texts } from '../render/properties.ts';
import type { Application, ComponentSpec, PolicySpec, Properties, TraitSpec } from './application.ts';
import { label } from './vocabulary.ts';

export const LOCAL_CLUSTER = 'local';

/** Types that need no PolicyDefinition. */
const BUILT_IN = new Set([
  'apply-once',
  'debug',
  'env-binding',
  'garbage-collect',
  'override',
  'read-only',
  'replication',
  'resource-update',
  'shared-resource',
  'take-over',
  'topology',
]);

const SUPPORTED = new Set(['apply-once', 'garbage-collect', 'override', 'topology']);

/** What keeps the Application from being parsed, in KubeVela's words. */
export function policyProblem(app: Application): string | undefined {
  const bare = (app.spec.policies ?? []).find(({ type, properties }) => type !== 'debug' && properties === undefined);
  return bare && `policy ${bare.type} named ${bare.name} must not have empty properties`;
}

export function definedPolicies(app: Application): PolicySpec[] {
  return (app.spec.policies ?? []).filter(({ type }) => !BUILT_IN.has(type));
}

/** What this stand-in does not do, in its own words. */
export function leftOutPolicy(app: Application): string | undefined {
  for (const { type, properties = {} } of app.spec.policies ?? []) {
    if (!SUPPORTED.has(type)) return `policies of type ${type} are left out of this stand-in`;
    const unknown = type === 'garbage-collect' && ['rules', 'order'].find((field) => properties[field] !== undefined);
    if (unknown) return `${unknown} of garbage-collect policies is left out of this stand-in`;
  }
  return undefined;
}

const propertiesOf = (app: Application, type: string): Properties | undefined =>
  app.spec.policies?.find((policy) => policy.type === type)?.properties;

export interface GarbagePolicy {
  /** Objects of older versions stay until somebody deletes them or their tracker. */
  keepLegacy: boolean;
  /** Also when a version's workflow has failed. */
  continueOnFailure: boolean;
  revisionLimit?: number;
}

export function garbagePolicy(app: Application): GarbagePolicy {
  const { keepLegacyResource, continueOnFailure, applicationRevisionLimit } =
    propertiesOf(app, 'garbage-collect') ?? {};
  return {
    keepLegacy: keepLegacyResource === true,
    continueOnFailure: continueOnFailure === true,
    ...(typeof applicationRevisionLimit === 'number' && { revisionLimit: applicationRevisionLimit }),
  };
}

/** When drift is left alone: for all objects, or for the paths of those that a rule selects. */
export interface ApplyOnce {
  readonly everything: boolean;
  /** The paths of an object that stay as they are in the cluster; `*` for all of it. */
  pathsOf(manifest: KubeObject, stage: 'onUpdate' | 'onStateKeep'): readonly string[];
}

export function applyOnce(app: Application): ApplyOnce {
  const properties = propertiesOf(app, 'apply-once') ?? {};
  const enabled = properties.enable === true;
  const rules = enabled ? records(properties, 'rules') : undefined;
  return {
    everything: enabled && rules === undefined,
    pathsOf(manifest, stage) {
      const rule = rules?.find(({ selector }) => selects((selector ?? {}) as Properties, manifest));
      const strategy = rule && record(rule, 'strategy');
      const affect = (strategy && text(strategy, 'affect')) ?? '';
      if (!strategy || (affect !== '' && affect !== 'always' && affect !== stage)) return [];
      return texts(strategy, 'path') ?? [];
    },
  };
}

/** Every list that is given has to hold the object's value, and one has to be given. */
function selects(selector: Properties, manifest: KubeObject): boolean {
  const labels = manifest.metadata.labels ?? {};
  const values: Record<string, string | undefined> = {
    componentNames: labels[label.component],
    componentTypes: labels[label.workloadType],
    oamTypes: labels[label.resourceType],
    traitTypes: labels[label.traitType],
    resourceTypes: manifest.kind,
    resourceNames: manifest.metadata.name,
  };
  const given = Object.entries(values).filter(([field]) => (texts(selector, field) ?? []).length > 0);
  return given.length > 0 && given.every(([field, value]) => texts(selector, field)?.includes(value ?? ''));
}

export interface Placement {
  cluster: string;
  /** '' for the Application's own. */
  namespace: string;
}

/** @throws Error in KubeVela's words when a `deploy` step names a policy that is not there */
export function selectPolicies(app: Application, names: readonly string[]): PolicySpec[] {
  return names.map((name) => {
    const policy = app.spec.policies?.find((candidate) => candidate.name === name);
    if (!policy) throw new Error(`policy ${name} not found`);
    return policy;
  });
}

/** Where topology policies put components; there is one cluster. @throws Error when they name another */
export function placementsOf(policies: readonly PolicySpec[]): Placement[] {
  const topologies = policies.filter(({ type }) => type === 'topology');
  if (topologies.length === 0) return [{ cluster: LOCAL_CLUSTER, namespace: '' }];
  const placements = new Map<string, Placement>();
  for (const { properties = {} } of topologies) {
    const clusters = texts(properties, 'clusters');
    const selected = record(properties, 'clusterLabelSelector');
    if (!clusters && selected) {
      if (properties.allowEmpty === true) continue;
      throw new Error('failed to find any cluster matches given labels');
    }
    for (const cluster of clusters ?? [LOCAL_CLUSTER]) {
      if (cluster !== LOCAL_CLUSTER) throw new Error(`failed to get cluster ${cluster}: no such cluster`);
      const namespace = text(properties, 'namespace') ?? '';
      placements.set(`${cluster}/${namespace}`, { cluster, namespace });
    }
  }
  return [...placements.values()];
}

/** The components as override policies change, add and select them. */
export function overridden(components: readonly ComponentSpec[], policies: readonly PolicySpec[]): ComponentSpec[] {
  let result = [...components];
  for (const { type, properties = {} } of policies) {
    if (type !== 'override') continue;
    for (const patch of records(properties, 'components') ?? []) result = patched(result, patch);
    const selector = texts(properties, 'selector');
    if (selector) result = result.filter(({ name }) => selector.some((pattern) => globOf(pattern).test(name)));
  }
  return result;
}

/** A name in an override is searched anywhere in a component's name, `*` standing for anything. */
function patched(components: readonly ComponentSpec[], patch: Properties): ComponentSpec[] {
  const name = text(patch, 'name') ?? '';
  const type = text(patch, 'type') ?? '';
  if (name === '') {
    return components.map((component) =>
      type === '' || type === component.type ? merged(component, patch) : component,
    );
  }
  const pattern = new RegExp(name.split('*').map(escaped).join('.*'));
  if (!components.some((component) => pattern.test(component.name))) return [...components, componentFrom(patch, name)];
  return components.map((component) => {
    if (!pattern.test(component.name)) return component;
    return type !== '' && type !== component.type ? componentFrom(patch, name) : merged(component, patch);
  });
}

const escaped = (part: string): string => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const globOf = (pattern: string): RegExp => new RegExp(`^${pattern.split('*').map(escaped).join('[^/]*')}$`);

const traitsOf = (patch: Properties): (TraitSpec & { disable?: boolean })[] =>
  (records(patch, 'traits') ?? []).map((trait) => ({
    type: text(trait, 'type') ?? '',
    ...(trait.properties !== undefined && { properties: record(trait, 'properties') ?? {} }),
    ...(trait.disable === true && { disable: true }),
  }));

function componentFrom(patch: Properties, name: string): ComponentSpec {
  const traits = traitsOf(patch).filter(({ disable }) => !disable);
  return { name, type: text(patch, 'type') ?? '', properties: record(patch, 'properties') ?? {}, traits };
}

function merged(component: ComponentSpec, patch: Properties): ComponentSpec {
  const traits = new Map((component.traits ?? []).map((trait) => [trait.type, trait]));
  for (const { type, properties, disable } of traitsOf(patch)) {
    const before = traits.get(type);
    if (disable) traits.delete(type);
    else traits.set(type, { type, properties: mergedProperties(before?.properties ?? {}, properties ?? {}) });
  }
  const properties = mergedProperties(component.properties ?? {}, record(patch, 'properties') ?? {});
  return { ...component, properties, traits: [...traits.values()] };
}

function mergedProperties(base: Properties, patch: Properties): Properties {
  const result: Properties = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key];
    const both = isRecord(before) && isRecord(value);
    result[key] = both ? mergedProperties(before, value) : value;
  }
  return result;
}

function isRecord(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
