/** Tables as the server prints them, and what kubectl makes of them. */
import { expect } from 'vitest';
import { type Body, type Case, casesOf, type Scope } from '../case.ts';
import {
  configMap,
  configMaps,
  container,
  define,
  definition,
  deployment,
  get,
  pod,
  pods,
  post,
  rbac,
  secrets,
  services,
  template,
  widget,
  widgets,
} from '../requests.ts';

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Columns and cells; descriptions are prose, and ages are of the moment. */
function table(body: Body): object {
  const age = /^(\d+[smhd])+$/;
  return {
    columns: body.columnDefinitions.map(
      ({ name, type, format, priority }: Body) => `${name} ${type} ${format} ${priority}`,
    ),
    // Some printers give null for no rows, which kubectl takes for the same.
    rows: (body.rows ?? []).map((row: Body) =>
      row.cells.map((cell: unknown) => (typeof cell === 'string' && age.test(cell) ? '<age>' : cell)),
    ),
  };
}

const tabled = (title: string, path: string, objects: readonly [string, object][]): readonly [string, Case['run']] => [
  title,
  async (s) => {
    for (const [to, body] of objects) await s.do(post(to, body));
    const { body } = await s.send(get(path, { accept: tableAccept }));
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    s.golden(table(body));
  },
];

const ns = (api: string, plural: string) => `${api}/namespaces/{ns}/${plural}`;
const still = { schedulerName: 'nobody' };

/** Objects that no controller touches: no selector matches, nothing is scheduled, a CronJob is suspended. */
const shown: Record<string, [path: string, ...bodies: object[]]> = {
  configmaps: [configMaps, configMap('a', { x: '1', y: '2' })],
  secrets: [secrets, { metadata: { name: 'a' }, stringData: { x: '1' } }],
  pods: [pods, pod('a', still), pod('b', { ...still, containers: [container, { ...container, name: 'd' }] })],
  services: [
    services,
    {
      metadata: { name: 'a' },
      spec: {
        clusterIP: 'None',
        selector: { app: 'a' },
        ports: [{ port: 80 }, { name: 'x', port: 81, protocol: 'UDP' }].map((port, index) => ({
          name: `p${index}`,
          ...port,
        })),
      },
    },
    { metadata: { name: 'b' }, spec: { type: 'ExternalName', externalName: 'example.com' } },
  ],
  serviceaccounts: [ns('/api/v1', 'serviceaccounts'), { metadata: { name: 'a' } }],
  events: [
    ns('/api/v1', 'events'),
    {
      metadata: { name: 'a' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
      reason: 'Why',
      message: 'so',
      type: 'Normal',
      count: 3,
      source: { component: 'me' },
    },
  ],
  resourcequotas: [ns('/api/v1', 'resourcequotas')],
  limitranges: [ns('/api/v1', 'limitranges'), { metadata: { name: 'a' }, spec: { limits: [] } }],
  replicationcontrollers: [ns('/api/v1', 'replicationcontrollers')],
  persistentvolumeclaims: [ns('/api/v1', 'persistentvolumeclaims')],
  replicasets: [ns('/apis/apps/v1', 'replicasets')],
  statefulsets: [ns('/apis/apps/v1', 'statefulsets')],
  daemonsets: [ns('/apis/apps/v1', 'daemonsets')],
  jobs: [ns('/apis/batch/v1', 'jobs')],
  cronjobs: [
    ns('/apis/batch/v1', 'cronjobs'),
    {
      metadata: { name: 'a' },
      spec: {
        suspend: true,
        schedule: '0 0 1 1 *',
        jobTemplate: { spec: { template: template('a', { restartPolicy: 'Never' }) } },
      },
    },
  ],
  ingresses: [
    ns('/apis/networking.k8s.io/v1', 'ingresses'),
    {
      metadata: { name: 'a' },
      spec: {
        ingressClassName: 'web',
        tls: [{ hosts: ['a.example.com'] }],
        rules: [{ host: 'a.example.com' }, { host: 'b.example.com' }],
      },
    },
    { metadata: { name: 'b' }, spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
  ],
  networkpolicies: [
    ns('/apis/networking.k8s.io/v1', 'networkpolicies'),
    { metadata: { name: 'a' }, spec: { podSelector: { matchLabels: { app: 'a' } } } },
  ],
  endpointslices: [
    ns('/apis/discovery.k8s.io/v1', 'endpointslices'),
    {
      metadata: { name: 'a' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'] }],
      ports: [{ name: 'x', port: 80 }],
    },
  ],
  roles: [`${rbac}/namespaces/{ns}/roles`],
  rolebindings: [
    `${rbac}/namespaces/{ns}/rolebindings`,
    {
      metadata: { name: 'a' },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [
        { kind: 'User', name: 'ann', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'ServiceAccount', name: 'x', namespace: '{ns}' },
      ],
    },
  ],
  horizontalpodautoscalers: [ns('/apis/autoscaling/v2', 'horizontalpodautoscalers')],
  poddisruptionbudgets: [ns('/apis/policy/v1', 'poddisruptionbudgets')],
  leases: [ns('/apis/coordination.k8s.io/v1', 'leases'), { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } }],
};

/** A dry run prints a table too, which shows what controllers would soon change. */
const dry: Record<string, [path: string, body: object]> = {
  deployment: [ns('/apis/apps/v1', 'deployments'), deployment('a', 3)],
  replicaset: [
    ns('/apis/apps/v1', 'replicasets'),
    { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template: template('a') } },
  ],
  statefulset: [
    ns('/apis/apps/v1', 'statefulsets'),
    {
      metadata: { name: 'a' },
      spec: { serviceName: 'a', selector: { matchLabels: { app: 'a' } }, template: template('a') },
    },
  ],
  daemonset: [
    ns('/apis/apps/v1', 'daemonsets'),
    { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template: template('a') } },
  ],
  quota: [ns('/api/v1', 'resourcequotas'), { metadata: { name: 'a' }, spec: { hard: { pods: '5' } } }],
  service: [services, { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }],
};

