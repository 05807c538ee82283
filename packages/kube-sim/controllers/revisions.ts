/** ControllerRevisions: the past templates of StatefulSets and DaemonSets, as `kubectl rollout history` and `undo` read them. */
import { ControllerRevision } from '@kubenova/kube/kinds/apps.ts';
import type { PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ControllerContext } from './controller.ts';
import { claim, controllerReference, deleteIt, hashOf, metaRef } from './owned.ts';

interface Versioned extends KubeObject {
  spec?: { selector: object; template: PodTemplateSpec; revisionHistoryLimit?: number };
}

/**
 * Records the template of a workload unless that is done, and forgets those that nobody uses any more.
 * @returns its hash, its name, as in `db-6cc6d985bc`, and a look at the others
 */
export async function recordRevision(
  context: ControllerContext,
  owner: Versioned,
  hashLabel: string,
  inUse: (revision: ControllerRevision) => boolean,
) {
  const { template = {}, selector = {}, revisionHistoryLimit = 10 } = owner.spec ?? {};
  const { namespace, annotations } = owner.metadata;
  const hash = hashOf(template);
  const name = `${owner.metadata.name}-${hash}`;
  const known = (await claim(context, owner, ControllerRevision, selector)).sort((a, b) => a.revision - b.revision);
  const latest = known.at(-1)?.revision ?? 0;
  const same = known.find(({ metadata }) => metadata.name === name);
  if (same === undefined) {
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const ownerReferences = [controllerReference(owner)];
    const made = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, labels, ...(annotations && { annotations }), ownerReferences },
      data: { spec: { template: { ...template, $patch: 'replace' } } },
      revision: latest + 1,
    };
    known.push(await context.client.create(ControllerRevision, made));
  } else if (same.revision < latest) {
    await context.client.patch(ControllerRevision, metaRef(same), { revision: latest + 1 });
  }
  const unused = known.filter((revision) => revision.metadata.name !== name && !inUse(revision));
  for (const revision of unused.slice(0, Math.max(0, unused.length - revisionHistoryLimit))) {
    await deleteIt(context, ControllerRevision, revision);
  }
  const templateOf = (wanted: string): PodTemplateSpec | undefined =>
    (known.find(({ metadata }) => metadata.name === wanted)?.data as Versioned | undefined)?.spec?.template;
  return { hash, name, templateOf };
}
