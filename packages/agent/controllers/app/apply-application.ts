/**
 * Makes the Application on the cluster be the one that was rendered: created, put back after somebody edited it, or given
 * a new version. A server-side apply happens only when something differs.
 *
 * On `app.oam.dev/publishVersion`: KubeVela rolls out when it changes, keeps a tracker by its value, and refuses a value
 * that it has seen before once a newer one exists. So the rendered value (`r<revision>-<hash>`) gets a suffix that was
 * never used whenever the same rendering has to be published again: after drift, and after KubeVela gave up.
 */
import { contentHash } from '@kubenova/domain/canonical-json.ts';
import { VELA_GROUP, VELA_PUBLISH_VERSION, VELA_USERNAME } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { AGENT_FIELD_MANAGER } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';

/** What of the live Application differs from the rendered one; empty when nothing does. */
export interface Differences {
  readonly spec: boolean;
  readonly labels: boolean;
  readonly annotations: boolean;
  /** Fields that somebody else added and an apply would leave: `/spec/workflow`, `/metadata/annotations/…`. */
  readonly foreign: readonly string[];
}

/** Annotations by which KubeVela would act as somebody else; they are never left on an Application of ours. */
const IDENTITY_ANNOTATIONS = [VELA_USERNAME, VELA_GROUP];

/**
 * Compares the metadata; `spec` says whether the spec is known to be equal, known to differ, or there to be compared.
 */
export function differences(live: Application, desired: Manifest, spec: 'equal' | 'compare'): Differences {
  const wanted = desired.spec as Record<string, unknown>;
  const have = live.spec as unknown as Record<string, unknown>;
  const annotations = desired.metadata.annotations ?? {};
  const liveAnnotations = live.metadata.annotations ?? {};
  const isOurs = isPublishOf(liveAnnotations[VELA_PUBLISH_VERSION], annotations[VELA_PUBLISH_VERSION] ?? '');
  return {
    spec: spec === 'compare' && Object.keys(wanted).some((key) => contentHash(have[key]) !== contentHash(wanted[key])),
    labels: !includes(live.metadata.labels, desired.metadata.labels),
    annotations:
      !isOurs ||
      !includes(liveAnnotations, {
        ...annotations,
        [VELA_PUBLISH_VERSION]: liveAnnotations[VELA_PUBLISH_VERSION] ?? '',
      }),
    foreign: [
      ...(spec === 'compare'
        ? Object.keys(have)
            .filter((key) => !(key in wanted))
            .map((key) => `/spec/${key}`)
        : []),
      ...IDENTITY_ANNOTATIONS.filter((key) => key in liveAnnotations).map((key) => `/metadata/annotations/${key}`),
    ],
  };
}

/** True when nothing has to be written. */
export function isEqual({ spec, labels, annotations, foreign }: Differences): boolean {
  return !spec && !labels && !annotations && foreign.length === 0;
}

/** True when `value` publishes the rendering `base`: the value itself, or one with a suffix. */
export function isPublishOf(value: string | undefined, base: string): boolean {
  return value === base || (value?.startsWith(`${base}.`) ?? false);
}

/**
 * The publishVersion to apply.
 *
 * @param live that of the live Application, if there is one
 * @param again whether this rendering was published before and has to be rolled out again
 */
export function nextPublishVersion(base: string, live: string | undefined, again: boolean, nowMs: number): string {
  if (again) return `${base}.${Math.floor(nowMs / 1_000).toString(36)}`;
  return live !== undefined && isPublishOf(live, base) ? live : base;
}

/**
 * Applies the Application, and takes away what others added to it.
 *
 * @param foreign pointers out of {@link differences}
 * @throws KubeError
 */
export async function applyApplication(
  client: Pick<KubeClient, 'apply' | 'patch'>,
  desired: Manifest,
  publishVersion: string,
  foreign: readonly string[],
  signal: AbortSignal,
): Promise<Application> {
  const { name, namespace } = desired.metadata;
  if (foreign.length > 0) {
    const patch = foreign.reduce<Record<string, unknown>>((all, pointer) => mergeNull(all, pointer), {});
    await client.patch(Application, { name, namespace }, patch, {
      type: 'merge',
      fieldManager: AGENT_FIELD_MANAGER,
      signal,
    });
  }
  const object = {
    ...desired,
    metadata: {
      ...desired.metadata,
      annotations: { ...desired.metadata.annotations, [VELA_PUBLISH_VERSION]: publishVersion },
    },
  };
  // The Application is ours by definition, so fields that somebody took over are taken back.
  return await client.apply(Application, object as unknown as Application, {
    fieldManager: AGENT_FIELD_MANAGER,
    force: true,
    signal,
  });
}

function mergeNull(into: Record<string, unknown>, pointer: string): Record<string, unknown> {
  // Keys of annotations hold a slash, so only the known heads are split off.
  const annotation = /^\/metadata\/annotations\/(.+)$/.exec(pointer)?.[1];
  if (annotation !== undefined) {
    const metadata = (into.metadata ?? {}) as { annotations?: Record<string, null> };
    return { ...into, metadata: { annotations: { ...metadata.annotations, [annotation]: null } } };
  }
  return { ...into, spec: { ...(into.spec as object | undefined), [pointer.slice('/spec/'.length)]: null } };
}

function includes(have: Record<string, string> | undefined, wanted: Record<string, string> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => have?.[key] === value);
}
