/**
 * How objects and lists go out: as stored, in the version of the URL, or as `Table` and `PartialObjectMetadata`.
 * What is stored is not parsed for it: the stored JSON starts with kind and apiVersion, then comes the metadata.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Entry } from '../store/store.ts';
import type { Format } from './negotiation.ts';
import { toTable } from './table/table.ts';
import type { Listed } from './verbs/read.ts';

export interface RenderOptions {
  readonly format: Format;
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly now: number;
  /** Whether a table names its columns: yes, unless it is a later event of a watch. */
  readonly headers?: boolean;
}

const heads = new WeakMap<ResourceType, string>();

function headOf(type: ResourceType): string {
  let head = heads.get(type);
  if (head === undefined) {
    head = `{"kind":${JSON.stringify(type.kind)},"apiVersion":${JSON.stringify(apiVersionOf(type))},`;
    heads.set(type, head);
  }
  return head;
}

/** The JSON of an entry in the version that `type` serves. */
export function entryJson(type: ResourceType, { json }: Entry): string {
  const head = headOf(type);
  return json.startsWith(head) ? json : head + json.slice(json.indexOf('"metadata":'));
}

/** The same object in the version that `type` serves; shared. */
export function entryObject(type: ResourceType, { object }: Entry): KubeObject {
  const apiVersion = apiVersionOf(type);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

export function renderObject(type: ResourceType, what: Entry | KubeObject, options: RenderOptions): string {
  const { format, includeObject, now, headers } = options;
  const entry = isEntry(what) ? what : undefined;
  if (format.as === undefined) return entry ? entryJson(type, entry) : JSON.stringify(what);
  const object = isEntry(what) ? entryObject(type, what) : what;
  if (format.as === 'PartialObjectMetadata') return JSON.stringify(partial(object, format.version));
  const revision = object.metadata.resourceVersion ?? '';
  const table = toTable(type, [object], { revision, includeObject, now, headers });
  return JSON.stringify({ ...table, apiVersion: `meta.k8s.io/${format.version}` });
}

export function renderList(type: ResourceType, listed: Listed, options: RenderOptions): string {
  const { format, includeObject, now } = options;
  const { entries, revision, continue: token, remainingItemCount } = listed;
  const resourceVersion = String(revision);
  if (format.as === 'Table') {
    const objects = entries.map((entry) => entryObject(type, entry));
    const table = toTable(type, objects, {
      revision: resourceVersion,
      continue: token,
      remaining: remainingItemCount,
      includeObject,
      now,
    });
    return JSON.stringify({ ...table, apiVersion: `meta.k8s.io/${format.version}` });
  }
  // Lists of custom kinds always tell that there is no more.
  const next = token ?? (type.crd === undefined ? undefined : '');
  const metadata = JSON.stringify({ resourceVersion, continue: next, remainingItemCount });
  if (format.as !== undefined) {
    const items = entries.map(({ object }) => JSON.stringify(partial(object, format.version)));
    const head = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${format.version}"`;
    return `${head},"metadata":${metadata},"items":[${items.join(',')}]}`;
  }
  // The items of built-in kinds do not say what they are.
  const items =
    type.crd === undefined
      ? entries.map(({ json }) => `{${json.slice(json.indexOf('"metadata":'))}`)
      : entries.map((entry) => entryJson(type, entry));
  const head = `{"kind":${JSON.stringify(type.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(type))}`;
  return `${head},"metadata":${metadata},"items":[${items.join(',')}]}`;
}

export function partial({ metadata }: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
}

function isEntry(what: Entry | KubeObject): what is Entry {
  return typeof what.json === 'string' && typeof what.revision === 'number';
}
