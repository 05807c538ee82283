/** For tests: a cluster without HTTP, with the true verbs and admission, its controllers running, and a clock that only tests move. */
import { Namespace, Node } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Clock } from '@kubenova/kube-model/clock.ts';
import { builtinTypes } from '@kubenova/kube-model/resources/builtin.ts';
import { createRegistry } from '@kubenova/kube-model/resources/registry.ts';
import type { ResourceRegistry, ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { createAdmission } from '@kubenova/kube-sim/admission/plugins.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';
import { createLocalClient } from '@kubenova/kube-sim/api/local-clients.ts';
import { machinery, type UserInfo } from '@kubenova/kube-sim/auth/user.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { type BuiltInControllerOptions, builtInControllers, controllerUser } from '../all.ts';
import type { Controller } from '../controller.ts';
import { startControllers } from '../run.ts';

const BUILTIN = builtinTypes();

export interface ManualClock extends Clock {
  /** Lets time pass, and what is due happen in its order. */
  advance(ms: number): void;
}

export function manualClock(start = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  let now = start;
  const timers = new Set<{ due: number; run: () => void }>();
  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        timers.delete(next);
        now = next.due;
        next.run();
      }
      now = end;
    },
  };
}

export interface ClusterScene {
  readonly store: Store;
  readonly resources: ResourceRegistry;
  readonly clock: ManualClock;
  readonly client: LocalClient;
  readonly errors: string[];
  clientFor(user: UserInfo): LocalClient;
  /** Creates manifests as an administrator, in the namespace `app` unless they say another. */
  create(...manifests: Manifest[]): Promise<void>;
  /** Resolves when the controllers have nothing to do, after time has passed. */
  settle(ms?: number): Promise<void>;
  stop(): void;
}

export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  [field: string]: unknown;
};

export interface SceneOptions extends Partial<BuiltInControllerOptions> {
  readonly nodes?: number;
  readonly types?: readonly ResourceType[];
  readonly controllers?: readonly Controller[];
}

export async function clusterScene({
  nodes = 2,
  types = [],
  controllers,
  ...options
}: SceneOptions = {}): Promise<ClusterScene> {
  const store = createStore();
  const clock = manualClock();
  const resources = createRegistry([...BUILTIN, ...types]);
  const admission = createAdmission({ store, resources });
  const clientFor = (user: UserInfo): LocalClient => createLocalClient({ store, resources, clock, admission }, user);
  const client = clientFor(machinery('admin'));
  const errors: string[] = [];
  const all = controllers ?? builtInControllers({ clientFor, ...options });
  const running = startControllers(
    all,
    (name) => ({ client: clientFor(controllerUser(name)), store, resources, clock }),
    { idleHorizonMs: 0, onError: (name, key, error) => errors.push(`${name} ${key}: ${(error as Error).message}`) },
  );
  const scene: ClusterScene = {
    store,
    resources,
    clock,
    client,
    errors,
    clientFor,
    async create(...manifests) {
      for (const manifest of manifests) {
        const object = structuredClone(manifest) as KubeObject;
        const [version = '', group = ''] = object.apiVersion.split('/').reverse();
        const type = resources.byKind(group, version, object.kind);
        if (type === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served.`);
        if (type.namespaced) object.metadata.namespace ??= 'app';
        await client.create(type, object);
      }
    },
    async settle(ms = 0) {
      await running.idle();
      if (ms > 0) clock.advance(ms);
      await running.idle();
    },
    stop: running.stop,
  };
  for (let index = 1; index <= nodes; index += 1) {
    const name = `node-${index}`;
    const made = await client.create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    const conditions = [{ type: 'Ready', status: 'True' as const, reason: 'KubeletReady' }];
    const addresses = [{ type: 'InternalIP', address: `192.168.0.${index}` }];
    await client.update(Node, { ...made, status: { conditions, addresses } }, 'status');
  }
  for (const name of ['default', 'app']) {
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await running.idle();
  return scene;
}
