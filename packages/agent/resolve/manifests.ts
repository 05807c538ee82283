/**
 * The YAML that helm prints, read as Kubernetes reads it.
 *
 * Kubernetes' own tools parse YAML 1.1 (sigs.k8s.io/yaml): `defaultMode: 0644` is octal, `enabled: yes` is a boolean,
 * and a key that stands twice counts once. YAML 1.2, the default of our parser, would make 644 out of the first. On the
 * other hand they know neither base-60 numbers (`22:22` stays text) nor dates, which YAML 1.1 has.
 */
import { isRecord, type Manifest } from '@kubenova/domain/manifest.ts';
import { parseAllDocuments, type Tags } from 'yaml';
import { excerpt, ResolveError } from './error.ts';

/** More objects than this are a mistake or an attack; the largest charts in use stay below 300. */
const MAX_OBJECTS = 1_000;

/**
 * Reads the objects of a stream of YAML documents; empty documents are left out and lists are opened.
 *
 * @param what the source for messages, such as «The chart podinfo 6.9.2»
 * @throws ResolveError OutputInvalid, TooLarge
 */
export function parseManifests(text: string, what: string): Manifest[] {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    logLevel: 'silent',
    customTags: withoutDatesAndBase60,
  });
  const objects: Manifest[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const error = document.errors[0];
    if (error) throw invalid(what, `renders YAML that cannot be read: ${excerpt(error.message, 300)}`);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 1_000 });
    } catch (cause) {
      throw invalid(what, 'renders YAML whose aliases expand without bound', cause);
    }
    if (value === null || value === undefined) continue;
    for (const item of openList(value)) objects.push(readObject(item, what));
    if (objects.length > MAX_OBJECTS) {
      throw new ResolveError('TooLarge', `${what} renders more than ${MAX_OBJECTS} objects.`);
    }
  }
  return objects;
}

function withoutDatesAndBase60(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag !== 'object') return true;
    return tag.tag !== 'tag:yaml.org,2002:timestamp' && !('format' in tag && tag.format === 'TIME');
  });
}

function openList(value: unknown): unknown[] {
  const isList = isRecord(value) && value.apiVersion === 'v1' && value.kind === 'List' && Array.isArray(value.items);
  return isList ? (value.items as unknown[]) : [value];
}

function readObject(value: unknown, what: string): Manifest {
  if (!isRecord(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') {
    throw invalid(what, 'renders a document that is not a Kubernetes object: it lacks apiVersion or kind');
  }
  if (!isRecord(value.metadata) || typeof value.metadata.name !== 'string') {
    throw invalid(what, `renders a ${excerpt(value.kind, 63)} without a name`);
  }
  return value as Manifest;
}

function invalid(what: string, problem: string, cause?: unknown): ResolveError {
  return new ResolveError('OutputInvalid', `${what} ${problem}.`, { cause });
}
