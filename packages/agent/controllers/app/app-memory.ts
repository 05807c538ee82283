/**
 * What the Agent knows of an App between two looks; all of it can be lost and is then worked out again.
 */
import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FailedResolve, Rendered } from './desired-application.ts';
import type { Findings } from './report.ts';

export interface AppMemory {
  /** The desired state as it was last read; anything else here belongs to it. */
  readonly stateText: string;
  /** What the rendering came to, without the spec, which may be large. */
  readonly rendering?: {
    readonly resolved: Findings['resolved'];
    readonly rendered: Findings['rendered'];
    /** Without the spec; metadata, publishVersion and hash are kept. */
    readonly outline: Rendered;
  };
  /** The live Application whose spec was found equal to the rendering. */
  readonly verified?: { readonly uid: string; readonly generation: number };
  readonly failed?: FailedResolve;
  /** What the Agent wrote last, until the caches have it. */
  readonly written?: {
    readonly application?: Written<Application>;
    readonly report?: Written<ConfigMap>;
  };
  /** Since when the App is not settled, ms since the epoch. */
  readonly unsettledSince?: number;
}

/** The rendering without what takes space. */
export function outlineOf(rendered: Rendered): Rendered {
  return { ...rendered, application: { ...rendered.application, spec: {} } };
}

/** An object as the API server answered a write, and when. */
export interface Written<T extends KubeObject> {
  readonly object: T;
  /** ms since the epoch. */
  readonly at: number;
}

/** A cache that has not caught up after this long has missed more than one event, and is believed. */
const CATCH_UP_MS = 5_000;

/**
 * The newer of what the cache holds and what was written; a cache lags behind an answer by some milliseconds, in which the
 * same thing must not be written twice. Resource versions of one kind grow as integers (Kubernetes API concepts,
 * "Resource versions").
 */
export function freshest<T extends KubeObject>(
  cached: T | undefined,
  written: Written<T> | undefined,
  nowMs: number,
): T | undefined {
  if (written === undefined || nowMs - written.at > CATCH_UP_MS) return cached;
  if (cached === undefined) return written.object;
  if (cached.metadata.uid !== written.object.metadata.uid) return cached;
  const [have, wrote] = [version(cached), version(written.object)];
  return have !== undefined && wrote !== undefined && have < wrote ? written.object : cached;
}

function version({ metadata }: KubeObject): bigint | undefined {
  return /^\d+$/.test(metadata.resourceVersion ?? '') ? BigInt(metadata.resourceVersion ?? '') : undefined;
}
