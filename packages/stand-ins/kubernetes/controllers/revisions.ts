/** ControllerRevisions: the past templates of StatefulSets and DaemonSets, as `kubectl rollout history` and `undo` read them. */
import { ControllerRevision } from '@kubenova/kube/kinds/apps.ts';
import type { PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ControllerContext } from './controller.ts';
import { claim, controllerReference, hashOf, metaRef } from './owned.ts';

interface Versioned extends KubeObject {
  spec?: { selector: object; template: PodTemplateSpec };
}

/**
 * Records the template of a workload unless that is done. All are kept: `revisionHistoryLimit` is not looked at.
 * @returns its hash and its name, as in `db-6cc6d985bc`
 */
export async function recordRevision(context: ControllerContext, owner: Versioned, hashLabel: string) {
  const { template = {}, selector = {} } = owner.spec ?? {};
  const { namespace, annotations } = owner.metadata;
  const hash = hashOf(template);
  const name = `${owner.metadata.name}-${hash}`;
  const known = await claim(context, owner, ControllerRevision, selector);
  const latest = Math.max(0, ...known.map(({ revision }) => revision));
  const same = known.find(({ metadata }) => metadata.name === name);
  if (same === undefined) {
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const ownerReferences = [controllerReference(owner)];
    await context.client.create(ControllerRevision, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, labels, ...(annotations && { annotations }), ownerReferences },
      data: { spec: { template: { ...template, $patch: 'replace' } } },
      revision: latest + 1,
    });
  } else if (same.revision < latest) {
    await context.client.patch(ControllerRevision, metaRef(same), { revision: latest + 1 });
  }
  return { hash, name };
}