/** Rows of `kubectl get`, by whitespace. */
async function lines(s: Scope, ...words: string[]): Promise<string[]> {
  return (await s.run(['get', ...words]))
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .split(/\s{2,}/)
        .join('|'),
    );
}

export const apiTableCases = casesOf('api-tables', {
  ...Object.fromEntries(
    Object.entries(shown).map(([plural, [path, ...bodies]]) => [
      `table-${plural}`,
      tabled(
        `${plural}: columns and cells`,
        path,
        bodies.map((body) => [path, body]),
      ),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(dry).map(([kind, [path, body]]): [string, readonly [string, Case['run']]] => [
      `table-new-${kind}`,
      [
        `${kind}: columns and cells of a new one`,
        async (s) => {
          const answer = await s.send(post(`${path}?dryRun=All`, body, { accept: tableAccept }));
          const cells = JSON.parse(JSON.stringify(table(answer.body)).replaceAll(/\b10\.96\.\d+\.\d+\b/g, '<ip>'));
          s.golden(cells);
        },
      ],
    ]),
  ),
  'table-objects': [
    'a row carries its object’s metadata, all of it, or nothing',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      const row = async (query: string) =>
        (await s.do(get(`${configMaps}/one${query}`, { accept: tableAccept }))).rows[0].object;
      expect(await row('')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'one' } });
      expect(await row('?includeObject=None')).toBeNull();
      expect(await row('?includeObject=Object')).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
    },
  ],
  'table-custom-default': [
    'a custom kind has NAME and AGE',
    async (s) => {
      await define(s, definition());
      await s.do(post(widgets, widget('w')));
      s.golden(table(await s.do(get(widgets, { accept: tableAccept }))));
    },
  ],
  'table-custom-columns': [
    'or the columns of its definition',
    async (s) => {
      const additionalPrinterColumns = [
        { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
        { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        { name: 'Tags', type: 'string', jsonPath: '.spec.tags', priority: 1 },
        { name: 'When', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ];
      await define(s, definition({ additionalPrinterColumns }));
      await s.do(
        post(
          widgets,
          widget('a', {
            spec: { size: 3, tags: ['x', 'y'] },
            status: {
              conditions: [
                { type: 'Other', status: 'no' },
                { type: 'Ready', status: 'True' },
              ],
            },
          }),
        ),
      );
      await s.do(post(widgets, widget('b')));
      s.golden(table(await s.do(get(widgets, { accept: tableAccept }))));
      expect(await lines(s, 'widgets.{u}.example.com')).toEqual([
        'NAME|SIZE|READY|WHEN',
        expect.stringMatching(/^a\|3\|True\|\d+s$/),
        expect.stringMatching(/^b\|\d+s$/),
      ]);
    },
  ],
  'get-namespaces': [
    'kubectl get shows name, status and age of a namespace',
    async (s) => {
      expect(await lines(s, 'namespace', '{ns}')).toEqual([
        'NAME|STATUS|AGE',
        expect.stringMatching(`^${s.ns}\\|Active\\|\\d+s$`),
      ]);
    },
  ],
  'get-outputs': [
    'kubectl get in its other formats',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1' }, { labels: { l: 'x' } })));
      expect(await s.run(['get', 'configmap', 'one', '-o', 'name'])).toBe('configmap/one\n');
      expect(await s.run(['get', 'cm', 'one', '-o', 'jsonpath={.data.a}'])).toBe('1');
      expect(JSON.parse(await s.run(['get', 'cm', 'one', '-o', 'json'])).data).toEqual({ a: '1' });
      expect(await s.run(['get', 'cm', 'one', '-o', 'yaml'])).toContain('data:\n  a: "1"\n');
      expect(await lines(s, 'cm', 'one', '-L', 'l')).toEqual([
        'NAME|DATA|AGE|L',
        expect.stringMatching(/^one\|1\|\d+s\|x$/),
      ]);
      expect(await lines(s, 'cm', 'one', '-o', 'custom-columns=N:.metadata.name,A:.data.a')).toEqual(['N|A', 'one|1']);
    },
  ],
  'get-all': [
    'kubectl get all finds the kinds of that category',
    async (s) => {
      await s.do(post(services, { metadata: { name: 'web' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }));
      await s.do(post(pods, pod('p', still)));
      const text = await s.run(['get', 'all', '-o', 'name']);
      expect(text.split('\n').filter(Boolean)).toEqual(['pod/p', 'service/web']);
    },
  ],
  'get-empty': [
    'kubectl get of nothing says so',
    async (s) => {
      const { code, stdout, stderr } = await s.kubectl(['get', 'pods']);
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: '',
        stderr: `No resources found in ${s.ns} namespace.\n`,
      });
    },
  ],
  describe: [
    'kubectl describe finds events and reads the object',
    async (s) => {
      await s.do(post(pods, pod('p', still)));
      await s.do(
        post(ns('/api/v1', 'events'), {
          metadata: { name: 'e' },
          involvedObject: {
            kind: 'Pod',
            name: 'p',
            namespace: '{ns}',
            uid: (await s.do(get(`${pods}/p`))).metadata.uid,
          },
          reason: 'Looked',
          message: 'at it',
          type: 'Normal',
          source: { component: 'me' },
          firstTimestamp: '2026-01-01T00:00:00Z',
          lastTimestamp: '2026-01-01T00:00:00Z',
          count: 1,
        }),
      );
      const text = await s.run(['describe', 'pod', 'p']);
      expect(text).toMatch(/^Status:\s+Pending$/m);
      expect(text).toMatch(/Looked\s+.*at it/);
      expect(text).toMatch(/QoS Class:\s+BestEffort/);
    },
  ],
  explain: [
    'kubectl explain reads the OpenAPI of built-in and custom kinds',
    async (s) => {
      const schema = {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
        },
      };
      await define(s, definition({ schema }));
      const builtIn = await s.run(['explain', 'deployment.spec', '--recursive']);
      expect(builtIn).toMatch(/GROUP:\s+apps/);
      expect(builtIn).toMatch(/replicas\s+<integer>/);
      const custom = await s.until('the definition to be published', async () => {
        const { code, stdout } = await s.kubectl(['explain', 'widgets.spec', '--api-version={u}.example.com/v1']);
        return code === 0 && stdout;
      });
      expect(custom).toMatch(/size\s+<integer>/);
    },
  ],
});
