/** ControllerRevisions: the past templates of StatefulSets and DaemonSets, as `kubectl rollout history` and `undo` read them. */
import { ControllerRevision } from '@kubenova/kube/kinds/apps.ts';
import type { PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ControllerContext } from './controller.ts';
import { claim, controllerReference, deleteIt, hashOf, metaRef } from './owned.ts';

interface Versioned extends KubeObject {
  spec?: {
    selector: { matchLabels?: Record<string, string> };
    template: PodTemplateSpec;
    revisionHistoryLimit?: number;
  };
}

export interface Revisions {
  readonly hash: string;
  /** Of the template as it is now: `db-6cc6d985bc`. */
  readonly name: string;
  templateOf(revision: string): PodTemplateSpec | undefined;
}

/** Records the template of a workload unless that is done, and forgets those that nobody uses any more. */
export async function recordRevision(
  context: ControllerContext,
  owner: Versioned,
  hashLabel: string,
  inUse: (revision: ControllerRevision) => boolean,
): Promise<Revisions> {
  const { template, selector, revisionHistoryLimit = 10 } = owner.spec ?? { template: {}, selector: {} };
  const { name: ownerName, namespace } = owner.metadata;
  const hash = hashOf(template);
  const name = `${ownerName}-${hash}`;
  const known = (await claim(context, owner, ControllerRevision, selector)).sort((a, b) => a.revision - b.revision);
  const latest = known.at(-1)?.revision ?? 0;
  const same = known.find(({ metadata }) => metadata.name === name);
  if (same === undefined) {
    const made = await context.client.create(ControllerRevision, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata?.labels, [hashLabel]: hash },
        ...(owner.metadata.annotations && { annotations: owner.metadata.annotations }),
        ownerReferences: [controllerReference(owner)],
      },
      data: { spec: { template: { ...template, $patch: 'replace' } } },
      revision: latest + 1,
    });
    known.push(made);
  } else if (same.revision < latest) {
    await context.client.patch(ControllerRevision, metaRef(same), { revision: latest + 1 });
  }
  const unused = known.filter((revision) => revision.metadata.name !== name && !inUse(revision));
  for (const revision of unused.slice(0, Math.max(0, unused.length - revisionHistoryLimit))) {
    await deleteIt(context, ControllerRevision, revision);
  }
  return {
    hash,
    name,
    templateOf: (wanted) =>
      (known.find(({ metadata }) => metadata.name === wanted)?.data as Versioned | undefined)?.spec?.template,
  };
}
