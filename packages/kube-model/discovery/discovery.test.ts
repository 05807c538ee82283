import { describe, expect, it } from 'vitest';
import { builtinTypes } from '../resources/builtin.ts';
import { createRegistry } from '../resources/registry.ts';
import type { ResourceRegistry, ResourceType } from '../resources/resource-type.ts';
import { byAge, discoveryAnswer } from './discovery.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** As a CRD with `status` and `scale` defines it. */
function disco(version: string): ResourceType {
  return {
    group: 'disco.example.com',
    version,
    kind: 'Disco',
    plural: 'discos',
    namespaced: true,
    singular: 'disco',
    listKind: 'DiscoList',
    shortNames: ['dsc'],
    categories: ['all', 'fun'],
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    subresources: {
      status: { name: 'status', verbs: ['get', 'patch', 'update'] },
      scale: { name: 'scale', verbs: ['get', 'patch', 'update'], group: 'autoscaling', version: 'v1', kind: 'Scale' },
    },
    storage: 'discos.disco.example.com',
    schema: { type: 'object' },
    crd: 'discos.disco.example.com',
    selectableFields: [],
  };
}

function registry(): ResourceRegistry {
  const resources = createRegistry(builtinTypes());
  resources.setCustom('discos.disco.example.com', [disco('v1beta1'), disco('v1')]);
  return resources;
}

const resources = registry();
const document = (path: string, accept = 'application/json') => {
  const answer = discoveryAnswer(path, accept, resources, '127.0.0.1:6443');
  return answer === undefined ? undefined : JSON.parse(answer.body);
};

describe('discovery', () => {
  it('starts with the versions of the core group', () => {
    expect(document('/api')).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
    });
  });

  it("lists groups in the real server's order, those of CRDs last", () => {
    const groups: { name: string }[] = document('/apis').groups;
    const names = groups.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['apps', 'authentication.k8s.io', 'authorization.k8s.io']);
    const later = ['policy', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io'];
    expect(names.slice(names.indexOf('policy'), names.indexOf('policy') + 4)).toEqual(later);
    expect(names.at(-1)).toBe('disco.example.com');
    expect(names).not.toContain('');
  });

  it('tells the preferred version of a group', () => {
    const versions = [
      { groupVersion: 'disco.example.com/v1', version: 'v1' },
      { groupVersion: 'disco.example.com/v1beta1', version: 'v1beta1' },
    ];
    const [preferredVersion] = versions;
    const group = { kind: 'APIGroup', apiVersion: 'v1', name: 'disco.example.com', versions, preferredVersion };
    expect(document('/apis/disco.example.com')).toEqual(group);
  });

  it('lists the resources of a version as the real server does', () => {
    const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
    const some = ['get', 'patch', 'update'];
    const words = { shortNames: ['dsc'], categories: ['all', 'fun'] };
    expect(document('/apis/disco.example.com/v1')).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'disco.example.com/v1',
      resources: [
        { name: 'discos', singularName: 'disco', namespaced: true, kind: 'Disco', verbs, ...words },
        { name: 'discos/status', singularName: '', namespaced: true, kind: 'Disco', verbs: some },
        {
          name: 'discos/scale',
          singularName: '',
          namespaced: true,
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: some,
        },
      ],
    });
  });

  it('sorts the subresources of built-in kinds', () => {
    const core: { apiVersion?: string; resources: { name: string }[] } = document('/api/v1');
    const ofPods = core.resources.map(({ name }) => name).filter((name) => name.startsWith('pods/'));
    expect(ofPods).toEqual(ofPods.toSorted());
    expect(ofPods).toContain('pods/eviction');
    expect(core.apiVersion).toBeUndefined();
  });

  it.each(['/apis/nope.example.com', '/apis/apps/v9', '/api/v2', '/api/v1/pods', '/version', '/apisx'])(
    'has nothing to say of %s',
    (path) => {
      expect(document(path)).toBeUndefined();
    },
  );

  it('does not mind a slash at the end', () => {
    expect(document('/apis/apps/v1/')).toEqual(document('/apis/apps/v1'));
  });

  it('tells of kinds as they come and go', () => {
    const changing = createRegistry(builtinTypes());
    const known = () => discoveryAnswer('/apis/disco.example.com', '', changing) !== undefined;
    expect(known()).toBe(false);
    changing.setCustom('discos.disco.example.com', [disco('v1')]);
    expect(known()).toBe(true);
    changing.setCustom('discos.disco.example.com', []);
    expect(known()).toBe(false);
  });
});

describe('aggregated discovery', () => {
  it('says the group and version only of kinds that a CRD defines', () => {
    const items: { metadata: { name: string }; versions: { version: string; resources: object[] }[] }[] = document(
      '/apis',
      AGGREGATED,
    ).items;
    const apps = items.find(({ metadata }) => metadata.name === 'apps');
    expect(apps?.versions[0]?.resources[2]).toEqual({
      resource: 'deployments',
      responseKind: { group: '', version: '', kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [
        {
          subresource: 'scale',
          responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get', 'patch', 'update'],
        },
        {
          subresource: 'status',
          responseKind: { group: '', version: '', kind: 'Deployment' },
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
    const custom = items.find(({ metadata }) => metadata.name === 'disco.example.com');
    expect(custom?.versions.map(({ version }) => version)).toEqual(['v1', 'v1beta1']);
    expect(custom?.versions[0]).toMatchObject({
      freshness: 'Current',
      resources: [
        {
          responseKind: { group: 'disco.example.com', version: 'v1', kind: 'Disco' },
          subresources: [
            { responseKind: { group: 'disco.example.com', version: 'v1', kind: 'Disco' } },
            { responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
          ],
        },
      ],
    });
  });

  it('gives the core group no name', () => {
    const { items } = document('/api', AGGREGATED);
    expect(items).toHaveLength(1);
    expect(items[0].metadata).toEqual({});
  });

  it('has an ETag that changes with what is served', () => {
    const changing = createRegistry(builtinTypes());
    const etag = () => discoveryAnswer('/apis', AGGREGATED, changing)?.etag;
    const before = etag();
    expect(before).toMatch(/^"[0-9A-F]{128}"$/);
    expect(etag()).toBe(before);
    changing.setCustom('discos.disco.example.com', [disco('v1')]);
    expect(etag()).not.toBe(before);
  });

  it.each([
    ['kubectl', `${AGGREGATED},application/json`, true],
    ['client-go', `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList`, true],
    ['parameters in another order', 'application/json; as=APIGroupDiscoveryList; v=v2; g=apidiscovery.k8s.io', true],
    [
      'a version that is gone, or else the plain one',
      'application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io,application/json',
      false,
    ],
    ['the plain one first', `application/json,${AGGREGATED}`, false],
    ['anything', '*/*', false],
    ['nothing', '', false],
  ])('is given to %s only when asked for', (_why, accept, aggregated) => {
    const answer = discoveryAnswer('/apis', accept, resources);
    expect(answer?.contentType).toBe(aggregated ? AGGREGATED : 'application/json');
    expect(JSON.parse(answer?.body ?? '').kind).toBe(aggregated ? 'APIGroupDiscoveryList' : 'APIGroupList');
  });
});

describe('versions', () => {
  it('are sorted by maturity, then by age', () => {
    const versions = ['foo10', 'v1', 'v11alpha2', 'v3beta1', 'v10', 'v11beta2', 'v2', 'v12alpha1', 'foo1', 'v10beta3'];
    const sorted = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
    expect(versions.sort(byAge)).toEqual(sorted);
  });
});
