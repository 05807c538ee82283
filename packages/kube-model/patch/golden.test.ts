/**
 * Replays what a real API server (v1.37.2) was asked and answered. Each golden file is a sequence of requests to one
 * object; each step starts from the object as the server had it then, so that one mistake does not hide the next.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { isApiError, type Status } from '../api-error.ts';
import { builtinTypes } from '../resources/builtin.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import type { Schema } from '../schema/schema.ts';
import { serverSideApply } from './apply.ts';
import { applyJsonPatch } from './json-patch.ts';
import { trackUpdate } from './managed-fields.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicPatch } from './strategic.ts';

interface Step {
  why: string;
  verb: 'create' | 'update' | 'apply' | 'json' | 'merge' | 'strategic';
  subresource?: string;
  query?: { fieldManager?: string; force?: string; dryRun?: string };
  body: unknown;
  /** Left out: as the step before left it. */
  before?: KubeObject;
  answer: KubeObject | 'unchanged';
  code: number;
  now: string;
  /** Fields that the server sets after ownership is settled. */
  later?: string[];
}

interface Golden {
  type: string;
  schema?: object;
  steps: Step[];
}

const BUILTIN = builtinTypes();

function typeOf({ type, schema }: Golden): ResourceType {
  if (schema === undefined) {
    const found = BUILTIN.find(({ plural, group }) => plural === type && ['', 'apps'].includes(group));
    if (found) return found;
  }
  const found = BUILTIN.find(({ plural }) => plural === 'configmaps');
  if (found === undefined) throw new Error('no metadata to take');
  const { apiVersion = {}, kind = {}, metadata = {} } = found.schema.properties ?? {};
  const custom = structuralSchema(schema ?? {});
  return {
    ...found,
    group: 'patch.kubenova.test',
    plural: type,
    kind: 'PatchGolden',
    crd: `${type}.patch.kubenova.test`,
    subresources: { status: { name: 'status', verbs: [] } },
    schema: { ...custom, properties: { ...custom.properties, apiVersion, kind, metadata } },
  };
}

/** The part of OpenAPI v3 that the golden CRD uses. */
function structuralSchema(openApi: object): Schema {
  return JSON.parse(JSON.stringify(openApi), (key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || key === 'properties') return value;
    const names = Object.entries(value).map(([name, part]) => {
      const short = name.replace(/^x-kubernetes-/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      return [name.startsWith('x-') ? short : name, part];
    });
    return Object.fromEntries(names);
  });
}

/** Conflicts of several managers come in any order. */
function inOrder(status: unknown): unknown {
  const { details, ...rest } = status as Status;
  const causes =
    details?.causes && [...details.causes].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { ...rest, details: details && { ...details, ...(causes && { causes }) } };
}

/** As the server stores it: decoded, with its defaults. */
function settled(type: ResourceType, object: KubeObject): KubeObject {
  const decoded = decode(type, object).object;
  // A null that is no value of its schema is as good as absent.
  const spec = decoded.spec as { any?: unknown } | undefined;
  if (type.crd !== undefined && spec?.any === null) delete spec.any;
  applyDefaults(type, decoded);
  return decoded;
}

/** Without what is not the patches' affair. */
function shown(object: KubeObject): Record<string, unknown> {
  const {
    managedFields: _,
    generation: __,
    resourceVersion: ___,
    ...metadata
  } = object.metadata as never as Record<string, unknown>;
  const { status: ____, ...rest } = object;
  return { ...rest, metadata };
}

function replay(type: ResourceType, step: Step, before: KubeObject | undefined): KubeObject {
  const { verb, body, subresource, query = {}, now, answer, later = [] } = step;
  const manager = query.fieldManager ?? '';
  if (verb === 'apply') {
    const applied = body as KubeObject;
    return serverSideApply({ type, live: before, applied, manager, force: query.force === 'true', subresource, now });
  }
  const target = before ?? ({} as KubeObject);
  const patched =
    verb === 'json'
      ? applyJsonPatch(target, body)
      : verb === 'merge'
        ? (applyMergePatch(target, body) as KubeObject)
        : verb === 'strategic'
          ? applyStrategicPatch(type.schema, target, body)
          : (body as KubeObject);
  // Defaults and the strategy are others' affair: what the server made of it is what is tracked.
  const after = structuredClone(answer as KubeObject);
  for (const path of later) removePath(after, path.split('.'));
  after.metadata.managedFields = patched.metadata.managedFields;
  if (after.metadata.managedFields === undefined) delete after.metadata.managedFields;
  trackUpdate({ type, before, after, manager, subresource, now });
  return { ...patched, metadata: { ...patched.metadata, managedFields: after.metadata.managedFields } };
}

function removePath(object: unknown, [field = '', ...rest]: string[]): void {
  const fields = object as Record<string, unknown>;
  if (rest.length === 0) delete fields[field];
  else removePath(fields[field], rest);
}

const FILES = [
  'configmap-ownership',
  'configmap-refusals',
  'configmap-managed-fields',
  'configmap-ancient',
  'deployment-ownership',
  'deployment-create-apply',
  'deployment-strategic',
  'deployment-strategic-order',
  'deployment-json-patch',
  'service-ownership',
  'service-create-apply',
  'pod-ownership',
  'custom-ownership',
  'custom-open-types',
];

describe.each(FILES)('%s', (file) => {
  const golden: Golden = JSON.parse(readFileSync(new URL(`./golden/${file}.json`, import.meta.url), 'utf8'));
  const type = typeOf(golden);
  let last: KubeObject | undefined;
  const cases = golden.steps.map((step) => {
    const before = step.before ?? last;
    const answer = step.answer === 'unchanged' ? before : step.answer;
    if (answer?.kind !== 'Status' && step.query?.dryRun === undefined) last = answer;
    else last = before;
    return { ...step, before, answer: answer as KubeObject };
  });
  it.each(cases)('$why', (step) => {
    const before = step.before && JSON.stringify(step.before);
    let mine: KubeObject | undefined;
    let refused: unknown;
    try {
      mine = replay(type, step, step.before);
    } catch (error) {
      refused = error;
    }
    if (step.code >= 300) {
      expect(isApiError(refused) ? inOrder(refused.status) : (refused ?? mine)).toEqual(inOrder(step.answer));
      return;
    }
    expect(refused).toBeUndefined();
    expect(mine?.metadata.managedFields).toEqual(step.answer.metadata.managedFields);
    if (mine && step.subresource === undefined && step.verb !== 'update' && step.verb !== 'create') {
      const exact = isDeepStrictEqual(shown(mine), shown(step.answer));
      const made = shown(exact ? mine : settled(type, mine));
      // What a create fills in besides defaults is the strategy's affair.
      if (step.before) expect(made).toEqual(shown(step.answer));
      else expect(shown(step.answer)).toMatchObject(made);
    }
    expect(step.before && JSON.stringify(step.before)).toBe(before);
  });
});
