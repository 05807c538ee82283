/** What one reconciliation carries along: the Application, its status as it is being built, and the tools. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { Application, ApplicationStatus, Condition, ConditionType, Phase } from '../model/application.ts';
import { conditionError, conditionTrue, setCondition } from '../model/conditions.ts';
import { mergePatchBetween } from '../model/merge-patch.ts';
import type { ApplicationRevision as Revision } from '../model/revision.ts';
import type { Trackers } from '../model/tracker.ts';
import type { EventRecorder, WarningReason } from './events.ts';
import { Application as ApplicationKind } from './kinds.ts';
import type { Outputs } from './outputs.ts';
import type { Settings } from './settings.ts';
import type { TrackerStore } from './tracker-store.ts';

export interface Run {
  readonly client: KubeClient;
  readonly settings: Settings;
  readonly store: TrackerStore;
  readonly outputs: Outputs;
  /** RFC 3339 in whole seconds, as Kubernetes writes it. */
  readonly now: () => string;
  readonly attempts: Attempts;
  readonly events: EventRecorder;
  readonly key: string;
  /** Its spec is the published one, which need not be the one in the cluster. */
  app: Application;
  trackers: Trackers;
  revision?: Revision;
  status: ApplicationStatus;
}

/** How often the steps of a version were tried and failed. Kept in memory only, as KubeVela does. */
export interface Attempts {
  of(key: string, version: string): { tries: number; errors: Map<string, number> };
  forget(key: string): void;
}

export function createAttempts(): Attempts {
  const entries = new Map<string, { version: string; tries: number; errors: Map<string, number> }>();
  return {
    of(key, version) {
      const before = entries.get(key);
      if (before?.version === version) return before;
      const fresh = { version, tries: 0, errors: new Map<string, number>() };
      entries.set(key, fresh);
      return fresh;
    },
    forget: (key) => void entries.delete(key),
  };
}

/** An Application that cannot be brought further now. It is tried again with growing pauses. */
export class ReconcileProblem extends Error {
  override readonly name = 'ReconcileProblem';
}

export function succeed(run: Run, type: ConditionType): void {
  setOn(run, conditionTrue(type, run.now()));
}

export function setOn(run: Run, condition: Condition): void {
  run.status = { ...run.status, conditions: setCondition(run.status.conditions, condition) };
}

/** Writes the status if it changed. Every write says which generation was looked at. */
export async function writeStatus(run: Run, phase: Phase): Promise<void> {
  const before = run.app.status ?? {};
  const after = { ...run.status, status: phase, observedGeneration: run.app.metadata.generation ?? 0 };
  run.status = after;
  const patch = mergePatchBetween({ ...before }, { ...after });
  if (!patch) return;
  // KubeVela patches with what it has and cannot clear a list that way: while a new version has nothing to show yet,
  // the old one's services and objects are still told of. Only the deletion of an Application replaces its status.
  if (phase !== 'deleting') {
    for (const field of ['services', 'appliedResources']) if (patch[field] === null) delete patch[field];
    if (Object.keys(patch).length === 0) return;
  }
  const { name, namespace } = run.app.metadata;
  const options = { type: 'merge', subresource: 'status' } as const;
  const written = await run.client.patch(ApplicationKind, { name, namespace }, { status: patch }, options);
  run.app = { ...run.app, status: written.status };
}

const WARNINGS: Partial<Record<ConditionType, WarningReason>> = {
  Parsed: 'FailedParse',
  Revision: 'FailedRevision',
  Policy: 'FailedApply',
  Workflow: 'FailedWorkflow',
};

/** Ends a reconciliation with a condition that says why. @throws ReconcileProblem always */
export async function endWithProblem(run: Run, type: ConditionType, message: string, phase: Phase): Promise<never> {
  const reason = WARNINGS[type];
  if (reason) run.events.warning(run.app, reason, message);
  setOn(run, conditionError(type, message, run.now()));
  await writeStatus(run, phase);
  throw new ReconcileProblem(`${type}: ${message}`);
}
