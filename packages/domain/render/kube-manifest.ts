import type { KubeManifest } from '@kubenova/knapi/schemas.ts';
import { type GuardResult, guardObjects } from '../guard.ts';
import { parseManifestYaml } from '../manifest-yaml.ts';

/** The objects of a `kubeManifest`, read and guarded; pointers lead into the App's body. */
export function kubeManifestObjects(source: KubeManifest, namespace: string): GuardResult {
  if ('manifests' in source) {
    return guardObjects(source.manifests, {
      namespace,
      secrets: 'refused',
      pointer: (index) => `/source/kubeManifest/manifests/${index}`,
    });
  }
  const pointer = '/source/kubeManifest/yaml';
  const parsed = parseManifestYaml(source.yaml);
  if (!parsed.ok) return { objects: [], dropped: [], problems: [{ pointer, detail: parsed.error }] };
  return guardObjects(parsed.value, { namespace, secrets: 'refused', pointer: () => pointer });
}
