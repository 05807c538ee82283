import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { isApiError } from '../api-error.ts';
import { builtinTypes } from '../resources/builtin.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { parseFieldSelector } from './field.ts';

function typeNamed(plural: string): ResourceType {
  const type = builtinTypes().find((candidate) => candidate.plural === plural);
  if (!type) throw new Error(`There is no ${plural}.`);
  return type;
}

const custom: ResourceType = {
  ...typeNamed('configmaps'),
  group: 'disco.example.com',
  plural: 'discos',
  crd: 'discos.disco.example.com',
  selectableFields: ['spec.color', 'spec.size', 'spec.on'],
};
const clusterCustom: ResourceType = { ...custom, namespaced: false };

const object = (fields: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name: 'x', namespace: 'ns', ...metadata },
  ...fields,
});

describe('a field selector', () => {
  it.each<[string, string | ResourceType, string, object, boolean]>([
    ['nothing selects everything', 'pods', '', {}, true],
    ['a lone comma is nothing', 'pods', ',', {}, true],
    ['the name', 'pods', 'metadata.name=x', {}, true],
    ['another name', 'pods', 'metadata.name==y', {}, false],
    ['the namespace', 'configmaps', 'metadata.namespace!=ns', {}, false],
    ['a field', 'pods', 'status.phase=Running', { status: { phase: 'Running' } }, true],
    ['a field that is not there is empty', 'pods', 'spec.nodeName=', {}, true],
    ['a field that is not there is not something', 'pods', 'spec.nodeName!=n1', {}, true],
    ['several', 'pods', 'spec.nodeName=n1,status.phase!=Failed', { spec: { nodeName: 'n1' } }, true],
    ['the first address of a pod', 'pods', 'status.podIP=10.0.0.1', { status: { podIPs: [{ ip: '10.0.0.1' }] } }, true],
    ['a boolean that is left out', 'nodes', 'spec.unschedulable=false', {}, true],
    ['a boolean', 'nodes', 'spec.unschedulable=true', { spec: { unschedulable: true } }, true],
    ['what a job has under another name', 'jobs', 'status.successful=2', { status: { succeeded: 2 } }, true],
    ['a number that is left out', 'jobs', 'status.successful=0', {}, true],
    ['the source of an event', 'events', 'source=kubelet', { source: { component: 'kubelet' } }, true],
    ['the source of a new event', 'events', 'source=me', { reportingComponent: 'me' }, true],
    ['what an event is about', 'events', 'involvedObject.name=p', { involvedObject: { name: 'p' } }, true],
    ['the type of a secret', 'secrets', 'type=Opaque', { type: 'Opaque' }, true],
    ['an escaped value', 'configmaps', 'metadata.name=a\\,b\\=c', {}, false],
    ['a number of a custom kind', custom, 'spec.size=3', { spec: { size: 3 } }, true],
    ['a boolean of a custom kind', custom, 'spec.on=true', { spec: { on: true } }, true],
    ['a field of a custom kind that is not there', custom, 'spec.on=false', {}, false],
  ])('%s', (_why, kind, text, fields, expected) => {
    const type = typeof kind === 'string' ? typeNamed(kind) : kind;
    expect(parseFieldSelector(type, text)(object(fields))).toBe(expected);
  });

  it('unescapes commas and equals signs', () => {
    const matches = parseFieldSelector(custom, 'spec.color=a\\,b\\=c\\\\');
    expect(matches(object({ spec: { color: 'a,b=c\\' } }))).toBe(true);
  });

  // The texts are those of kube-apiserver 1.37.2.
  it.each<[string, string | ResourceType, string, string]>([
    ['no operator', 'pods', 'a', "invalid selector: 'a'; can't understand 'a'"],
    ['a bare equals sign', 'pods', 'metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['a backslash at the end', 'pods', 'metadata.name=a\\', 'invalid field selector: invalid escape sequence: \\'],
    ['a needless backslash', 'pods', 'metadata.name=a\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a field of no kind', 'pods', 'spec.foo=x,metadata.name=x', 'field label not supported: spec.foo'],
    ['the first unknown in order', 'pods', 'spec.foo=x,a=b', 'field label not supported: a'],
    ['no field', 'pods', '=x', 'field label not supported: '],
    ['a namespace of a node', 'nodes', 'metadata.namespace=a', 'field label not supported: metadata.namespace'],
    ['a field of a job', 'jobs', 'spec.foo=x', 'field label "spec.foo" not supported for Job'],
    ['a custom kind', custom, 'spec.x=1', 'field label not supported: spec.x'],
    [
      'a cluster-scoped custom kind',
      clusterCustom,
      'metadata.namespace=a',
      'field label not supported: metadata.namespace',
    ],
    [
      'a kind without fields of its own',
      'deployments',
      'status.replicas=1',
      '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('refuses %s', (_why, kind, text, message) => {
    const type = typeof kind === 'string' ? typeNamed(kind) : kind;
    try {
      parseFieldSelector(type, text);
      expect.unreachable();
    } catch (error) {
      if (!isApiError(error, 'BadRequest')) throw error;
      expect(error.status.message).toBe(message);
    }
  });

  it('may ask a cluster-scoped kind without fields of its own for its namespace, as the real server lets one', () => {
    const matches = parseFieldSelector(typeNamed('clusterroles'), 'metadata.namespace=a');
    expect(matches(object({}, { namespace: undefined }))).toBe(false);
  });
});
