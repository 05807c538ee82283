import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { CustomResourceDefinition } from '@kubenova/kube/kinds/extension.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';

import { parseAllDocuments } from 'yaml';
import type { Apply } from './apply.ts';
import { waitFor } from './condition.ts';

/** Every object in the YAML files of a folder, in the order of the file names. */
export function readManifests(folder: string): readonly KubeObject[] {
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

/** Applies CustomResourceDefinitions and waits until the API server serves them. */
export async function installDefinitions(
  { client, apply }: { readonly client: KubeClient; readonly apply: Apply },
  definitions: readonly KubeObject[],
): Promise<void> {
  await apply(definitions);
  await Promise.all(
    definitions.map(({ metadata: { name } }) =>
      waitFor({
        what: `the definition ${name} to be established`,
        timeoutMs: 60_000,
        look: async () => {
          const { status } = await client.get(CustomResourceDefinition, { name });
          const isEstablished = status?.conditions?.some(
            (condition) => condition.type === 'Established' && condition.status === 'True',
          );
          return isEstablished || undefined;
        },
      }),
    ),
  );
}
