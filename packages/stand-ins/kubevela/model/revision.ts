/** ApplicationRevisions: a frozen copy of the Application for each thing that was published. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { defined } from '../render/properties.ts';
import { type Application, publishVersionOf, type WorkflowStatus } from './application.ts';
import { canonicalJson, contentHash } from './hash.ts';
import { annotation, label } from './vocabulary.ts';

export interface ApplicationRevision extends KubeObject {
  spec: {
    /** Its identity is cut away: name, labels, annotations and finalizers are what remains of its metadata. */
    application: Pick<Application, 'apiVersion' | 'kind' | 'spec'> & {
      metadata: KubeObject['metadata'];
      status: object;
    };
    componentDefinitions: Record<string, KubeObject>;
    traitDefinitions: Record<string, KubeObject>;
    workflowStepDefinitions?: Record<string, KubeObject>;
    [field: string]: unknown;
  };
  status?: { succeeded?: boolean; workflow?: WorkflowStatus; workflowContext?: Record<string, string> };
}

export interface Definitions {
  components: Record<string, KubeObject>;
  traits: Record<string, KubeObject>;
  steps: Record<string, KubeObject>;
}

export function revisionNumber(name: string): number {
  return Number(/-v(\d+)$/.exec(name)?.[1] ?? 0);
}

export function revisionHash(app: Application, definitions: Definitions): string {
  const specs = (objects: Record<string, KubeObject>) =>
    Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, object.spec]));
  return contentHash([app.spec, specs(definitions.components), specs(definitions.traits), specs(definitions.steps)]);
}

/** Is what is asked for the same as what `revision` froze? A change of definitions alone makes no new revision. */
export function sameAsRevision(app: Application, revision: ApplicationRevision): boolean {
  return (
    publishVersionOf(app) === publishVersionOf(revision) &&
    canonicalJson(app.spec) === canonicalJson(revision.spec.application.spec)
  );
}

/**
 * The revision that the Application stands for: the latest one if nothing changed, an older one with equal hash, spec
 * and publishVersion if there is one (going back), else a new number.
 */
export function chooseRevision(
  app: Application,
  hash: string,
  revisions: readonly ApplicationRevision[],
): { name: string; isNew: boolean; existing?: ApplicationRevision } {
  const latestName = app.status?.latestRevision?.name;
  const latest = revisions.find((revision) => revision.metadata.name === latestName);
  if (latest && sameAsRevision(app, latest)) return { name: latest.metadata.name, isNew: false, existing: latest };
  const reusable = revisions.find(
    (revision) => revision.metadata.labels?.[label.appRevisionHash] === hash && sameAsRevision(app, revision),
  );
  if (latestName && reusable) return { name: reusable.metadata.name, isNew: true, existing: reusable };
  const next = (app.status?.latestRevision?.revision ?? 0) + 1;
  return { name: `${app.metadata.name}-v${next}`, isNew: true };
}

export function newRevision(
  app: Application,
  name: string,
  hash: string,
  definitions: Definitions,
): ApplicationRevision {
  const annotations = { ...app.metadata.annotations };
  delete annotations[annotation.kubectlLastApplied];
  const { name: appName, namespace, labels, finalizers } = app.metadata;
  const metadata = defined({ name: appName, namespace, labels, annotations: app.metadata.annotations, finalizers });
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ApplicationRevision',
    metadata: {
      name,
      namespace: app.metadata.namespace,
      labels: { ...app.metadata.labels, [label.appName]: app.metadata.name, [label.appRevisionHash]: hash },
      annotations,
      ownerReferences: [
        {
          apiVersion: 'core.oam.dev/v1beta1',
          kind: 'Application',
          name: app.metadata.name,
          uid: app.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: {
      application: { apiVersion: app.apiVersion, kind: app.kind, metadata, spec: app.spec, status: {} },
      componentDefinitions: definitions.components,
      traitDefinitions: definitions.traits,
      workflowStepDefinitions: definitions.steps,
      compression: {},
    },
  };
}

/** The revisions to delete, oldest first, so that `limit` remain besides the one in use. */
export function surplusRevisions(
  revisions: readonly ApplicationRevision[],
  inUse: string | undefined,
  limit: number,
): ApplicationRevision[] {
  const sorted = [...revisions].sort((a, b) => revisionNumber(a.metadata.name) - revisionNumber(b.metadata.name));
  const used = sorted.filter((revision) => revision.metadata.name === inUse).length;
  const surplus = Math.max(0, sorted.length - limit - used);
  return sorted.filter((revision) => revision.metadata.name !== inUse).slice(0, surplus);
}
