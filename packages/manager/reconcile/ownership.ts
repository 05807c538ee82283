/**
 * Whose a namespace is. Names are no proof: a namespace of the right name may have been there before KubeNova, or
 * belong to a record that is long gone. Only the label with the record's own id counts.
 */
import { APP_ID, DESIRED_HASH, MANAGED_BY, MANAGED_BY_KUBENOVA, SANDBOX_ID } from '@kubenova/domain/labels.ts';
import { isRecord } from '@kubenova/domain/manifest.ts';
import type { Namespace } from '@kubenova/kube/kinds/core.ts';

/** Who holds the namespace when it is not the record; `undefined` when it is the record's own. */
export function foreignHolder(
  namespace: Namespace,
  label: typeof APP_ID | typeof SANDBOX_ID,
  id: string,
): string | undefined {
  const { labels = {}, annotations = {} } = namespace.metadata;
  // Somebody may have changed the one label, but not have copied the hash of what KubeNova wrote.
  const written = labels[MANAGED_BY] === MANAGED_BY_KUBENOVA || annotations[DESIRED_HASH] !== undefined;
  if (written && labels[label] === id) return undefined;
  if (labels[APP_ID] !== undefined) return `the App with the id ${labels[APP_ID]}`;
  if (labels[SANDBOX_ID] !== undefined) return `the sandbox with the id ${labels[SANDBOX_ID]}`;
  const writers = (namespace.metadata.managedFields ?? [])
    .map((entry) => (isRecord(entry) && typeof entry.manager === 'string' ? entry.manager : ''))
    .filter((manager) => manager !== '');
  const first = writers[0];
  return first === undefined
    ? 'somebody other than KubeNova'
    : `somebody other than KubeNova (first written by ${first})`;
}

/** Whether Capsule counts the namespace to the tenant: by owner reference, which only Capsule itself sets. */
export function belongsToCapsuleTenant(namespace: Namespace, tenant: string): boolean {
  return (namespace.metadata.ownerReferences ?? []).some(
    (owner) => owner.kind === 'Tenant' && owner.apiVersion.startsWith('capsule.clastix.io/') && owner.name === tenant,
  );
}

/** What a namespace that is going still waits for, in its own words; '' when it does not say. */
export function whatBlocks(namespace: Namespace): string {
  const telling = [
    'NamespaceContentRemaining',
    'NamespaceFinalizersRemaining',
    'NamespaceDeletionContentFailure',
    'NamespaceDeletionDiscoveryFailure',
    'NamespaceDeletionGroupVersionParsingFailure',
  ];
  return (namespace.status?.conditions ?? [])
    .filter((condition) => condition.status === 'True' && telling.includes(condition.type))
    .map((condition) => condition.message ?? condition.type)
    .join(' ');
}
