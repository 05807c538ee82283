/**
 * Events (`core/v1`) of the controllers. Nothing is remembered about them: the name of an event begins with its time, so
 * that lists are in order, and ends in a hash of what it says, so that saying it again finds it and counts up. Each
 * namespace keeps the newest few for an hour, whoever wrote them.
 */
import { createHash } from 'node:crypto';
import { Event } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface EventText {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** As in `spec.containers{web}`. */
  readonly fieldPath?: string;
  /** The node that says so. */
  readonly host?: string;
}

/** Says something about an object. Is not refused: what cannot be written is not worth a retry. */
export type Emit = (context: ControllerContext, about: KubeObject, text: EventText) => Promise<void>;

const TTL_MS = 3_600_000;

export function createEmit(component: string, eventsPerNamespace: number): Emit {
  /** Tells those of one millisecond apart. */
  let sequence = 0;
  return async ({ client, clock, store }, { apiVersion, kind, metadata }, text) => {
    if (eventsPerNamespace === 0) return;
    const { type = 'Normal', reason, message, fieldPath, host } = text;
    const { name: about, namespace, uid, resourceVersion } = metadata;
    const said = JSON.stringify([component, uid, type, reason, message, fieldPath]);
    const hash = createHash('sha256').update(said).digest('hex').slice(0, 8);
    const home = namespace ?? 'default';
    const { entries } = store.list('events', { namespace: home });
    const known = entries.find(({ name }) => name.startsWith(`${about}.`) && name.endsWith(hash));
    sequence = (sequence + 1) % 4096;
    const time = `${clock.now().toString(16)}${sequence.toString(16).padStart(3, '0')}`;
    const ref = { name: known?.name ?? `${about}.${time}${hash}`, namespace: home };
    const now = timestamp(clock);
    try {
      const before = known && client.find(Event, ref);
      if (before !== undefined) {
        await client.patch(Event, ref, { count: (before.count ?? 1) + 1, lastTimestamp: now });
        return;
      }
      await client.create(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: ref,
        involvedObject: { apiVersion, kind, name: about, namespace, uid, resourceVersion, fieldPath },
        type,
        reason,
        message,
        source: { component, host },
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        eventTime: null,
        reportingComponent: component,
        reportingInstance: host ?? '',
      });
    } catch (error) {
      if (!isApiError(error)) throw error;
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
      const newest = [...store.list('events', { namespace }).entries].sort((a, b) => b.revision - a.revision);
      const left = newest.map(
        ({ object }) => Date.parse(object.metadata.creationTimestamp ?? '') + TTL_MS - clock.now(),
      );
      const most = eventsPerNamespace || Number.POSITIVE_INFINITY;
      const keeps = left.map((ms, index) => index < most && ms > 0);
      for (const [index, entry] of newest.entries()) if (!keeps[index]) store.remove('events', entry);
      const next = Math.min(...left.filter((_, index) => keeps[index]));
      // Later than the first is due, so that a namespace is visited once for many.
      return next === Number.POSITIVE_INFINITY ? undefined : { againInMs: next + 60_000 };
    },
  };
}
