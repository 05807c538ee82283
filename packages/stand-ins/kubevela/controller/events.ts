/**
 * Events on Applications, with KubeVela's reasons and words. Each is written once for a version: the true program raises
 * the count of one that happens again. As there, an event that cannot be written is nobody's problem.
 */
import { randomBytes } from 'node:crypto';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Event } from '@kubenova/kube/kinds/core.ts';
import type { Application } from '../model/application.ts';

const MESSAGES = {
  Parsed: 'Parsed successfully',
  Revisioned: 'Revisioned successfully',
  PolicyGenerated: 'Policy generated successfully',
  Rendered: 'Rendered successfully',
  Applied: 'Workflow finished',
  Deployed: 'Deployed successfully',
} as const;

export type NormalReason = keyof typeof MESSAGES;
export type WarningReason =
  | 'FailedParse'
  | 'FailedRevision'
  | 'FailedApply'
  | 'FailedWorkflow'
  | 'FailedStateKeep'
  | 'FailedGC';

export interface EventRecorder {
  normal(app: Application, reason: NormalReason): void;
  warning(app: Application, reason: WarningReason, message: string): void;
  forget(key: string): void;
}

export function createEventRecorder(client: KubeClient, now: () => string, enabled: boolean): EventRecorder {
  const told = new Map<string, { version: string; events: Set<string> }>();

  function record(app: Application, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (!enabled) return;
    const { name, namespace, uid, generation = 0, annotations } = app.metadata;
    const key = `${namespace}/${name}`;
    const version = `${uid} ${generation} ${annotations?.['app.oam.dev/publishVersion'] ?? ''}`;
    const before = told.get(key);
    const events = before?.version === version ? before.events : new Set<string>();
    if (before?.version !== version) told.set(key, { version, events });
    const event = `${reason} ${message}`;
    if (events.has(event)) return;
    events.add(event);
    const time = now();
    client
      .create(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
        involvedObject: { apiVersion: app.apiVersion, kind: app.kind, name, namespace, uid },
        type,
        reason,
        message,
        source: { component: 'Application' },
        reportingComponent: 'Application',
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      })
      .catch(() => undefined);
  }

  return {
    normal: (app, reason) => record(app, 'Normal', reason, MESSAGES[reason]),
    warning: (app, reason, message) => record(app, 'Warning', reason, message),
    forget: (key) => void told.delete(key),
  };
}
