/** What a cluster says of itself: versions, health, discovery, OpenAPI. */
import { expect } from 'vitest';
import { type Body, casesOf } from '../case.ts';
import { define, definition, get, recorded } from '../requests.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The kinds that this product and its tools use: each cluster serves them, with these names and verbs. */
const used: Record<string, readonly string[]> = {
  '/api/v1': [
    'bindings',
    'configmaps',
    'endpoints',
    'events',
    'limitranges',
    'namespaces',
    'namespaces/finalize',
    'namespaces/status',
    'nodes',
    'nodes/status',
    'persistentvolumeclaims',
    'pods',
    'pods/binding',
    'pods/eviction',
    'pods/exec',
    'pods/log',
    'pods/status',
    'resourcequotas',
    'resourcequotas/status',
    'secrets',
    'serviceaccounts',
    'serviceaccounts/token',
    'services',
    'services/status',
  ],
  '/apis/apps/v1': [
    'controllerrevisions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/scale',
    'deployments/status',
    'replicasets',
    'replicasets/scale',
    'replicasets/status',
    'statefulsets',
    'statefulsets/scale',
    'statefulsets/status',
  ],
  '/apis/batch/v1': ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'],
  '/apis/networking.k8s.io/v1': ['ingresses', 'ingresses/status', 'networkpolicies'],
  '/apis/rbac.authorization.k8s.io/v1': ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'],
  '/apis/coordination.k8s.io/v1': ['leases'],
  '/apis/apiextensions.k8s.io/v1': ['customresourcedefinitions', 'customresourcedefinitions/status'],
  '/apis/authentication.k8s.io/v1': ['selfsubjectreviews', 'tokenreviews'],
  '/apis/authorization.k8s.io/v1': [
    'localsubjectaccessreviews',
    'selfsubjectaccessreviews',
    'selfsubjectrulesreviews',
    'subjectaccessreviews',
  ],
  '/apis/admissionregistration.k8s.io/v1': [
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
  ],
  '/apis/policy/v1': ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
  '/apis/autoscaling/v2': ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
  '/apis/discovery.k8s.io/v1': ['endpointslices'],
};

const legacy = Object.entries(used).map(
  ([path, plurals]): [
    string,
    readonly [string, (s: Parameters<ReturnType<typeof casesOf>[number]['run']>[0]) => Promise<void>],
  ] => [
    `resources-of-${path.replaceAll(/^\/apis?\//g, '').replaceAll(/[^a-z0-9]+/g, '-')}`,
    [
      `${path} lists what is used of it`,
      async (s) => {
        const list = await s.do(get(path));
        expect(list.kind).toBe('APIResourceList');
        const found = list.resources
          .filter(({ name }: Body) => plurals.includes(name))
          // A hash of how it is stored; no client of ours reads it.
          .map(({ storageVersionHash: _, ...resource }: Body) => resource);
        s.golden(found.sort((a: Body, b: Body) => (a.name < b.name ? -1 : 1)));
      },
    ],
  ],
);

