/** How things end: deletion, finalizers, owners, namespaces. */
import { expect } from 'vitest';
import { type Body, casesOf, type Scope } from '../case.ts';
import {
  configMap,
  configMaps,
  del,
  deployment,
  deployments,
  get,
  patch,
  pod,
  pods,
  post,
  put,
  recorded,
} from '../requests.ts';

const one = `${configMaps}/one`;
const held = { finalizers: ['example.com/hold'] };
const release = (path: string) => patch('merge', path, { metadata: { finalizers: null } });

const gone = (s: Scope, path: string) =>
  s.until(`${path} to be gone`, async () => (await s.send(get(path))).code === 404);

const ownedBy = (owner: Body, more: object = {}) => ({
  ownerReferences: [
    { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, ...more },
  ],
});

/** A namespace made for being deleted, with a ConfigMap that does not let go. */
async function stuckNamespace(s: Scope): Promise<string> {
  const namespace = await s.namespace('end');
  await s.do(post(`/api/v1/namespaces/${namespace}/configmaps`, configMap('one', {}, held)));
  await s.do(del(`/api/v1/namespaces/${namespace}`));
  return namespace;
}

export const apiDeletionCases = casesOf('api-deletion', {
  'delete-status': recorded('a deletion is told by a Status', post(configMaps, configMap('one')), del(one)),
  'delete-missing': recorded('what is not there cannot be deleted', del(one)),
  'delete-twice': recorded('nor a second time', post(configMaps, configMap('one')), del(one), del(one)),
  'delete-with-uid': [
    'a deletion can be of one very object',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one')));
      const wrong = await s.send(del(one, { preconditions: { uid: '11111111-1111-1111-1111-111111111111' } }));
      s.golden({ code: wrong.code, body: wrong.body });
      expect((await s.send(del(one, { preconditions: { uid: made.metadata.uid } }))).code).toBe(200);
    },
  ],
  'delete-with-version': [
    'or of one version',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one')));
      await s.do(put(one, configMap('one', { a: '1' })));
      const { code, body } = await s.send(
        del(one, { preconditions: { resourceVersion: made.metadata.resourceVersion } }),
      );
      expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
      expect(body.message).toMatch(
        /^Operation cannot be fulfilled on ConfigMap "one": the ResourceVersion in the precondition \(\d+\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
      );
    },
  ],
  'finalizer-holds': [
    'a finalizer keeps the object, marked, until it is taken away',
    async (s) => {
      await s.do(post(configMaps, configMap('one', {}, held)));
      const first = await s.do(del(one));
      expect(first.metadata).toMatchObject({ name: 'one', deletionGracePeriodSeconds: 0 });
      const again = await s.do(del(one));
      expect(again.metadata.deletionTimestamp).toBe(first.metadata.deletionTimestamp);
      expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      expect((await s.do(get(one))).metadata.deletionTimestamp).toBe(first.metadata.deletionTimestamp);
      await s.do(release(one));
      expect((await s.send(get(one))).code).toBe(404);
    },
  ],
  'finalizer-not-added-late': [
    'an object that is being deleted takes no new finalizer',
    async (s) => {
      await s.do(post(configMaps, configMap('one', {}, held)));
      await s.do(del(one));
      const { code, body } = await s.send(
        patch('merge', one, { metadata: { finalizers: ['example.com/hold', 'example.com/late'] } }),
      );
      await s.do(release(one));
      s.golden({ code, body });
    },
  ],
  'finalizer-name': recorded(
    'a finalizer that is no qualified name is refused',
    post(configMaps, configMap('one', {}, { finalizers: ['not a name'] })),
  ),
  'generation-of-deletion': [
    'marking for deletion raises the generation',
    async (s) => {
      await s.do(post(deployments, deployment('d', 0, {}, held)));
      const marked = await s.do(del(`${deployments}/d`));
      expect(marked.metadata.generation).toBe(2);
      await s.do(release(`${deployments}/d`));
    },
  ],
  'pod-grace': [
    'a bound pod goes when its node says so; grace 0 takes it at once',
    async (s) => {
      await s.do(post(pods, pod('p', { nodeName: 'nowhere', terminationGracePeriodSeconds: 600 })));
      const marked = await s.do(del(`${pods}/p`));
      expect(marked.metadata.deletionGracePeriodSeconds).toBe(600);
      expect(marked.metadata.deletionTimestamp > marked.metadata.creationTimestamp).toBe(true);
      const shorter = await s.do(del(`${pods}/p`, { gracePeriodSeconds: 300 }));
      expect(shorter.metadata.deletionGracePeriodSeconds).toBe(300);
      await s.send(del(`${pods}/p`, { gracePeriodSeconds: 0 }));
      expect((await s.send(get(`${pods}/p`))).code).toBe(404);
    },
  ],
  'pod-unscheduled': [
    'a pod that is on no node goes at once',
    async (s) => {
      await s.do(post(pods, pod('p', { schedulerName: 'nobody' })));
      await s.do(del(`${pods}/p`));
      expect((await s.send(get(`${pods}/p`))).code).toBe(404);
    },
  ],
  'owner-background': [
    'what an object owned goes after it',
    async (s) => {
      const owner = await s.do(post(configMaps, configMap('one')));
      await s.do(post(configMaps, configMap('child', {}, ownedBy(owner))));
      await s.do(post(configMaps, configMap('other')));
      await s.do(del(one, { propagationPolicy: 'Background' }));
      expect((await s.send(get(one))).code).toBe(404);
      await gone(s, `${configMaps}/child`);
      expect((await s.send(get(`${configMaps}/other`))).code).toBe(200);
    },
  ],
  'owner-foreground': [
    'in the foreground the owner waits for what blocks it',
    async (s) => {
      const owner = await s.do(post(configMaps, configMap('one')));
      const child = { ...ownedBy(owner, { blockOwnerDeletion: true }), ...held };
      await s.do(post(configMaps, configMap('child', {}, child)));
      const marked = await s.do(del(one, { propagationPolicy: 'Foreground' }));
      expect(marked.metadata.finalizers).toEqual(['foregroundDeletion']);
      await s.until(
        'the child to be marked',
        async () => (await s.do(get(`${configMaps}/child`))).metadata.deletionTimestamp,
      );
      expect((await s.send(get(one))).code).toBe(200);
      await s.do(release(`${configMaps}/child`));
      await gone(s, one);
    },
  ],
  'owner-orphan': [
    'orphans lose their owner and stay',
    async (s) => {
      const owner = await s.do(post(configMaps, configMap('one')));
      await s.do(post(configMaps, configMap('child', {}, ownedBy(owner))));
      await s.do(del(one, { propagationPolicy: 'Orphan' }));
      await gone(s, one);
      expect((await s.do(get(`${configMaps}/child`))).metadata.ownerReferences).toBeUndefined();
    },
  ],
  'owner-orphan-old-option': [
    'orphanDependents does the same',
    async (s) => {
      const owner = await s.do(post(configMaps, configMap('one')));
      await s.do(post(configMaps, configMap('child', {}, ownedBy(owner))));
      expect((await s.do(del(one, { orphanDependents: true }))).metadata.finalizers).toEqual(['orphan']);
      await gone(s, one);
      expect((await s.send(get(`${configMaps}/child`))).code).toBe(200);
    },
  ],
  'owner-one-of-two': [
    'who has another owner left stays',
    async (s) => {
      const a = await s.do(post(configMaps, configMap('one')));
      const b = await s.do(post(configMaps, configMap('two')));
      const ownerReferences = [...ownedBy(a).ownerReferences, ...ownedBy(b).ownerReferences];
      await s.do(post(configMaps, configMap('child', {}, { ownerReferences })));
      await s.do(del(one));
      await s.until(
        'the reference to go',
        async () => (await s.do(get(`${configMaps}/child`))).metadata.ownerReferences.length === 1,
      );
      await s.do(del(`${configMaps}/two`));
      await gone(s, `${configMaps}/child`);
    },
  ],
  'owner-that-never-was': [
    'who was born without an owner that is there is collected',
    async (s) => {
      const owner = { ...configMap('never'), metadata: { name: 'never', uid: '11111111-1111-1111-1111-111111111111' } };
      await s.do(post(configMaps, configMap('child', {}, ownedBy(owner))));
      await gone(s, `${configMaps}/child`);
    },
  ],
  'owner-invalid': recorded(
    'an owner reference is complete',
    post(configMaps, configMap('one', {}, { ownerReferences: [{ apiVersion: 'v1', kind: '', name: '', uid: '' }] })),
  ),
  'owner-two-controllers': recorded(
    'only one owner is the controller',
    post(
      configMaps,
      configMap(
        'one',
        {},
        {
          ownerReferences: ['a', 'b'].map((name) => ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name,
            uid: name,
            controller: true,
          })),
        },
      ),
    ),
  ),
  'propagation-conflict': recorded(
    'the old and the new way of propagation exclude each other',
    post(configMaps, configMap('one')),
    del(one, { propagationPolicy: 'Background', orphanDependents: true }),
  ),
  'propagation-unknown': recorded(
    'there are three ways',
    post(configMaps, configMap('one')),
    del(one, { propagationPolicy: 'Sideways' }),
  ),
  'namespace-ends': [
    'a namespace takes with it what is in it',
    async (s) => {
      const namespace = await s.namespace('end');
      const path = `/api/v1/namespaces/${namespace}`;
      await s.do(post(`${path}/configmaps`, configMap('one')));
      const marked = await s.do(del(path));
      expect(marked.status.phase).toBe('Terminating');
      expect(marked.spec.finalizers).toEqual(['kubernetes']);
      await gone(s, path);
      expect((await s.send(get(`${path}/configmaps/one`))).code).toBe(404);
    },
  ],
  'namespace-closed': [
    'nothing new comes into a namespace that ends',
    async (s) => {
      const namespace = await stuckNamespace(s);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const { code, body } = await s.send(post(path, configMap('late')));
      await s.do(release(`${path}/one`));
      s.golden({ code, body });
    },
  ],
  'namespace-stuck': [
    'a finalizer in it holds it up, and its conditions say so',
    async (s) => {
      const namespace = await stuckNamespace(s);
      const path = `/api/v1/namespaces/${namespace}`;
      const conditions = await s.until('the conditions to tell of the finalizer', async () => {
        const { status } = await s.do(get(path));
        return status.conditions?.some(
          ({ type, status: is }: Body) => type === 'NamespaceFinalizersRemaining' && is === 'True',
        )
          ? status.conditions
          : undefined;
      });
      s.golden(
        Object.fromEntries(
          conditions.map(({ type, status, reason, message }: Body) => [type, { status, reason, message }]),
        ),
      );
      await s.do(release(`${path}/configmaps/one`));
      await gone(s, path);
    },
  ],
  'namespace-finalize': [
    'the finalizer of a namespace is taken away by its subresource only',
    async (s) => {
      const namespace = await stuckNamespace(s);
      const path = `/api/v1/namespaces/${namespace}`;
      const kept = await s.do(patch('merge', path, { spec: { finalizers: null } }));
      expect(kept.spec.finalizers).toEqual(['kubernetes']);
      const finalized = await s.do(put(`${path}/finalize`, { ...kept, spec: { finalizers: [] } }));
      expect(finalized.metadata.name).toBe(namespace);
      await gone(s, path);
      // What was in it is still there, out of reach until the name is taken again.
      await s.do(post('/api/v1/namespaces', { metadata: { name: namespace } }));
      await s.until(
        'what was left to be let go',
        async () => (await s.send(release(`${path}/configmaps/one`))).code === 200,
      );
    },
  ],
  'namespace-protected': recorded(
    'the first namespaces stay',
    del('/api/v1/namespaces/default'),
    del('/api/v1/namespaces/kube-system'),
  ),
});
