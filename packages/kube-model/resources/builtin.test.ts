import { expect, test } from 'vitest';
import { componentSchema } from '../schema/load.ts';
import { builtinTypes } from './builtin.ts';

const types = builtinTypes();
const find = (group: string, plural: string) => {
  const found = types.find((type) => type.group === group && type.plural === plural);
  if (!found) throw new Error(`no ${plural}`);
  return found;
};

test('a kind knows what discovery says of it', () => {
  expect(find('apps', 'deployments')).toMatchObject({
    version: 'v1',
    kind: 'Deployment',
    listKind: 'DeploymentList',
    namespaced: true,
    singular: 'deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    storage: 'deployments.apps',
    subresources: {
      scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
      status: { name: 'status', verbs: ['get', 'patch', 'update'] },
    },
  });
  expect(find('', 'namespaces').namespaced).toBe(false);
  expect(find('', 'pods').subresources.exec?.verbs).toEqual(['create', 'get']);
});

test('what is answered on the spot is virtual', () => {
  expect(find('authorization.k8s.io', 'subjectaccessreviews').virtual).toBe(true);
  expect(find('', 'configmaps').virtual).toBeUndefined();
});

test('schemas carry list semantics, defaults, formats and references', () => {
  const ports = componentSchema('io.k8s.api.core.v1.ServiceSpec').properties?.ports;
  expect(ports).toMatchObject({
    type: 'array',
    listType: 'map',
    listMapKeys: ['port', 'protocol'],
    patchMergeKey: 'port',
  });
  expect(ports?.items?.properties?.protocol).toMatchObject({
    type: 'string',
    default: 'TCP',
    enum: ['SCTP', 'TCP', 'UDP'],
  });
  expect(ports?.items?.properties?.targetPort?.intOrString).toBe(true);
  const deployment = find('apps', 'deployments').schema;
  expect(deployment.properties?.spec?.required).toEqual(['selector', 'template']);
  expect(deployment.properties?.spec?.properties?.strategy?.patchStrategy).toBe('retainKeys');
});

test('circles end: a node is made once', () => {
  const props = componentSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
  expect(props.properties?.not?.properties?.not?.properties).toBe(props.properties);
});
