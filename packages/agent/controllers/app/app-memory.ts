/**
 * What the Agent knows of an App between two looks; all of it can be lost and is then worked out again.
 */
import type { FailedResolve, Rendered } from './desired-application.ts';
import type { Findings } from './report.ts';

export interface AppMemory {
  /** The desired state as it was last read; anything else here belongs to it. */
  readonly stateText: string;
  /** What the rendering came to, without the spec, which may be large. */
  readonly rendering?: {
    readonly resolved: Findings['resolved'];
    readonly rendered: Findings['rendered'];
    /** Without the spec; metadata, publishVersion and hash are kept. */
    readonly outline: Rendered;
  };
  /** The live Application whose spec was found equal to the rendering. */
  readonly verified?: { readonly uid: string; readonly generation: number };
  readonly failed?: FailedResolve;
  /** Since when the App is not settled, ms since the epoch. */
  readonly unsettledSince?: number;
}

/** The rendering without what takes space. */
export function outlineOf(rendered: Rendered): Rendered {
  return { ...rendered, application: { ...rendered.application, spec: {} } };
}
