/**
 * The policy catalogue against an API server, told from outside: the same list for the real one and for the simulator.
 *
 * Everything is tried by an administrator with every right, so that only a policy can stand in the way, in a namespace
 * whose annotations and labels are what `policyEffects` says for the parameters.
 */
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import { TENANT_ID } from '@kubenova/domain/labels.ts';
import { MANAGER_ACCOUNT, SYSTEM_NAMESPACE, serviceAccountUser } from '@kubenova/domain/names.ts';
import { podSecurityLabels } from '@kubenova/domain/pod-security.ts';
import { catalogue } from '@kubenova/domain/policies/catalogue.ts';
import { policyEffects } from '@kubenova/domain/policies/effects.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Namespace, Pod, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createApply } from '@kubenova/testkit/apply.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacks } from './attacks/all.ts';
import { type Attack, type Fields, one } from './attacks/attack.ts';
import { aroundPod, collectionOf, forms } from './forms.ts';
import { describeKyverno } from './kyverno.ts';

export interface PolicyScene {
  /** `system:masters`; may impersonate everybody. */
  readonly admin: KubeClient;
  stop(): Promise<void>;
}

const TENANT = '11111111-1111-4111-8111-111111111111';
const namespaceOf = (index: number): string => `policy-${index}`;
/** A namespace in which no policy is in force. */
const FREE = 'policy-none';

/** What not every API server serves. */
export interface Offers {
  ephemeralContainers: boolean;
  /** An API server that was not started with `--allow-privileged` refuses privileged containers by itself. */
  privileged: boolean;
}

