import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { Schema } from '../schema/schema.ts';

/** A column of `kubectl get`, for kinds that a CRD defines; built-in kinds have theirs in `api/table/`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly format?: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A subresource such as `status`, `scale`, `log`, `exec`, `token`, `eviction`, `binding`. */
export interface SubresourceType {
  readonly name: string;
  readonly verbs: readonly string[];
  /** Of the body: `Scale` of `autoscaling/v1` for `deployments/scale`; the resource's own when absent. */
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  /** `scale` of a CRD: where its numbers are. */
  readonly scalePaths?: { readonly spec: string; readonly status: string; readonly selector?: string };
}

/** One served version of a kind. */
export interface ResourceType extends Resource<KubeObject> {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: Readonly<Record<string, SubresourceType>>;
  /** Where its objects are in the store, the same for all versions of a kind: `deployments.apps`, `pods`. */
  readonly storage: string;
  /** Never persisted: reviews and the like, which are answered on the spot. */
  readonly virtual?: boolean;
  readonly schema: Schema;
  /** Set for kinds of a CRD: its name. */
  readonly crd?: string;
  readonly columns?: readonly PrinterColumn[];
  /** Field selectors besides `metadata.name` and `metadata.namespace`; a CRD's `selectableFields` as paths without the dot. */
  readonly selectableFields: readonly string[];
}

/** `Resource` without its type argument: enough to find a type. */
export type TypeName = Pick<Resource, 'group' | 'version' | 'plural'>;

/** The kinds that the cluster serves now; CRDs come and go. */
export interface ResourceRegistry {
  find(name: TypeName): ResourceType | undefined;
  byKind(group: string, version: string, kind: string): ResourceType | undefined;
  /** Every served version of every kind, sorted by group, version, plural. */
  all(): readonly ResourceType[];
  /** Any served version of what is stored under this name. */
  byStorage(storage: string): ResourceType | undefined;
  /** Replaces what one CRD serves; with an empty list it is no longer served. */
  setCustom(crd: string, types: readonly ResourceType[]): void;
  /** Raised by each change of what is served, for caches of discovery and OpenAPI. */
  readonly version: number;
}
