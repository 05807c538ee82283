/** The kinds one by one: what the server fills in, and the subresources. */
import { expect } from 'vitest';
import { type CaseTable, casesOf } from '../case.ts';
import {
  configMaps,
  container,
  define,
  definition,
  deployment,
  deployments,
  get,
  patch,
  pod,
  pods,
  post,
  put,
  rbac,
  recorded,
  secrets,
  services,
  template,
  widget,
  widgets,
} from '../requests.ts';

const inNamespace = (api: string, plural: string) => `${api}/namespaces/{ns}/${plural}`;
const apps = (plural: string) => inNamespace('/apis/apps/v1', plural);
const batch = (plural: string) => inNamespace('/apis/batch/v1', plural);

/** What a kind looks like with everything that the server fills in; a dry run, so that no controller has a say. */
const kinds: Record<string, [path: string, body: object]> = {
  pod: [
    pods,
    pod('x', {
      containers: [{ ...container, ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 80 } } }],
    }),
  ],
  deployment: [deployments, deployment('x')],
  'deployment-recreate': [deployments, deployment('x', 2, { strategy: { type: 'Recreate' } })],
  replicaset: [
    apps('replicasets'),
    { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template: template('x') } },
  ],
  statefulset: [
    apps('statefulsets'),
    {
      metadata: { name: 'x' },
      spec: { serviceName: 'x', selector: { matchLabels: { app: 'x' } }, template: template('x') },
    },
  ],
  daemonset: [
    apps('daemonsets'),
    { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template: template('x') } },
  ],
  cronjob: [
    batch('cronjobs'),
    {
      metadata: { name: 'x' },
      spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template('x', { restartPolicy: 'Never' }) } } },
    },
  ],
  service: [services, { metadata: { name: 'x' }, spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }],
  'service-headless': [
    services,
    { metadata: { name: 'x' }, spec: { clusterIP: 'None', ports: [{ port: 80, targetPort: 'http' }] } },
  ],
  'service-external': [
    services,
    { metadata: { name: 'x' }, spec: { type: 'ExternalName', externalName: 'example.com' } },
  ],
  secret: [secrets, { metadata: { name: 'x' }, stringData: { a: '1' } }],
  serviceaccount: [inNamespace('/api/v1', 'serviceaccounts'), { metadata: { name: 'x' } }],
  claim: [
    inNamespace('/api/v1', 'persistentvolumeclaims'),
    { metadata: { name: 'x' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
  quota: [
    inNamespace('/api/v1', 'resourcequotas'),
    { metadata: { name: 'x' }, spec: { hard: { pods: 5, 'requests.cpu': '1000m' } } },
  ],
  limitrange: [
    inNamespace('/api/v1', 'limitranges'),
    { metadata: { name: 'x' }, spec: { limits: [{ type: 'Container', max: { cpu: '2' }, default: { cpu: '1' } }] } },
  ],
  event: [
    inNamespace('/api/v1', 'events'),
    {
      metadata: { name: 'x' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
      reason: 'Why',
      message: 'so',
      type: 'Normal',
    },
  ],
  ingress: [
    inNamespace('/apis/networking.k8s.io/v1', 'ingresses'),
    {
      metadata: { name: 'x' },
      spec: {
        rules: [
          {
            host: 'a.example.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'x', port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  ],
  networkpolicy: [
    inNamespace('/apis/networking.k8s.io/v1', 'networkpolicies'),
    {
      metadata: { name: 'x' },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
    },
  ],
  role: [
    `${rbac}/namespaces/{ns}/roles`,
    { metadata: { name: 'x' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  ],
  rolebinding: [
    `${rbac}/namespaces/{ns}/rolebindings`,
    {
      metadata: { name: 'x' },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'Group', name: 'devs' },
        { kind: 'ServiceAccount', name: 'default', namespace: '{ns}' },
      ],
    },
  ],
  autoscaler: [
    inNamespace('/apis/autoscaling/v2', 'horizontalpodautoscalers'),
    {
      metadata: { name: 'x' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 3 },
    },
  ],
  disruptionbudget: [
    inNamespace('/apis/policy/v1', 'poddisruptionbudgets'),
    { metadata: { name: 'x' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
  ],
  lease: [
    inNamespace('/apis/coordination.k8s.io/v1', 'leases'),
    {
      metadata: { name: 'x' },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
    },
  ],
  namespace: ['/api/v1/namespaces', { metadata: { name: 'x-{u}' } }],
  definition: ['/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition()],
  policy: [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    {
      metadata: { name: 'x-{u}' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
        validations: [{ expression: 'true' }],
      },
    },
  ],
  webhook: [
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    {
      metadata: { name: 'x-{u}' },
      webhooks: [
        {
          name: 'a.example.com',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          rules: [
            { apiGroups: ['{u}.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['widgets'] },
          ],
        },
      ],
    },
  ],
};

const defaulted: CaseTable = Object.fromEntries(
  Object.entries(kinds).map(([kind, [path, body]]) => [
    `defaults-${kind}`,
    recorded(`${kind}: everything that the server fills in`, post(`${path}?dryRun=All`, body)),
  ]),
);

export const apiKindCases = casesOf('api-kinds', {
  ...defaulted,
  'defaults-job': [
    'job: everything that the server fills in',
    async (s) => {
      const body = { metadata: { name: 'x' }, spec: { template: template('x', { restartPolicy: 'Never' }) } };
      const made = await s.do(post(`${batch('jobs')}?dryRun=All`, body));
      // Names of its pods carry the Job's uid, also in labels and in what the managers own.
      s.golden({ ...made, metadata: { ...made.metadata, managedFields: undefined } });
    },
  ],
  'status-apart': [
    'status and spec are written apart',
    async (s) => {
      const path = `${deployments}/d`;
      const made = await s.do(post(deployments, { ...deployment('d', 0, { paused: true }), status: { replicas: 9 } }));
      expect(made.status.replicas).toBeUndefined();
      const condition = { type: 'Judged', status: 'True', reason: 'Test', message: 'm' };
      const written = await s.do(
        patch('merge', `${path}/status`, {
          spec: { replicas: 5 },
          metadata: { labels: { a: 'b' } },
          status: { conditions: [condition] },
        }),
      );
      expect(written.spec.replicas).toBe(0);
      expect(written.metadata.labels).toBeUndefined();
      expect(written.metadata.generation).toBe(made.metadata.generation);
      expect(written.status.conditions).toContainEqual(expect.objectContaining(condition));
      const specOnly = await s.do(patch('merge', path, { spec: { minReadySeconds: 1 }, status: { conditions: [] } }));
      expect(specOnly.status.conditions).toContainEqual(expect.objectContaining(condition));
      expect((await s.do(get(`${path}/status`))).kind).toBe('Deployment');
    },
  ],
  'status-of-custom': [
    'so they are for a custom kind with the subresource',
    async (s) => {
      await define(s, definition({ subresources: { status: {} } }));
      const made = await s.do(post(widgets, widget('w', { spec: { a: 1 }, status: { b: 1 } })));
      expect(made.status).toBeUndefined();
      expect(made.metadata.generation).toBe(1);
      const path = `${widgets}/w`;
      const written = await s.do(put(`${path}/status`, { ...made, spec: { a: 2 }, status: { b: 2 } }));
      expect(written).toMatchObject({ spec: { a: 1 }, status: { b: 2 }, metadata: { generation: 1 } });
      const changed = await s.do(patch('merge', path, { spec: { a: 3 }, status: { b: 3 } }));
      expect(changed).toMatchObject({ spec: { a: 3 }, status: { b: 2 }, metadata: { generation: 2 } });
    },
  ],
  'custom-without-status': [
    'without it, status is a field as any other, and every change counts',
    async (s) => {
      await define(s, definition());
      const path = `${widgets}/w`;
      const made = await s.do(post(widgets, widget('w', { status: { b: 1 } })));
      expect(made.status).toEqual({ b: 1 });
      expect((await s.do(patch('merge', path, { metadata: { labels: { a: 'b' } } }))).metadata.generation).toBe(1);
      expect((await s.do(patch('merge', path, { status: { b: 2 } }))).metadata.generation).toBe(2);
      expect((await s.send(get(`${path}/status`))).code).toBe(404);
    },
  ],
  'scale-read-write': [
    'scale is read and written as a Scale',
    async (s) => {
      const path = `${deployments}/d`;
      await s.do(post(deployments, deployment('d', 0, { paused: true })));
      const scale = await s.do(get(`${path}/scale`));
      expect(scale).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: {},
        status: { selector: 'app=d' },
      });
      const written = await s.do(put(`${path}/scale`, { metadata: { name: 'd' }, spec: { replicas: 2 } }));
      expect(written.spec.replicas).toBe(2);
      expect(await s.do(get(path))).toMatchObject({ spec: { replicas: 2 }, metadata: { generation: 2 } });
      expect((await s.do(patch('merge', `${path}/scale`, { spec: { replicas: 1 } }))).spec.replicas).toBe(1);
    },
  ],
  'scale-refused': recorded(
    'not to less than none',
    post(deployments, deployment('d', 0, { paused: true })),
    patch('merge', `${deployments}/d/scale`, { spec: { replicas: -1 } }),
    get(`${deployments}/none/scale`),
  ),
  'scale-of-custom': [
    'a custom kind says where its scale is',
    async (s) => {
      const scale = {
        specReplicasPath: '.spec.size',
        statusReplicasPath: '.status.size',
        labelSelectorPath: '.status.selector',
      };
      await define(s, definition({ subresources: { status: {}, scale } }));
      await s.do(post(widgets, widget('w', { spec: { size: 1 } })));
      await s.do(patch('merge', `${widgets}/w/status`, { status: { size: 1, selector: 'a=b' } }));
      const read = await s.do(get(`${widgets}/w/scale`));
      expect(read).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { replicas: 1, selector: 'a=b' } });
      await s.do(patch('merge', `${widgets}/w/scale`, { spec: { replicas: 4 } }));
      expect((await s.do(get(`${widgets}/w`))).spec.size).toBe(4);
    },
  ],
  eviction: [
    'an eviction deletes a pod',
    async (s) => {
      await s.do(post(pods, pod('p', { schedulerName: 'nobody' })));
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
      expect((await s.send(post(`${pods}/p/eviction`, body))).code).toBe(201);
      await s.until('the pod to go', async () => (await s.send(get(`${pods}/p`))).code === 404);
    },
  ],
  binding: [
    'a binding puts a pod on a node, once',
    async (s) => {
      await s.do(post(pods, pod('p', { schedulerName: 'nobody' })));
      const body = { metadata: { name: 'p' }, target: { apiVersion: 'v1', kind: 'Node', name: 'nowhere' } };
      const first = await s.send(post(`${pods}/p/binding`, body));
      expect(first).toMatchObject({ code: 201, body: { kind: 'Status', status: 'Success' } });
      expect(await s.do(get(`${pods}/p`))).toMatchObject({ spec: { nodeName: 'nowhere' } });
      const again = await s.send(post(`${pods}/p/binding`, body));
      s.golden({ code: again.code, body: again.body });
    },
  ],
  'service-address': [
    'a service keeps its address, and an address is taken once',
    async (s) => {
      const body = { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } };
      const made = await s.do(post(services, body));
      expect(made.spec.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      const changed = await s.do(put(`${services}/a`, { ...body, spec: { ports: [{ port: 81 }] } }));
      expect(changed.spec.clusterIP).toBe(made.spec.clusterIP);
      const taken = await s.send(
        post(services, { metadata: { name: 'b' }, spec: { clusterIP: made.spec.clusterIP, ports: [{ port: 80 }] } }),
      );
      expect(taken).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
      expect(taken.body.message).toContain('provided IP is already allocated');
    },
  ],
  'conversion-of-versions': [
    'a custom kind is served in all its versions',
    async (s) => {
      const version = (name: string, storage: boolean) => ({
        name,
        served: true,
        storage,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      });
      await define(s, definition({}, { versions: [version('v1', true), version('v1beta1', false)] }));
      await s.do(post(widgets, widget('w', { spec: { a: 1 } })));
      const old = await s.do(get('/apis/{u}.example.com/v1beta1/namespaces/{ns}/widgets/w'));
      expect(old).toMatchObject({ apiVersion: `${s.unique}.example.com/v1beta1`, spec: { a: 1 } });
    },
  ],
  'custom-pruning-and-defaults': [
    'a structural schema prunes what it does not know and fills in defaults',
    async (s) => {
      const spec = {
        type: 'object',
        properties: {
          size: { type: 'integer', default: 3 },
          kept: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          map: { type: 'object', additionalProperties: { type: 'string' } },
          port: { 'x-kubernetes-int-or-string': true },
        },
      };
      await define(s, definition({ schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }));
      const body = { spec: { color: 'red', kept: { a: 1 }, map: { a: 'b' }, port: 'http' }, more: 1 };
      const made = await s.do(post(widgets, widget('w', body)));
      expect(made.spec).toEqual({ size: 3, kept: { a: 1 }, map: { a: 'b' }, port: 'http' });
      expect(made.more).toBeUndefined();
    },
  ],
  'custom-goes': [
    'with its definition a kind and all its objects go',
    async (s) => {
      await define(s, definition());
      await s.do(post(widgets, widget('w')));
      await s.do({
        method: 'DELETE',
        path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{u}.example.com',
      });
      await s.until('the kind to go', async () => (await s.send(get(widgets))).code === 404);
      const { code, body } = await s.send(get(widgets));
      expect({ code, body }).toEqual({ code: 404, body: '404 page not found\n' });
    },
  ],
  'definition-conditions': [
    'a definition tells that its names are accepted and that it is established',
    async (s) => {
      await define(s, definition());
      const { status } = await s.do(
        get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{u}.example.com'),
      );
      s.golden(status);
    },
  ],
  'root-certificate': [
    'every namespace has the cluster’s CA',
    async (s) => {
      expect((await s.do(get(`${configMaps}/kube-root-ca.crt`))).data['ca.crt']).toContain('BEGIN CERTIFICATE');
    },
  ],
});
