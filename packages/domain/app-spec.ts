/** What an App asks for; the shape is the contract's. */
import type { AppCreate, AppSpec, SourceKind } from '@kubenova/knapi/schemas.ts';

export type { AppSpec };

/** Every kind of source that the contract knows. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  'containerImage',
  'helmHttp',
  'helmOci',
  'gitRepo',
  'kubeManifest',
  'velaTemplate',
];

/** The kinds that this version can deploy. */
export const DEPLOYABLE_KINDS: ReadonlySet<SourceKind> = new Set<SourceKind>([
  'containerImage',
  'helmHttp',
  'kubeManifest',
]);

/** The spec that a body of `POST …/apps` or `PUT …/apps/{a}` asks for, with what it leaves out filled in. */
export function appSpec(body: Pick<AppCreate, 'source' | 'description' | 'traits' | 'labels'>): AppSpec {
  return {
    description: body.description ?? '',
    source: body.source,
    traits: body.traits ?? [],
    labels: body.labels ?? {},
  };
}
