import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import type { JsonSchema } from '@kubenova/knapi/operation.ts';
import { describe, expect, it } from 'vitest';
import { schemaProblems } from './schema.ts';

const createApp = operations.createApp.body as JsonSchema;
const app = (source: unknown, rest: object = {}) => ({ name: 'a', source, ...rest });
const image = (more: object) => app({ kind: 'containerImage', containerImage: { image: 'nginx', ...more } });

describe('every schema of the contract', () => {
  it.each(Object.keys(operations) as OperationId[])('compiles: %s', (id) => {
    const operation = operations[id];
    const responses = Object.values(operation.responses).map((response) => response.schema);
    const schemas = [
      operation.pathParameters,
      operation.queryParameters,
      operation.headerParameters,
      operation.body,
      ...responses,
    ];
    for (const schema of schemas) if (schema !== null) expect(() => schemaProblems(schema, {})).not.toThrow();
  });
});

describe('what is said of an invalid body', () => {
  const cases: { reason: string; body: unknown; problems: { pointer: string; detail: string }[] }[] = [
    {
      reason: 'a missing field is pointed at where it should be',
      body: { name: 'a' },
      problems: [{ pointer: '/source', detail: 'This field is needed.' }],
    },
    {
      reason: 'an unknown field is named, and so are the known ones',
      body: image({ tags: 'x' }),
      problems: [
        {
          pointer: '/source/containerImage/tags',
          detail:
            'There is no such field. Known are: image, tag, digest, command, args, ports, env, resources, replicas, probes, host, credentialsSecretRef.',
        },
      ],
    },
    {
      reason: 'of a union only the member is spoken of that the kind names',
      body: app({ kind: 'helmHttp', helmHttp: { repoUrl: 'ftp://x', chart: 'podinfo', version: '1' } }),
      problems: [
        {
          pointer: '/source/helmHttp/repoUrl',
          detail: 'It must be an http:// or https:// address without a user name in it.',
        },
      ],
    },
    {
      reason: 'another member beside the one that the kind names is unknown',
      body: app({ kind: 'containerImage', containerImage: { image: 'nginx' }, helmHttp: {} }),
      problems: [{ pointer: '/source/helmHttp', detail: 'There is no such field. Known are: kind, containerImage.' }],
    },
    {
      reason: 'an unknown kind gets the list of kinds',
      body: app({ kind: 'docker' }),
      problems: [
        {
          pointer: '/source/kind',
          detail: 'It must be one of: containerImage, helmHttp, helmOci, gitRepo, kubeManifest, velaTemplate.',
        },
      ],
    },
    {
      reason: 'a missing kind gets the list too',
      body: app({ containerImage: { image: 'nginx' } }),
      problems: [
        {
          pointer: '/source/kind',
          detail:
            'This field is needed; it must be one of: containerImage, helmHttp, helmOci, gitRepo, kubeManifest, velaTemplate.',
        },
      ],
    },
    {
      reason: 'a union of types names them',
      body: image({ ports: ['http'] }),
      problems: [{ pointer: '/source/containerImage/ports/0', detail: 'It must be an integer or an object.' }],
    },
    {
      reason: 'a number that is out of range is not told to be an object',
      body: image({ ports: [70_000] }),
      problems: [{ pointer: '/source/containerImage/ports/0', detail: 'It may be at most 65535.' }],
    },
    {
      reason: 'an object in a union is judged as an object',
      body: image({ ports: [{ port: 80, protocol: 'SCTP' }] }),
      problems: [{ pointer: '/source/containerImage/ports/0/protocol', detail: 'It must be one of: TCP, UDP.' }],
    },
    {
      reason: 'a union of forms says which fields tell them apart',
      body: app({ kind: 'kubeManifest', kubeManifest: {} }),
      problems: [{ pointer: '/source/kubeManifest', detail: 'Give exactly one of these fields: manifests, yaml.' }],
    },
    {
      reason: 'both forms at once are too many',
      body: app({ kind: 'kubeManifest', kubeManifest: { manifests: [{}], yaml: 'a' } }),
      problems: [{ pointer: '/source/kubeManifest', detail: 'Give exactly one of these fields: manifests, yaml.' }],
    },
    {
      reason: 'value and secretRef exclude each other',
      body: image({ env: [{ name: 'A', value: 'x', secretRef: { name: 's', key: 'k' } }] }),
      problems: [{ pointer: '/source/containerImage/env/0', detail: 'Give only one of: value, secretRef.' }],
    },
    {
      reason: 'a name is told its alphabet',
      body: { name: 'No_Good', source: { kind: 'containerImage', containerImage: { image: 'nginx' } } },
      problems: [
        {
          pointer: '/name',
          detail: 'It must be lower-case letters, digits and hyphens, beginning and ending with a letter or a digit.',
        },
      ],
    },
    {
      reason: 'a label key is pointed at itself, with its slash escaped',
      body: app({ kind: 'containerImage', containerImage: { image: 'nginx' } }, { labels: { 'Bad Key/x': 'y' } }),
      problems: [
        {
          pointer: '/labels/Bad Key~1x',
          detail: 'It must match ^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$.',
        },
      ],
    },
    { reason: 'another type is named', body: [], problems: [{ pointer: '', detail: 'It must be an object.' }] },
  ];
  it.each(cases)('$reason', ({ body, problems }) => {
    expect(schemaProblems(createApp, body)).toEqual(problems);
  });

  it('says everything that is wrong, but not without end', () => {
    const labels = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 5]));
    expect(schemaProblems(createApp, { name: '', source: 1, labels }).length).toBe(50);
  });

  it('answers a hostile text in time that grows with its length only', () => {
    const started = performance.now();
    const host = `${'a.'.repeat(200_000)}!`;
    schemaProblems(createApp, { ...image({ host }), labels: { [`${'a'.repeat(400_000)}!`]: 'x' } });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
