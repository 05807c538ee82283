/**
 * What KubeNova does about Kyverno, as far as it goes without Kyverno itself: where the kind is not served the placement
 * says so; where it is, one Policy stands in each namespace, written with the Manager's rights and no more, and goes with
 * the rules. The definition here is only what an API server needs to serve the kind.
 */
import { policyEffects } from '@kubenova/domain/policies/effects.ts';
import { KYVERNO_ANNOTATION } from '@kubenova/domain/policies/kyverno.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { Policy } from '@kubenova/kube/kinds/kyverno.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { keepKyvernoPolicy, removeKyvernoPolicy } from '@kubenova/manager/reconcile/kyverno.ts';
import { policiesReady } from '@kubenova/manager/reconcile/placement-policies.ts';
import { createApply } from '@kubenova/testkit/apply.ts';
import { installDefinitions } from '@kubenova/testkit/definitions.ts';
import { beforeAll, describe, expect, it } from 'vitest';

export interface KyvernoScene {
  admin: KubeClient;
  /** With the rights of the Manager's role alone. */
  manager: KubeClient;
  /** A namespace of a tenant. */
  namespace: string;
}

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'policies.kyverno.io' },
  spec: {
    group: 'kyverno.io',
    scope: 'Namespaced',
    names: { kind: 'Policy', plural: 'policies', singular: 'policy', listKind: 'PolicyList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const rule = {
  name: 'config-by-name',
  match: { any: [{ resources: { kinds: ['ConfigMap'] } }] },
  validate: { message: 'app- comes first', pattern: { metadata: { name: 'app-*' } } },
};
const sets = [{ name: 'own', policies: [{ type: 'kyverno', parameters: { rules: [rule] } }] }];

/** @param definitions what serves the kind; Kyverno's own may be given in place of the one here */
export function describeKyverno(open: () => KyvernoScene, definitions: KubeObject[] = [definition]): void {
  describe('Kyverno', () => {
    const { signal } = new AbortController();
    let scene: KyvernoScene;
    let ref: { name: string; namespace: string };

    beforeAll(() => {
      scene = open();
      ref = { name: 'kubenova', namespace: scene.namespace };
    });

    const annotated = async (value: string | null): Promise<KubeObject> => {
      const patch = { metadata: { annotations: { [KYVERNO_ANNOTATION]: value } } };
      return scene.manager.patch(Namespace, { name: scene.namespace }, patch, { type: 'merge' });
    };

    it('is missing at first: the placement says so, and nothing is written', async () => {
      expect(await policiesReady(scene.manager, sets, signal)).toMatchObject({
        type: 'PoliciesReady',
        status: 'False',
        reason: 'KyvernoMissing',
      });
      await keepKyvernoPolicy(scene.manager, scene.namespace, {}, policyEffects(sets), signal);
    });

    it('has one Policy in the namespace, written once, changed with the rules and gone with them', async () => {
      await installDefinitions({ client: scene.admin, apply: createApply(scene.admin) }, definitions);
      const effects = policyEffects(sets);
      const keep = () => keepKyvernoPolicy(scene.manager, scene.namespace, { a: 'b' }, effects, signal);
      await annotated(effects.annotations[KYVERNO_ANNOTATION] ?? null);
      await keep();
      const made = await scene.admin.get(Policy, ref);
      expect(made.spec?.rules).toMatchObject([{ ...rule, validate: { ...rule.validate, failureAction: 'Enforce' } }]);
      await keep();
      expect((await scene.admin.get(Policy, ref)).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
      expect(await policiesReady(scene.manager, sets, signal)).toMatchObject({ status: 'True', reason: 'InForce' });

      const none = policyEffects([]);
      const namespace = await scene.manager.get(Namespace, { name: scene.namespace });
      await removeKyvernoPolicy(scene.manager, namespace, effects, signal);
      expect(await scene.admin.find(Policy, ref)).toBeDefined();
      await removeKyvernoPolicy(scene.manager, namespace, none, signal);
      expect(await scene.admin.find(Policy, ref)).toBeUndefined();
      await annotated(null);
    });

    it.each<[string, object]>([
      ['changes objects', { mutate: { patchStrategicMerge: { metadata: { labels: { a: 'b' } } } } }],
      [
        'makes objects',
        { generate: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', namespace: 'kube-system', data: {} } },
      ],
      ['asks the API server', { context: [{ name: 'secrets', apiCall: { urlPath: '/api/v1/secrets' } }] }],
      [
        'fetches in a loop',
        { validate: { message: 'x', foreach: [{ list: 'request.object.spec.containers', pattern: {} }] } },
      ],
    ])('the Manager itself may write no rule that %s', async (_what, fields) => {
      const forged = {
        apiVersion: 'kyverno.io/v1',
        kind: 'Policy',
        metadata: ref,
        spec: { rules: [{ ...rule, ...fields }] },
      };
      const written = scene.manager.apply(Policy, forged, { fieldManager: 'kubenova-manager', force: true });
      await expect(written).rejects.toThrow('KubeNova writes validating rules only');
    });

    it('the Manager may write none elsewhere, and none of another name', async () => {
      const write = (metadata: { name: string; namespace: string }) =>
        scene.manager.apply(
          Policy,
          { apiVersion: 'kyverno.io/v1', kind: 'Policy', metadata, spec: { rules: [rule] } },
          { fieldManager: 'kubenova-manager', force: true },
        );
      await expect(write({ name: 'kubenova', namespace: 'default' })).rejects.toThrow("only into tenants' namespaces");
      await expect(write({ name: 'other', namespace: scene.namespace })).rejects.toThrow(KubeError);
    });
  });
}