export function describePolicies(
  open: () => Promise<PolicyScene>,
  can: Offers,
  kyvernoDefinitions?: KubeObject[],
): void {
  let scene: PolicyScene;
  let admin: KubeClient;
  let manager: KubeClient;

  beforeAll(async () => {
    scene = await open();
    ({ admin } = scene);
    manager = admin.impersonate({
      username: serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT),
      groups: ['system:masters'],
    });
    const baseline = clusterBaseline();
    const isNamespace = ({ kind }: { kind: string }) => kind === 'Namespace';
    await createApply(admin)(
      baseline.filter(isNamespace),
      baseline.filter((one) => !isNamespace(one)),
    );
    await makeNamespace(FREE, {});
    for (const [index, { type, parameters }] of attacks.entries()) {
      await makeNamespace(namespaceOf(index), policyEffects([{ name: 'set', policies: [{ type, parameters }] }]));
    }
    for (const [index, attack] of attacks.entries()) {
      const refused = firstRefused(attack);
      await waitFor({
        what: `${attack.type} to be in force`,
        timeoutMs: 60_000,
        look: async () => ((await refusal(namespaceOf(index), refused)) !== undefined ? true : undefined),
      });
    }
  }, 1_800_000);

  afterAll(() => scene?.stop());

  async function makeNamespace(
    name: string,
    { labels, annotations }: { labels?: Record<string, string>; annotations?: Record<string, string> },
  ): Promise<void> {
    await manager.create(Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      // What a policy refuses is also refused by Pod Security in places; here only the policy is to speak.
      metadata: {
        name,
        labels: {
          [TENANT_ID]: TENANT,
          ...podSecurityLabels(),
          'pod-security.kubernetes.io/enforce': 'privileged',
          ...labels,
        },
        annotations: { ...annotations },
      },
    });
    await waitFor({
      what: `the default ServiceAccount of ${name}`,
      timeoutMs: 60_000,
      look: () => admin.find(ServiceAccount, { namespace: name, name: 'default' }),
    });
  }

  /** What the API server says against an object that is made in a dry run; undefined when it has nothing against it. */
  async function refusal(namespace: string, object: Fields): Promise<string | undefined> {
    return told(admin.request('POST', collectionOf(object, namespace), { body: object, query: { dryRun: 'All' } }));
  }

  async function deploy(spec: Fields, metadata: { name: string; namespace: string; finalizers?: string[] }) {
    await admin.create(Deployment, { ...aroundPod('Deployment', spec), metadata } as never);
  }

  const inForms = (attack: Attack, spec: Fields) =>
    forms
      .filter(({ kind }) => kind === 'Pod' || attack.podsOnly !== true)
      .map(({ kind, around }) => ({ kind, object: around(spec) }));
  const containerOf = (attack: Attack, container: Fields): Fields => ({
    name: 'c',
    image: 'nginx:1',
    ...attack.container,
    ...container,
  });
  /** The container as an ordinary and as an init container of a pod. */
  const specsOf = (attack: Attack, container: Fields): [string, Fields][] => [
    ['a container', { containers: [containerOf(attack, container)] }],
    [
      'an init container',
      {
        containers: [{ ...containerOf(attack, {}), name: 'main' }],
        initContainers: [containerOf(attack, container)],
      },
    ],
  ];
  const firstRefused = (attack: Attack): Fields => {
    const [object] = attack.objects?.refused ?? [];
    if (object !== undefined) return object[1];
    const [container] = attack.containers?.refused ?? [];
    const [pod] = attack.pods?.refused ?? [];
    const spec = container === undefined ? pod?.[1] : { containers: [containerOf(attack, container[1])] };
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe' }, spec };
  };

  it('every policy of the catalogue that a rule enforces is tried', () => {
    const enforced = [...catalogue.values()].filter(({ admission }) => admission !== undefined).map(({ type }) => type);
    expect([...new Set(attacks.map(({ type }) => type))].sort()).toEqual(enforced.sort());
  });

  describe.each(
    attacks.map((attack, index) => ({ name: `${attack.type} ${JSON.stringify(attack.parameters)}`, attack, index })),
  )('$name', ({ attack, index }) => {
    const namespace = namespaceOf(index);
    const containers = attack.containers ?? { allowed: [], refused: [] };
    const pods = attack.pods ?? { allowed: [], refused: [] };
    const objects = attack.objects ?? { allowed: [], refused: [] };

    const allowed: [string, Fields][] = [
      ...containers.allowed.flatMap(([why, what]) =>
        specsOf(attack, what).flatMap(([as, spec]) =>
          inForms(attack, spec).map(({ kind, object }): [string, Fields] => [`${why}: ${as} of a ${kind}`, object]),
        ),
      ),
      ...pods.allowed.flatMap(([why, spec]) =>
        inForms(attack, spec).map(({ kind, object }): [string, Fields] => [`${why}: a ${kind}`, object]),
      ),
      ...objects.allowed.map(([why, object]): [string, Fields] => [`${why}: a ${object.kind}`, object]),
    ];
    const refused: [string, Fields, string][] = [
      ...containers.refused.flatMap(([why, what, message]) =>
        specsOf(attack, what).flatMap(([as, spec]) =>
          inForms(attack, spec).map(({ kind, object }): [string, Fields, string] => [
            `${why}: ${as} of a ${kind}`,
            object,
            message,
          ]),
        ),
      ),
      ...pods.refused.flatMap(([why, spec, message]) =>
        inForms(attack, spec).map(({ kind, object }): [string, Fields, string] => [
          `${why}: a ${kind}`,
          object,
          message,
        ]),
      ),
      ...objects.refused.map(([why, object, message]): [string, Fields, string] => [
        `${why}: a ${object.kind}`,
        object,
        message,
      ]),
    ];

    it('lets through what is allowed', async () => {
      for (const [why, object] of allowed) expect(await refusal(namespace, object), why).toBeUndefined();
    });

    it('refuses every form of what is not, and says what is allowed', async () => {
      for (const [why, object, message] of refused) {
        const text = await refusal(namespace, object);
        if (!can.privileged && text?.includes('disallowed by cluster policy')) continue;
        expect(text, why).toContain(`kubenova-policy-${attack.type}`);
        expect(text, why).toContain(message);
      }
    });

    it('says nothing where the namespace does not ask for it', async () => {
      for (const [why, object] of refused) {
        expect((await refusal(FREE, object)) ?? '', why).not.toContain('kubenova-policy-');
      }
    });

    if (!can.ephemeralContainers || containers.refused.length === 0) return;
    it('holds for ephemeral containers', async () => {
      const name = `debug-${index}`;
      const spec = { containers: [{ ...containerOf(attack, {}), name: 'main' }] };
      await admin.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec } as never);
      const add = (container: Fields) =>
        told(
          admin.patch(
            Pod,
            { name, namespace },
            { spec: { ephemeralContainers: [{ ...containerOf(attack, container), name: 'debugger' }] } },
            { type: 'strategic', subresource: 'ephemeralcontainers', dryRun: true },
          ),
        );
      for (const [why, container, message] of containers.refused) expect(await add(container), why).toContain(message);
      expect(await add({})).toBeUndefined();
    });
  });

  describe('what was there before a policy', () => {
    const namespace = 'policy-before';
    const name = 'old';
    const ref = { name, namespace };

    it('stays, is labelled, scaled down and deleted, but not changed into something else that is refused', async () => {
      await makeNamespace(namespace, {});
      await deploy(one({ image: 'evil.example.com/x:1' }), { ...ref, finalizers: ['example.com/hold'] });
      const { annotations } = policyEffects([
        { name: 'set', policies: [{ type: 'allowed-registries', parameters: { registries: ['ghcr.io'] } }] },
      ]);
      await manager.patch(Namespace, { name: namespace }, { metadata: { annotations } }, { type: 'merge' });
      const image = (text: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image: text }] } } } });
      const change = (patch: object) => told(admin.patch(Deployment, ref, patch, { type: 'strategic', dryRun: true }));
      await waitFor({
        what: 'the policy to be in force',
        timeoutMs: 60_000,
        look: async () => ((await change(image('evil.example.com/x:2'))) !== undefined ? true : undefined),
      });
      expect(await change({ metadata: { labels: { seen: 'yes' } } })).toBeUndefined();
      expect(await change({ spec: { replicas: 0 } })).toBeUndefined();
      expect(await change(image('ghcr.io/x:1'))).toBeUndefined();
      // Foreground deletion is a change of finalizers on the way.
      await admin.request('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
        query: { propagationPolicy: 'Foreground' },
      });
      const finalizers = async () => (await admin.get(Deployment, ref)).metadata.finalizers;
      await waitFor({
        what: "Kubernetes' garbage collector to have done its part",
        timeoutMs: 60_000,
        look: async () => ((await finalizers())?.join() === 'example.com/hold' ? true : undefined),
      });
      await admin.patch(Deployment, ref, { metadata: { finalizers: null } }, { type: 'merge' });
      await waitFor({
        what: 'the Deployment to be gone',
        timeoutMs: 60_000,
        look: async () => ((await admin.find(Deployment, ref)) === undefined ? true : undefined),
      });
    });
  });

  describe('max-replicas', () => {
    it('holds for the scale subresource and lets a workload be scaled down', async () => {
      const namespace = namespaceOf(attacks.findIndex(({ type }) => type === 'max-replicas'));
      const ref = { name: 'scaled', namespace };
      await deploy(one({}), ref);
      const scale = (replicas: number) =>
        told(
          admin.patch(Deployment, ref, { spec: { replicas } }, { type: 'merge', subresource: 'scale', dryRun: true }),
        );
      expect(await scale(3)).toBeUndefined();
      expect(await scale(4)).toContain('4 replicas are too many. Allowed: 3');
    });
  });

  describe('required-resources', () => {
    it('a Deployment whose pods are refused says why', async () => {
      const namespace = namespaceOf(attacks.findIndex(({ type }) => type === 'required-resources'));
      const ref = { name: 'hungry', namespace };
      await deploy(one({}), ref);
      const condition = await waitFor({
        what: 'the Deployment to say that its pods are refused',
        timeoutMs: 60_000,
        look: async () =>
          (await admin.get(Deployment, ref)).status?.conditions?.find(({ type }) => type === 'ReplicaFailure'),
      });
      expect(condition.message).toContain('Containers need resources');
    });
  });

  describe('pod-security', () => {
    const namespace = 'policy-restricted';

    it('restricted refuses what baseline lets through', async () => {
      const { labels } = policyEffects([
        { name: 'set', policies: [{ type: 'pod-security', parameters: { level: 'restricted' } }] },
      ]);
      await makeNamespace(namespace, { labels });
      const pod = (spec: Fields) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'try' }, spec });
      const careful = one(
        { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
        { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } },
      );
      expect(await refusal(namespace, pod(one({})))).toContain('violates PodSecurity "restricted:latest"');
      expect(await refusal(namespace, pod(careful))).toBeUndefined();
      expect(await refusal(FREE, pod(one({})))).toBeUndefined();
    });
  });

  describeKyverno(
    () => ({
      admin,
      manager: admin.impersonate({ username: serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT) }),
      namespace: FREE,
    }),
    kyvernoDefinitions,
  );
}

async function told(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof KubeError && (error.reason === 'Invalid' || error.reason === 'Forbidden'))
      return error.message;
    throw error;
  }
}
