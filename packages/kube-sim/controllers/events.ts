/**
 * Events (`core/v1`) of the controllers. Nothing is remembered about them: the name of an event is a hash of what it says
 * about what, so that saying it again finds it and counts up. Each namespace keeps the newest few for an hour, whoever
 * wrote them.
 */
import { createHash } from 'node:crypto';
import { Event } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError } from '../api/api-error.ts';
import { microTimestamp, timestamp } from '../clock.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface EventText {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** As in `spec.containers{web}`. */
  readonly fieldPath?: string;
  /** The node that says so. */
  readonly host?: string;
  /** Set by components that use `events.k8s.io`, such as the scheduler. */
  readonly action?: string;
}

/** Says something about an object. Never fails: what cannot be written is not worth a retry. */
export type Emit = (context: ControllerContext, about: KubeObject, text: EventText) => Promise<void>;

const TTL_MS = 3_600_000;

export function createEmit(component: string, eventsPerNamespace: number): Emit {
  if (eventsPerNamespace === 0) return async () => {};
  return async (context, about, text) => {
    const { client, clock } = context;
    const { apiVersion, kind, metadata } = about;
    const { type = 'Normal', reason, message, fieldPath, host, action } = text;
    const said = JSON.stringify([component, metadata.uid, type, reason, message, fieldPath]);
    const name = `${metadata.name}.${createHash('sha256').update(said).digest('hex').slice(0, 16)}`;
    const namespace = metadata.namespace ?? 'default';
    const now = timestamp(clock);
    const involvedObject = {
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace && { namespace: metadata.namespace }),
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      ...(fieldPath && { fieldPath }),
    };
    try {
      const known = client.find(Event, { name, namespace });
      if (known !== undefined && action !== undefined) return;
      if (known !== undefined) {
        const again = { count: (known.count ?? 1) + 1, lastTimestamp: now };
        await client.patch(Event, { name, namespace }, again);
        return;
      }
      await client.create(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject,
        type,
        reason,
        message,
        reportingComponent: component,
        ...(action === undefined
          ? {
              source: { component, ...(host && { host }) },
              reportingInstance: host ?? '',
              count: 1,
              firstTimestamp: now,
              lastTimestamp: now,
              eventTime: null,
            }
          : { reportingInstance: component, action, eventTime: microTimestamp(clock) }),
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  };
}

/** Forgets old events as etcd's leases do, without asking admission. Its keys are namespaces. */
export function eventExpiry(eventsPerNamespace: number): Controller {
  return {
    name: 'event-expiry',
    watches: ['events'],
    keysOf: ({ type, entry }) => (type === 'DELETED' ? [] : [entry.namespace]),
    async reconcile(namespace, { store, clock }) {
      const entries = [...store.list('events', { namespace }).entries].sort((a, b) => a.revision - b.revision);
      const kept = eventsPerNamespace === 0 ? entries : entries.slice(-eventsPerNamespace);
      const end = clock.now() - TTL_MS;
      const dueAt = kept.map(({ object }) => Date.parse(object.metadata.creationTimestamp ?? '') - end);
      kept.forEach((entry, index) => {
        if ((dueAt[index] ?? 0) <= 0) store.remove('events', entry);
      });
      for (const entry of entries.slice(0, entries.length - kept.length)) store.remove('events', entry);
      const left = dueAt.filter((ms) => ms > 0);
      // Rounded up, so that a namespace is visited once for many.
      return left.length === 0 ? undefined : { againInMs: Math.min(...left) + 60_000 };
    },
  };
}