export const apiDiscoveryCases = casesOf('api-discovery', {
  ...Object.fromEntries(legacy),
  health: [
    'health is plain text',
    async (s) => {
      for (const path of ['/readyz', '/livez', '/healthz']) expect(await s.do(get(path))).toBe('ok');
    },
  ],
  version: [
    'the version is that of Kubernetes',
    async (s) => {
      expect(await s.do(get('/version'))).toMatchObject({
        major: '1',
        minor: expect.stringMatching(/^\d+$/),
        gitVersion: expect.stringMatching(/^v1\./),
      });
    },
  ],
  groups: [
    '/apis lists groups with their versions, the preferred one first',
    async (s) => {
      const { groups } = await s.do(get('/apis'));
      const apps = groups.find(({ name }: Body) => name === 'apps');
      expect(apps).toEqual({
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      });
      expect(groups.find(({ name }: Body) => name === 'autoscaling').preferredVersion.version).toBe('v2');
    },
  ],
  'one-group': recorded('a group is found by its name', get('/apis/apps')),
  'core-versions': [
    '/api names the core version',
    async (s) => {
      expect(await s.do(get('/api'))).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    },
  ],
  'unknown-group': recorded(
    'an unknown group is not found',
    get('/apis/nobody.example.com'),
    get('/apis/nobody.example.com/v1'),
    get('/apis/apps/v9'),
  ),
  'aggregated-shape': [
    'aggregated discovery tells of every kind at once',
    async (s) => {
      const { contentType, body } = await s.send(get('/apis', { accept: aggregated }));
      expect(contentType).toContain('as=APIGroupDiscoveryList');
      expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
      const apps = body.items.find(({ metadata }: Body) => metadata.name === 'apps');
      const found = apps.versions[0].resources.find(({ resource }: Body) => resource === 'deployments');
      s.golden({ version: apps.versions[0].version, freshness: apps.versions[0].freshness, found });
    },
  ],
  'aggregated-core': [
    'also of the core group',
    async (s) => {
      const { body } = await s.send(get('/api', { accept: aggregated }));
      const { resources } = body.items[0].versions[0];
      const of = (name: string) => resources.find(({ resource }: Body) => resource === name);
      s.golden({ name: body.items[0].metadata.name ?? '', namespaces: of('namespaces'), configmaps: of('configmaps') });
    },
  ],
  'custom-discovered': [
    'a definition changes discovery, old and aggregated',
    async (s) => {
      const names = {
        plural: 'widgets',
        singular: 'widget',
        kind: 'Widget',
        listKind: 'WidgetList',
        shortNames: ['wi'],
        categories: ['things'],
      };
      await define(s, definition({ subresources: { status: {} } }, { names }));
      const group = `${s.unique}.example.com`;
      const list = await s.do(get(`/apis/${group}/v1`));
      const resources = list.resources.map(({ storageVersionHash: _, ...resource }: Body) => resource);
      const found = await s.until('the kind to be in aggregated discovery', async () => {
        const { body } = await s.send(get('/apis', { accept: aggregated }));
        return body.items.find(({ metadata }: Body) => metadata.name === group);
      });
      s.golden({ resources, aggregated: found.versions });
      expect(await s.run(['api-resources', '--api-group', group, '--no-headers'])).toMatch(
        /^widgets\s+wi\s+\S+\/v1\s+true\s+Widget\s*$/,
      );
      expect((await s.kubectl(['get', 'wi'])).stderr).toContain('No resources found');
    },
  ],
  'openapi-index': [
    'OpenAPI v3 has a document a group and version, each under a hash',
    async (s) => {
      const { paths } = await s.do(get('/openapi/v3'));
      expect(paths).toMatchObject({ 'api/v1': {}, 'apis/apps/v1': {} });
      expect(paths['apis/apps/v1'].serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=\w+$/);
    },
  ],
  'openapi-document': [
    'a document has the schemas by which clients check and merge',
    async (s) => {
      const { paths } = await s.do(get('/openapi/v3'));
      const document = await s.do(get(paths['apis/apps/v1'].serverRelativeURL));
      expect(document.openapi).toMatch(/^3\./);
      const schemas = document.components.schemas;
      const deployment = schemas['io.k8s.api.apps.v1.Deployment'];
      expect(deployment['x-kubernetes-group-version-kind']).toEqual([
        { group: 'apps', kind: 'Deployment', version: 'v1' },
      ]);
      expect(deployment.properties.spec.allOf[0].$ref).toBe('#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec');
      const { containers } = schemas['io.k8s.api.core.v1.PodSpec'].properties;
      expect(containers).toMatchObject({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
      });
      const path = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
      expect(path.patch['x-kubernetes-group-version-kind']).toEqual({
        group: 'apps',
        kind: 'Deployment',
        version: 'v1',
      });
      expect(path.patch.parameters.map(({ name }: Body) => name)).toEqual(
        expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']),
      );
    },
  ],
  'anonymous-health': [
    'nobody needs a name to ask for health, but for anything else',
    async (s) => {
      // An empty token is none.
      const ask = (path: string) => s.send(get(path, { token: 'not-a-token', headers: { authorization: '' } }));
      expect(await ask('/readyz')).toMatchObject({ code: 200, body: 'ok' });
    },
  ],
  index: [
    'the root lists the paths',
    async (s) => {
      const { paths } = await s.do(get('/'));
      expect(paths).toEqual(
        expect.arrayContaining([
          '/api',
          '/api/v1',
          '/apis',
          '/apis/apps/v1',
          '/healthz',
          '/openapi/v3',
          '/readyz',
          '/version',
        ]),
      );
    },
  ],
  'cluster-info': [
    'kubectl version and api-versions read it',
    async (s) => {
      expect(JSON.parse(await s.run(['version', '-o', 'json'])).serverVersion.major).toBe('1');
      expect((await s.run(['api-versions'])).split('\n')).toEqual(
        expect.arrayContaining(['apps/v1', 'batch/v1', 'v1']),
      );
    },
  ],
});
