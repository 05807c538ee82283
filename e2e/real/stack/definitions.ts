import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiClient, KubeObject } from './client.ts';
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
export async function installDefinitions(client: ApiClient, definitions: readonly KubeObject[]): Promise<void> {
  await client.apply(definitions);
  await Promise.all(
    definitions.map(({ apiVersion, kind, metadata }) =>
      waitFor({
        what: `the definition ${metadata.name} to be established`,
        timeoutMs: 60_000,
        look: async () => {
          const found = await client.get(apiVersion, kind, metadata.name);
          const status = found?.status as { conditions?: { type: string; status: string }[] } | undefined;
          const isEstablished = status?.conditions?.some(
            (condition) => condition.type === 'Established' && condition.status === 'True',
          );
          return isEstablished || undefined;
        },
      }),
    ),
  );
}
