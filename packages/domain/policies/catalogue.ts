/** The catalogue of policies, by type and in the order in which it is shown. */
import { imagePullPolicy } from './image-pull-policy.ts';
import type { CatalogueEntry } from './policy-type.ts';

const entries: readonly CatalogueEntry[] = [imagePullPolicy];

export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(entries.map((entry) => [entry.type, entry]));
