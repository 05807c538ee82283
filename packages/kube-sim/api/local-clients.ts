/** `LocalClient` on the verbs that HTTP uses too. */
import type { KubeObject, ObjectRef } from '@kubenova/kube/object.ts';
import { apiVersionOf, type Resource } from '@kubenova/kube/resource.ts';
import { isApiError, unknownPath } from '@kubenova/kube-model/api-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { UserInfo } from '../auth/user.ts';
import type { LocalClient } from './local-client.ts';
import { entryObject } from './rendering.ts';
import type { Call, VerbParts, WriteOptions } from './verbs/call.ts';
import { remove } from './verbs/deletion.ts';
import { MERGE, patch } from './verbs/patch.ts';
import { create, decoded, update } from './verbs/write.ts';

export function createLocalClient(parts: VerbParts, user: UserInfo): LocalClient {
  const { store, resources } = parts;
  const fieldManager = managerOf(user.username);
  const options: WriteOptions = { dryRun: false, fieldManager, fieldValidation: 'Ignore', force: false };
  const typeOf = (resource: Resource): ResourceType => {
    const type = resources.find(resource);
    if (type === undefined) throw unknownPath();
    return type;
  };
  const callOn = (resource: Resource, { name, namespace = '' }: ObjectRef, subresource?: string): Call => {
    const type = typeOf(resource);
    return { user, type, namespace: type.namespaced ? namespace : '', name, subresource, warnings: [] };
  };
  const whole = ({ type }: Call, object: KubeObject): KubeObject => {
    return { ...object, kind: type.kind, apiVersion: apiVersionOf(type) };
  };

  return {
    find<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef) {
      const { type, namespace, name } = callOn(resource, ref);
      const entry = store.get(type.storage, namespace, name);
      return entry && (entryObject(type, entry) as T);
    },
    list<T extends KubeObject>(resource: Resource<T>, namespace?: string) {
      const type = typeOf(resource);
      return store.list(type.storage, { namespace }).entries.map((entry) => entryObject(type, entry) as T);
    },
    async create<T extends KubeObject>(resource: Resource<T>, object: T) {
      const call = callOn(resource, { ...object.metadata, name: '' });
      return (await create(parts, call, options, decoded(call, options, whole(call, object)))).object as T;
    },
    async update<T extends KubeObject>(resource: Resource<T>, object: T, subresource?: string) {
      const call = callOn(resource, object.metadata, subresource);
      return (await update(parts, call, options, whole(call, object))).object as T;
    },
    async patch<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, change: object, subresource?: string) {
      return (await patch(parts, callOn(resource, ref, subresource), options, MERGE, change)).object as T;
    },
    async delete(resource, ref, { uid, ...others } = {}) {
      try {
        await remove(parts, callOn(resource, ref), {
          dryRun: false,
          ...others,
          ...(uid && { preconditions: { uid } }),
        });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    },
  };
}

const PROGRAMS: Readonly<Record<string, string>> = {
  'system:apiserver': 'kube-apiserver',
  'system:kube-scheduler': 'kube-scheduler',
};

/** The program that such a user is in a real cluster, as managed fields name it. */
function managerOf(username: string): string {
  return PROGRAMS[username] ?? (username.startsWith('system:node:') ? 'kubelet' : 'kube-controller-manager');
}
