import type { Manifest } from '@kubenova/domain/manifest.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { containerState } from '@kubenova/domain/testing/fixtures.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { applyApplication, differences, isEqual, nextPublishVersion } from './apply-application.ts';

const rendered = renderApplication(containerState({ image: 'nginx', ports: [80] }));
if (!rendered.ok) throw new Error('The example does not render.');
const desired: Manifest = rendered.application;
const live = (change: (application: Application) => void = () => undefined): Application => {
  const application = structuredClone(desired) as unknown as Application;
  change(application);
  return application;
};
const annotate = (application: Application, key: string, value: string) => {
  application.metadata.annotations = { ...application.metadata.annotations, [key]: value };
};
const publishVersion = 'app.oam.dev/publishVersion';

describe('differences', () => {
  it.each<[string, (application: Application) => void]>([
    ['nothing', () => undefined],
    [
      'annotations and labels of others',
      (application) => {
        annotate(application, 'oam.dev/kubevela-version', 'v1.10.9');
        application.metadata.labels = { ...application.metadata.labels, mine: 'x' };
      },
    ],
    [
      'a later publishing of the same rendering',
      (application) => annotate(application, publishVersion, `${rendered.publishVersion}.abc`),
    ],
    [
      'the order of keys',
      (application) => {
        application.spec.components = application.spec.components.map(({ properties, ...rest }) => ({
          properties,
          ...rest,
        }));
      },
    ],
  ])('%s does not count', (_what, change) => {
    expect(isEqual(differences(live(change), desired, 'compare'))).toBe(true);
  });

  it.each<[string, (application: Application) => void, object]>([
    [
      'another image',
      (application) => {
        application.spec.components = [];
      },
      { spec: true },
    ],
    [
      'a label that was changed',
      (application) => {
        application.metadata.labels = { ...application.metadata.labels, 'kubenova.io/app-id': 'x' };
      },
      { labels: true },
    ],
    ['another version', (application) => annotate(application, publishVersion, 'mine'), { annotations: true }],
    [
      'another account',
      (application) => annotate(application, 'app.oam.dev/service-account-name', 'admin'),
      { annotations: true },
    ],
    [
      'an identity',
      (application) => annotate(application, 'app.oam.dev/username', 'system:admin'),
      { foreign: ['/metadata/annotations/app.oam.dev/username'] },
    ],
    [
      'a workflow',
      (application) => {
        application.spec.workflow = { steps: [] };
      },
      { foreign: ['/spec/workflow'] },
    ],
  ])('%s counts', (_what, change, expected) => {
    const found = differences(live(change), desired, 'compare');
    expect(found).toMatchObject(expected);
    expect(isEqual(found)).toBe(false);
  });

  it('leaves a spec alone that is known to be equal, since the cache holds only its outline', () => {
    expect(
      isEqual(
        differences(
          live((application) => {
            application.spec = { components: [] };
          }),
          desired,
          'equal',
        ),
      ),
    ).toBe(true);
  });
});

describe('nextPublishVersion', () => {
  it.each([
    ['the first', undefined, false, 'r2-aaaaaaaa'],
    ['a new revision', 'r1-bbbbbbbb', false, 'r2-aaaaaaaa'],
    ['one that was published again before', 'r2-aaaaaaaa.xyz', false, 'r2-aaaaaaaa.xyz'],
    ['after drift', 'mine', true, 'r2-aaaaaaaa.rs'],
    ['after KubeVela gave up', 'r2-aaaaaaaa', true, 'r2-aaaaaaaa.rs'],
  ])('%s', (_what, current, again, expected) => {
    expect(nextPublishVersion('r2-aaaaaaaa', current, again, 1_000_000)).toBe(expected);
  });
});

describe('applyApplication', () => {
  it('takes away what others added, then applies all of ours', async () => {
    const calls: unknown[] = [];
    const client = {
      patch: async (_resource: unknown, ref: unknown, patch: unknown) => void calls.push(['patch', ref, patch]),
      apply: async (_resource: unknown, object: unknown) => {
        calls.push(['apply', object]);
        return object;
      },
    } as never;
    await applyApplication(
      client,
      desired,
      'r1-x.1',
      ['/spec/workflow', '/metadata/annotations/app.oam.dev/username', '/metadata/annotations/app.oam.dev/group'],
      new AbortController().signal,
    );
    expect(calls).toEqual([
      [
        'patch',
        { name: 'frontend', namespace: 'tn-acme-shop-app-frontend' },
        {
          spec: { workflow: null },
          metadata: { annotations: { 'app.oam.dev/username': null, 'app.oam.dev/group': null } },
        },
      ],
      [
        'apply',
        expect.objectContaining({
          metadata: expect.objectContaining({ annotations: expect.objectContaining({ [publishVersion]: 'r1-x.1' }) }),
        }),
      ],
    ]);
  });
});
