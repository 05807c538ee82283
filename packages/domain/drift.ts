/**
 * Drift: an object of ours that is not as KubeNova left it, because somebody changed it by hand or another program did.
 *
 * It is told from an ordinary change by the hash that every object of ours carries of what was asked for: where the hash
 * is that of what is desired now, nobody but a stranger can have made the difference. What is missing bears no hash; the
 * namespace around it therefore carries one over the names of what is in it.
 */

import { CONTENTS, DESIRED_HASH } from './labels.ts';
import { isRecord, type Manifest, objectTitle } from './manifest.ts';
import { shortHash } from './names.ts';
import { differingSteps, pathText, withDesiredHash } from './plan.ts';

/** What was found. */
export interface Drift {
  /** `RoleBinding tn-acme-shop-app-web/kubenova-devs` */
  object: string;
  /** `was missing`, `had another spec.resourceQuotas` */
  what: string;
  /** The field manager that wrote it, where the API server still knows: the name of a program, not of a person. */
  by?: string;
}

/**
 * How an object differs from what KubeNova left; undefined when it does not, or when what is desired has changed since.
 *
 * @param wasThere whether a missing object is known to have been there
 */
export function driftOf(observed: Manifest | undefined, desired: Manifest, wasThere: boolean): Drift | undefined {
  const object = objectTitle(desired);
  if (observed === undefined) return wasThere ? { object, what: 'was missing' } : undefined;
  if (observed.metadata.deletionTimestamp !== undefined) return undefined;
  const wanted = withDesiredHash(desired);
  if (observed.metadata.annotations?.[DESIRED_HASH] !== wanted.metadata.annotations?.[DESIRED_HASH]) return undefined;
  const steps = differingSteps(wanted, observed);
  if (steps === undefined) return undefined;
  const by = writerOf(observed, steps);
  return { object, what: `had another ${pathText(steps)}`, ...(by === undefined ? {} : { by }) };
}

/** The namespace with a hash over the names of what belongs into it. */
export function withContents(namespace: Manifest, contents: readonly Manifest[]): Manifest {
  const names = contents.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
  const annotations = { ...namespace.metadata.annotations, [CONTENTS]: shortHash(names.join('\n'), 16) };
  return { ...namespace, metadata: { ...namespace.metadata, annotations } };
}

/** Whether the namespace says that all that belongs into it has been there. */
export function wasFurnished(observed: Manifest | undefined, desired: Manifest): boolean {
  const expected = desired.metadata.annotations?.[CONTENTS];
  return expected !== undefined && observed?.metadata.annotations?.[CONTENTS] === expected;
}

/** The last manager, other than KubeNova, that owns the field; a field that was taken away is nobody's. */
function writerOf(observed: Manifest, steps: readonly (string | number)[]): string | undefined {
  const entries = (observed.metadata as { managedFields?: unknown }).managedFields;
  if (!Array.isArray(entries)) return undefined;
  const writers = entries
    .filter(isRecord)
    .filter(({ manager, fieldsV1 }) => typeof manager === 'string' && !OURS.test(manager) && owns(fieldsV1, steps))
    .sort((a, b) => String(a.time ?? '').localeCompare(String(b.time ?? '')));
  const last = writers.at(-1)?.manager;
  return typeof last === 'string' ? last : undefined;
}

const OURS = /^kubenova-/;

/**
 * Items of lists are named by their keys in `fieldsV1`, which a path does not know; owning the list is taken for owning
 * what is in it.
 * Source: structured-merge-diff, "fieldpath/serialize".
 */
function owns(fields: unknown, steps: readonly (string | number)[]): boolean {
  let at = fields;
  for (const step of steps) {
    if (typeof step === 'number') return true;
    if (!isRecord(at)) return false;
    const next = at[`f:${step}`];
    if (next === undefined) return false;
    at = next;
  }
  return true;
}
