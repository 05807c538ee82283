import type { KubeClient } from '@kubenova/kube/client.ts';
import { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '@kubenova/kube/kinds/extension.ts';

/**
 * Takes away Capsule's webhooks as an earlier run left them in a cluster. They fail closed, so until Capsule runs again
 * nothing could be written that a start has to write; Capsule's own start puts them back.
 */
export async function clearCapsuleWebhooks(client: KubeClient): Promise<void> {
  for (const resource of [ValidatingWebhookConfiguration, MutatingWebhookConfiguration]) {
    const { items } = await client.list(resource);
    const ours = items.filter(({ metadata }) => metadata.name.startsWith('capsule-'));
    await Promise.all(ours.map(({ metadata: { name } }) => client.delete(resource, { name })));
  }
}
