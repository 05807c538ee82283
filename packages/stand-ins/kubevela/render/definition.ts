/**
 * What a definition is to the stand-in: a function from properties to objects, and a judgement of live objects. KubeVela
 * keeps both as CUE templates in ComponentDefinitions and TraitDefinitions; here they are built in, one file each.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Properties } from '../model/application.ts';

export interface RenderContext {
  appName: string;
  namespace: string;
  /** The component's name. */
  name: string;
}

/** An object that may still lack its name and namespace. */
export interface Draft {
  apiVersion: string;
  kind: string;
  metadata?: Partial<KubeObject['metadata']>;
  [field: string]: unknown;
}

/** Auxiliary objects in the order of their rendering, each under the key that becomes `trait.oam.dev/resource`. */
export type DraftOutputs = Record<string, Draft>;

export interface Health {
  healthy: boolean;
  message?: string;
}

export interface ComponentType {
  workloadDefinition: { apiVersion: string; kind: string };
  render(properties: Properties, context: RenderContext): { output: Draft; outputs: DraftOutputs };
  /** `workload` is the live main object. A type without a judgement is healthy once it was applied. */
  health?(workload: KubeObject): Health;
}

export interface TraitType {
  patch?(workload: Draft, properties: Properties, context: RenderContext): Draft;
  outputs?(properties: Properties, context: RenderContext): DraftOutputs;
  /** `outputs` are the live objects of this trait. */
  health?(outputs: readonly KubeObject[], properties: Properties, context: RenderContext): Health;
}

/** Properties that a template cannot be filled with. The text is the stand-in's own: KubeVela shows CUE's. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
}
