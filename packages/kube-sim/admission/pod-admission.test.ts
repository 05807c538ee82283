/** Expectations were read off kube-apiserver 1.37.2. */
import { describe, expect, it } from 'vitest';
import { admissionScene, type Body } from './testing/admission-scene.ts';

const pod = (spec: object = {}, metadata: object = { name: 'p' }): Body => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

async function admitted(body: Body, ...given: Body[]): Promise<Record<string, unknown>> {
  const scene = admissionScene();
  scene.given(...given);
  const { object } = await scene.admit(scene.request(body));
  return object?.spec as Record<string, unknown>;
}

async function refusal(body: Body, ...given: Body[]): Promise<string | undefined> {
  const scene = admissionScene();
  scene.given(...given);
  return (await scene.refusal(scene.request(body))).message;
}

describe('a new pod', () => {
  it('gets an account, its token, a priority and patience', async () => {
    const spec = await admitted(pod());
    const name = (spec.volumes as { name: string }[])[0]?.name;
    expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec).toEqual({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      containers: [
        {
          name: 'c',
          image: 'i',
          volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      volumes: [
        {
          name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
          },
        },
      ],
    });
  });

  it('needs an account that is there', async () => {
    expect(await refusal(pod({ serviceAccountName: 'none' }))).toBe(
      'pods "p" is forbidden: error looking up service account a/none: serviceaccount "none" not found',
    );
  });

  const quiet: Body = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'quiet', namespace: 'a' },
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'registry' }],
  };

  it("takes its account's pull secrets, and no token where the account wants none", async () => {
    const spec = await admitted(pod({ serviceAccountName: 'quiet' }), quiet);
    expect(spec).toMatchObject({ imagePullSecrets: [{ name: 'registry' }] });
    expect(spec.volumes).toBeUndefined();
  });

  it('has the last word on its token and its pull secrets', async () => {
    const own = {
      serviceAccountName: 'quiet',
      automountServiceAccountToken: true,
      imagePullSecrets: [{ name: 'own' }],
    };
    const spec = await admitted(pod(own), quiet);
    expect(spec.imagePullSecrets).toEqual([{ name: 'own' }]);
    expect(spec.volumes).toHaveLength(1);
  });

  it('keeps tolerations of its own', async () => {
    const own = { operator: 'Exists' };
    expect((await admitted(pod({ tolerations: [own] }))).tolerations).toEqual([own]);
  });

  const selecting: Body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'a', annotations: { 'scheduler.alpha.kubernetes.io/node-selector': 'pool=blue,zone=z1' } },
  };

  it("goes to its namespace's nodes", async () => {
    expect((await admitted(pod({ nodeSelector: { disk: 'ssd' } }), selecting)).nodeSelector).toEqual({
      pool: 'blue',
      zone: 'z1',
      disk: 'ssd',
    });
    expect(await refusal(pod({ nodeSelector: { pool: 'red' } }), selecting)).toBe(
      'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
    );
  });

  const important: Body = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'important' },
    value: 1000,
    preemptionPolicy: 'Never',
  };

  it('is as important as its class', async () => {
    const spec = await admitted(pod({ priorityClassName: 'important' }), important);
    expect(spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
    const byDefault = await admitted(pod(), { ...important, globalDefault: true });
    expect(byDefault).toMatchObject({ priority: 1000, priorityClassName: 'important' });
  });

  it.each([
    ['a class that is not there', { priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [
      'a priority of its own',
      { priority: 7 },
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
  ])('may not have %s', async (_what, spec, why) => {
    expect(await refusal(pod(spec, { generateName: 'p-' }))).toBe(`pods "p-" is forbidden: ${why}`);
  });
});

describe('limit ranges', () => {
  const range: Body = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'l', namespace: 'a' },
    spec: {
      limits: [
        {
          type: 'Container',
          min: { cpu: '50m' },
          max: { cpu: '2', memory: '1Gi' },
          default: { cpu: '500m' },
          defaultRequest: { cpu: '100m' },
          maxLimitRequestRatio: { cpu: '10' },
        },
        { type: 'Pod', max: { cpu: '2' } },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
      ],
    },
  };
  const container = (resources: object, name = 'c') => ({ name, image: 'i', resources });

  it('fill in what containers do not say, and tell so', async () => {
    const scene = admissionScene();
    scene.given(range);
    const body = pod({ containers: [container({ limits: { memory: '100Mi' } })] });
    const { object } = await scene.admit(scene.request(body));
    expect(object?.spec).toMatchObject({
      containers: [{ resources: { limits: { cpu: '500m', memory: '100Mi' }, requests: { cpu: '100m' } } }],
    });
    expect(object?.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    });
  });

  it.each([
    [
      'too much of one thing',
      [container({ limits: { memory: '2Gi' } })],
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    ['no limit', [container({})], 'maximum memory usage per Container is 1Gi.  No limit is specified'],
    [
      'several things',
      [container({ limits: { memory: '100Mi', cpu: '3' }, requests: { cpu: '2000m' } })],
      '[maximum cpu usage per Container is 2, but limit is 3, maximum cpu usage per Pod is 2, but limit is 3]',
    ],
    [
      'too little',
      [container({ limits: { memory: '100Mi', cpu: '1' }, requests: { cpu: '10m' } })],
      '[minimum cpu usage per Container is 50m, but request is 10m, cpu max limit to request ratio per Container is 10, but provided ratio is 100.000000]',
    ],
    [
      'too much together',
      [
        container({ limits: { memory: '1Mi' } }),
        container({ limits: { memory: '1Mi', cpu: '2' }, requests: { cpu: '1' } }, 'd'),
      ],
      'maximum cpu usage per Pod is 2, but limit is 2500m',
    ],
  ])('refuse %s', async (_what, containers, why) => {
    expect(await refusal(pod({ containers }), range)).toBe(`pods "p" is forbidden: ${why}`);
  });

  it('bound claims by what they request', async () => {
    const claim = (storage: string): Body => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'd', namespace: 'a' },
      spec: { resources: { requests: { storage } } },
    });
    const told = 'persistentvolumeclaims "d" is forbidden:';
    expect(await refusal(claim('3Gi'), range)).toBe(
      `${told} maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi`,
    );
    expect(await refusal(claim('1'), range)).toBe(
      `${told} minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1`,
    );
    await expect(admitted(claim('1.5Gi'), range)).resolves.toBeDefined();
  });
});
