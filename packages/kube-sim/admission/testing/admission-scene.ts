/** For tests: a store with the kinds of a cluster, and requests that run through all plugins as the API server runs them. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, type Status } from '@kubenova/kube-model/api-error.ts';
import { builtinTypes } from '@kubenova/kube-model/resources/builtin.ts';
import { createRegistry } from '@kubenova/kube-model/resources/registry.ts';
import type { ResourceRegistry, ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { UserInfo } from '../../auth/user.ts';
import { createStore } from '../../store/memory-store.ts';
import type { AdmissionRequest } from '../admission.ts';
import { createAdmission } from '../plugins.ts';

const ADMIN: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const BUILTIN = builtinTypes();

/** As a manifest; `metadata.name` may be absent where a test does not need it. */
export type Body = { apiVersion: string; kind: string; metadata?: Record<string, unknown>; [field: string]: unknown };
export type Overrides = Partial<Omit<AdmissionRequest, 'object' | 'type'>>;

export interface AdmissionScene {
  readonly store: Store;
  readonly resources: ResourceRegistry;
  typeOf(body: { apiVersion: string; kind: string }): ResourceType;
  /** Writes past admission. */
  given(...bodies: Body[]): void;
  request(body: Body, overrides?: Overrides): AdmissionRequest;
  /** Runs all plugins and answers the request as it came out. @throws ApiError */
  admit(request: AdmissionRequest): Promise<AdmissionRequest>;
  /** The Status with which a request is refused. @throws Error when it is let through */
  refusal(request: AdmissionRequest): Promise<Status>;
}

export function admissionScene(types: readonly ResourceType[] = []): AdmissionScene {
  const store = createStore();
  const resources = createRegistry([...BUILTIN, ...types]);
  const plugins = createAdmission({ store, resources });
  const typeOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }): ResourceType => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const type = resources.byKind(group, version, kind);
    if (type === undefined) throw new Error(`${apiVersion} ${kind} is not served.`);
    return type;
  };
  const scene: AdmissionScene = {
    store,
    resources,
    typeOf,
    given(...bodies) {
      for (const body of bodies) {
        const object = structuredClone(body) as unknown as KubeObject;
        const { storage } = typeOf(body);
        store.put(storage, object, store.get(storage, object.metadata.namespace ?? '', object.metadata.name));
      }
    },
    request(body, overrides = {}) {
      const object = structuredClone({ metadata: {}, ...body }) as unknown as KubeObject;
      const type = typeOf(body);
      const { name = '', namespace = '' } = object.metadata;
      return {
        operation: 'CREATE',
        type,
        namespace: type.storage === 'namespaces' ? name : namespace,
        name,
        object,
        oldObject: undefined,
        user: ADMIN,
        dryRun: false,
        options: undefined,
        warnings: [],
        ...overrides,
      };
    },
    async admit(request) {
      for (const plugin of plugins) await plugin.mutate?.(request);
      for (const plugin of plugins) await plugin.validate?.(request);
      return request;
    },
    async refusal(request) {
      try {
        await scene.admit(request);
      } catch (error) {
        if (error instanceof ApiError) return error.status;
        throw error;
      }
      throw new Error('It was let through.');
    },
  };
  scene.given(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' }, status: { phase: 'Active' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'a' } },
  );
  return scene;
}
