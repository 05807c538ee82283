import { describe, expect, it } from 'vitest';
import { checkShape, negotiate } from './negotiation.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

describe('what a client is given', () => {
  it.each([
    ['nothing said', undefined, { yaml: false, version: 'v1' }],
    ['anything', '*/*', { yaml: false, version: 'v1' }],
    ['kubectl get', `${table},application/json`, { yaml: false, as: 'Table', version: 'v1' }],
    [
      'a table that is not known',
      'application/json;as=Foo;g=meta.k8s.io, application/json',
      { yaml: false, version: 'v1' },
    ],
    [
      'client-go: protobuf if there is any',
      'application/vnd.kubernetes.protobuf,application/json',
      { yaml: false, version: 'v1' },
    ],
    ['by weight', 'application/json;q=0.5, application/yaml', { yaml: true, version: 'v1' }],
    [
      'a metadata client',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1',
      { yaml: false, as: 'PartialObjectMetadata', version: 'v1beta1' },
    ],
  ])('%s', (_why, accept, expected) => {
    expect(negotiate(accept)).toEqual(expected);
  });

  it.each([
    ['text/html', '406: Not Acceptable\n\nAvailable representations: application/json'],
    ['application/vnd.kubernetes.protobuf', '406: Not Acceptable'],
    ['application/json;as=Foo;g=meta.k8s.io;v=v1', 'only the following media types are accepted'],
  ])('refuses %s', (accept, message) => {
    expect(() => negotiate(accept)).toThrow(message);
  });

  it('is no list for one object, and no object for a list', () => {
    const list = negotiate('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
    expect(() => checkShape(list, false, 'ConfigMap')).toThrow(
      'but the requested object is not a list (*core.ConfigMap)',
    );
    expect(() => checkShape(list, true, 'ConfigMap')).not.toThrow();
  });
});
