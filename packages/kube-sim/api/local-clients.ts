/** `LocalClient` on the verbs that HTTP uses too. */
import type { KubeObject, ObjectRef } from '@kubenova/kube/object.ts';
import { apiVersionOf, type Resource } from '@kubenova/kube/resource.ts';
import type { UserInfo } from '../auth/user.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { isApiError, unknownPath } from './api-error.ts';
import type { LocalClient } from './local-client.ts';
import { entryObject } from './rendering.ts';
import type { Call, VerbParts, WriteOptions } from './verbs/call.ts';
import { remove } from './verbs/deletion.ts';
import { MERGE, patch } from './verbs/patch.ts';
import { create, decoded, update } from './verbs/write.ts';

export function createLocalClient(parts: VerbParts, user: UserInfo): LocalClient {
  const { store, resources } = parts;
  const options: WriteOptions = {
    dryRun: false,
    fieldManager: managerOf(user.username),
    fieldValidation: 'Ignore',
    force: false,
  };
  const typeOf = (resource: Resource): ResourceType => {
    const type = resources.find(resource);
    if (type === undefined) throw unknownPath();
    return type;
  };
  const callOn = (type: ResourceType, { name, namespace = '' }: ObjectRef, subresource?: string): Call => ({
    user,
    type,
    namespace: type.namespaced ? namespace : '',
    name,
    subresource,
    warnings: [],
  });
  const whole = (type: ResourceType, object: KubeObject): KubeObject => ({
    ...object,
    kind: type.kind,
    apiVersion: apiVersionOf(type),
  });

  return {
    find<T extends KubeObject>(resource: Resource<T>, { name, namespace = '' }: ObjectRef) {
      const type = typeOf(resource);
      const entry = store.get(type.storage, type.namespaced ? namespace : '', name);
      return entry && (entryObject(type, entry) as T);
    },
    list<T extends KubeObject>(resource: Resource<T>, namespace?: string) {
      const type = typeOf(resource);
      return store.list(type.storage, { namespace }).entries.map((entry) => entryObject(type, entry) as T);
    },
    async create<T extends KubeObject>(resource: Resource<T>, object: T) {
      const type = typeOf(resource);
      const call = callOn(type, { ...object.metadata, name: '' });
      return (await create(parts, call, options, decoded(call, options, whole(type, object)))).object as T;
    },
    async update<T extends KubeObject>(resource: Resource<T>, object: T, subresource?: string) {
      const type = typeOf(resource);
      const call = callOn(type, object.metadata, subresource);
      return (await update(parts, call, options, whole(type, object))).object as T;
    },
    async patch<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, change: object, subresource?: string) {
      const call = callOn(typeOf(resource), ref, subresource);
      return (await patch(parts, call, options, MERGE, change)).object as T;
    },
    async delete(resource, ref, { uid, propagationPolicy, gracePeriodSeconds } = {}) {
      const preconditions = uid === undefined ? undefined : { uid };
      const call = callOn(typeOf(resource), ref);
      try {
        await remove(parts, call, { dryRun: false, propagationPolicy, gracePeriodSeconds, preconditions });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    },
  };
}

/** The program that such a user is in a real cluster, as managed fields name it. */
function managerOf(username: string): string {
  if (username === 'system:kube-scheduler') return 'kube-scheduler';
  return username.startsWith('system:node:') ? 'kubelet' : 'kube-controller-manager';
}
