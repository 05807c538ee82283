/**
 * The patch that brings a live object to what is wanted: what differs is set, what the last applied configuration had
 * and the new one has not is removed, what others added is left alone.
 *
 * KubeVela sends built-in kinds a strategic merge patch, which merges lists by their keys. Here every kind gets a JSON
 * merge patch (RFC 7386), in which a list that differs is replaced whole. A live list whose items only carry more
 * fields than the wanted ones (the server's defaults) does not differ.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { annotation, label } from './vocabulary.ts';

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Does `live` hold everything that `wanted` says? Lists must agree in length and order. */
export function contains(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => contains(live[index], item))
    );
  }
  if (isFields(wanted)) {
    return isFields(live) && Object.entries(wanted).every(([key, value]) => contains(live[key], value));
  }
  return live === wanted || (wanted === null && live === undefined);
}

function difference(original: unknown, modified: Fields, current: Fields): Fields {
  const patch: Fields = {};
  for (const [key, value] of Object.entries(modified)) {
    const live = current[key];
    if (isFields(value) && isFields(live)) {
      const before = isFields(original) ? original[key] : undefined;
      const inner = difference(before, value, live);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!contains(live, value)) {
      patch[key] = value;
    }
  }
  if (isFields(original)) {
    for (const key of Object.keys(original)) {
      if (!(key in modified) && current[key] !== undefined) patch[key] = null;
    }
  }
  return patch;
}

/** ConfigMaps and Secrets are not recorded (their data would be there twice), so what leaves them stays in them. */
export function recordsLastApplied(object: KubeObject): boolean {
  const recorded = object.metadata.annotations?.[annotation.lastApplied];
  if (recorded === '-' || recorded === 'skip') return false;
  return object.apiVersion !== 'v1' || (object.kind !== 'Secret' && object.kind !== 'ConfigMap');
}

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  };
}

/** What is sent when the object does not exist yet. */
export function objectToCreate(manifest: KubeObject, now: string): KubeObject {
  if (!recordsLastApplied(manifest)) return manifest;
  return withAnnotations(manifest, {
    [annotation.lastApplied]: JSON.stringify(manifest),
    [annotation.lastAppliedTime]: now,
  });
}

function lastApplied(live: KubeObject): unknown {
  const text = live.metadata.annotations?.[annotation.lastApplied];
  if (text === undefined || text === '-' || text === 'skip') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Someone wrote the annotation by hand. Without it nothing is removed, which is the harmless direction.
    return undefined;
  }
}

/** The merge patch from `live` to `manifest`, or undefined when there is nothing to change. */
export function patchFor(live: KubeObject, manifest: KubeObject): Record<string, unknown> | undefined {
  const modified = recordsLastApplied(manifest)
    ? withAnnotations(manifest, { [annotation.lastApplied]: JSON.stringify(manifest) })
    : manifest;
  const patch = difference(lastApplied(live), { ...modified }, { ...live });
  return Object.keys(patch).length > 0 ? patch : undefined;
}

export function sameRender(live: KubeObject, manifest: KubeObject): boolean {
  return (live.metadata.labels?.[label.renderHash] ?? '') === (manifest.metadata.labels?.[label.renderHash] ?? '');
}

/** The manifest with what is in the cluster at some paths, such as `spec.replicas` or `spec.containers[0].image`. */
export function keepPaths(manifest: KubeObject, live: KubeObject, paths: readonly string[]): KubeObject {
  if (paths.length === 0) return manifest;
  const kept = structuredClone(manifest);
  for (const path of paths) {
    const steps = path.match(/[^.[\]]+/g) ?? [];
    const value = steps.reduce<unknown>(fieldOf, live);
    const last = steps.pop();
    const parent = steps.reduce<unknown>(fieldOf, kept);
    if (value === undefined || last === undefined || typeof parent !== 'object' || parent === null) continue;
    Reflect.set(parent, last, value);
  }
  return kept;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
