/**
 * How objects and lists go out: as stored, in the version of the URL, or as `Table` and `PartialObjectMetadata`.
 * What is stored is not parsed for it: the stored JSON starts with kind and apiVersion, then comes the metadata.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import { toTable } from '@kubenova/kube-model/table/table.ts';
import type { Format } from './negotiation.ts';
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
  const { as, version } = options.format;
  if (as === undefined) return isEntry(what) ? entryJson(type, what) : JSON.stringify(what);
  const object = isEntry(what) ? entryObject(type, what) : what;
  if (as === 'PartialObjectMetadata') return JSON.stringify(partial(object, version));
  const table = toTable(type, [object], { ...options, revision: object.metadata.resourceVersion ?? '' });
  return JSON.stringify({ ...table, apiVersion: `meta.k8s.io/${version}` });
}

export function renderList(type: ResourceType, listed: Listed, options: RenderOptions): string {
  const { as, version } = options.format;
  const { entries, revision, continue: token, remainingItemCount: remaining } = listed;
  if (as === 'Table') {
    const objects = entries.map((entry) => entryObject(type, entry));
    const table = toTable(type, objects, { ...options, revision: String(revision), continue: token, remaining });
    return JSON.stringify({ ...table, apiVersion: `meta.k8s.io/${version}` });
  }
  // Lists of custom kinds always tell that there is no more.
  const next = token ?? (type.crd === undefined ? undefined : '');
  const metadata = { resourceVersion: String(revision), continue: next, remainingItemCount: remaining };
  const list = (kind: string, apiVersion: string, items: string[]): string => {
    const head = JSON.stringify({ kind, apiVersion, metadata });
    return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
  };
  if (as !== undefined) {
    const items = entries.map(({ object }) => JSON.stringify(partial(object, version)));
    return list('PartialObjectMetadataList', `meta.k8s.io/${version}`, items);
  }
  // The items of built-in kinds do not say what they are.
  const bare = ({ json }: Entry): string => `{${json.slice(json.indexOf('"metadata":'))}`;
  const items = entries.map(type.crd === undefined ? bare : (entry) => entryJson(type, entry));
  return list(type.listKind, apiVersionOf(type), items);
}

function partial({ metadata }: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
}

const isEntry = (what: Entry | KubeObject): what is Entry => typeof what.revision === 'number';
