/** Which change on a cluster leads to a look at which record. */
import { APP_ID, MANAGED_BY, SANDBOX_ID, TENANT_ID } from '@kubenova/domain/labels.ts';
import type { KubeClient, WatchEvent } from '@kubenova/kube/client.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchCluster } from './watcher.ts';

const ours = { [MANAGED_BY]: 'kubenova' };
const tenant = { ...ours, [TENANT_ID]: 't1' };
const app = { ...tenant, [APP_ID]: 'a1' };
const sandbox = { ...tenant, [SANDBOX_ID]: 's1' };

let hints: string[];
let stop: () => void;
let watches: Map<string, (event: WatchEvent) => void>;
let version: number;

beforeEach(async () => {
  hints = [];
  watches = new Map();
  version = 1;
  const kube = {
    list: async () => ({ items: [], resourceVersion: '1' }),
    watch: ({ kind }: { kind: string }, { signal }: { signal?: AbortSignal }) => follow(kind, signal),
  };
  stop = watchCluster(
    kube as unknown as Pick<KubeClient, 'list' | 'watch'>,
    ({ kind, id }) => hints.push(`${kind} ${id}`),
    () => undefined,
  );
  await waitFor({
    what: 'the watches',
    timeoutMs: 5_000,
    everyMs: 1,
    look: async () => watches.size === 6 || undefined,
  });
});
afterEach(() => stop());

async function* follow(kind: string, signal: AbortSignal | undefined): AsyncGenerator<WatchEvent> {
  const events: WatchEvent[] = [];
  let wake = () => {};
  signal?.addEventListener('abort', () => wake());
  watches.set(kind, (event) => {
    events.push(event);
    wake();
  });
  while (signal?.aborted !== true) {
    yield* events.splice(0);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function object(kind: string, labels: Record<string, string>, more: Partial<KubeObject> = {}, name = 'x'): KubeObject {
  return { apiVersion: 'v1', kind, ...more, metadata: { name, uid: name, labels, ...more.metadata } };
}

function send(type: 'ADDED' | 'MODIFIED' | 'DELETED', state: KubeObject): void {
  version += 1;
  const metadata = { ...state.metadata, resourceVersion: String(version) };
  watches.get(state.kind ?? '')?.({ type, object: { ...state, metadata } });
}

/** Waits until everything that was sent before of a kind has been told. */
async function told(kind: string): Promise<string[]> {
  send('ADDED', object(kind, { ...ours, [TENANT_ID]: `mark${version}` }, {}, `mark${version}`));
  const mark = `tenant mark${version - 1}`;
  const look = async () => hints.includes(mark) || undefined;
  await waitFor({ what: 'the mark', timeoutMs: 5_000, everyMs: 1, look });
  return hints.splice(0).filter((hint) => !hint.startsWith('tenant mark'));
}

/** What leads to a look when an object that was there changes. */
async function after(before: KubeObject, changed: KubeObject | 'DELETED'): Promise<string[]> {
  send('ADDED', before);
  await told(before.kind ?? '');
  if (changed === 'DELETED') send('DELETED', before);
  else send('MODIFIED', changed);
  return told(before.kind ?? '');
}

const subjects = (name: string) => ({ subjects: [{ kind: 'Group', name }] });
const annotated = (annotations: Record<string, string>) => ({ metadata: { name: 'x', annotations } });

describe('a look at the record follows', () => {
  it.each<[string, KubeObject, KubeObject | 'DELETED', string[]]>([
    ['a binding that goes', object('RoleBinding', app, subjects('a')), 'DELETED', ['app a1']],
    [
      'a binding that is given to others',
      object('RoleBinding', sandbox, subjects('a')),
      object('RoleBinding', sandbox, subjects('b')),
      ['sandbox s1'],
    ],
    ['an account that goes', object('ServiceAccount', app), 'DELETED', ['app a1']],
    [
      'a label of a namespace',
      object('Namespace', app),
      object('Namespace', { ...app, 'pod-security.kubernetes.io/enforce': 'privileged' }),
      ['app a1'],
    ],
    [
      'an annotation of a namespace',
      object('Namespace', sandbox, annotated({ a: '1' })),
      object('Namespace', sandbox, annotated({ a: '2' })),
      ['sandbox s1'],
    ],
    [
      'a namespace that is given to another record: for both',
      object('Namespace', app),
      object('Namespace', { ...tenant, [APP_ID]: 'a2' }),
      ['app a2', 'app a1'],
    ],
    ['a namespace that is nobody’s any more', object('Namespace', app), object('Namespace', ours), ['app a1']],
    [
      'a quota of a Tenant',
      object('Tenant', tenant, { spec: { a: 1 } }),
      object('Tenant', tenant, { spec: { a: 2 } }),
      ['tenant t1'],
    ],
    [
      'an annotation of a Tenant',
      object('Tenant', tenant),
      object('Tenant', tenant, annotated({ 'kubenova.io/owners': '[]' })),
      ['tenant t1'],
    ],
    [
      'what Capsule says that it cannot do',
      object('Tenant', tenant),
      object('Tenant', tenant, { status: { conditions: [{ type: 'Ready', status: 'False', message: 'no' }] } }),
      ['tenant t1'],
    ],
    [
      'a state or a report in a ConfigMap',
      object('ConfigMap', tenant, { data: { a: '1' } }),
      object('ConfigMap', tenant, { data: { a: '2' } }),
      ['tenant t1'],
    ],
    [
      'the limits of a sandbox',
      object('ResourceQuota', sandbox, { spec: { hard: { pods: '1' } } }),
      object('ResourceQuota', sandbox, { spec: { hard: { pods: '2' } } }),
      ['sandbox s1'],
    ],
  ])('%s', async (_what, before, changed, expected) => {
    expect(await after(before, changed)).toEqual(expected);
  });

  it.each<[string, KubeObject, KubeObject]>([
    ['that nothing has changed in', object('RoleBinding', app), object('RoleBinding', app)],
    [
      'whose use has changed',
      object('ResourceQuota', sandbox, { status: { used: { pods: '1' } } }),
      object('ResourceQuota', sandbox, { status: { used: { pods: '2' } } }),
    ],
    [
      'of which Capsule says that it is well',
      object('Tenant', tenant),
      object('Tenant', tenant, { status: { conditions: [{ type: 'Ready', status: 'True', message: 'reconciled' }] } }),
    ],
    ['that is no record’s', object('Namespace', ours), object('Namespace', { ...ours, team: 'edge' })],
  ])('nothing %s', async (_what, before, changed) => {
    expect(await after(before, changed)).toEqual([]);
  });
});
