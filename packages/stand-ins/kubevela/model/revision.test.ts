import { describe, expect, it } from 'vitest';
import type { Application } from './application.ts';
import { type ApplicationRevision, chooseRevision, newRevision, revisionHash, surplusRevisions } from './revision.ts';
import { annotation } from './vocabulary.ts';

const definitions = { components: {}, traits: {}, steps: {} };

function application(image: string, publishVersion: string, latest?: string): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'web',
      namespace: 'acme-shop',
      uid: 'uid-1',
      resourceVersion: '7',
      annotations: { [annotation.publishVersion]: publishVersion, [annotation.kubectlLastApplied]: '{}' },
    },
    spec: { components: [{ name: 'web', type: 'webservice', properties: { image } }] },
    status: latest
      ? { latestRevision: { name: latest, revision: Number(latest.split('-v')[1]), revisionHash: 'x' } }
      : {},
  };
}

function revision(name: string, app: Application): ApplicationRevision {
  return newRevision(app, name, revisionHash(app, definitions), definitions);
}

describe('chooseRevision', () => {
  const first = revision('web-v1', application('web:1', 'p1'));
  const second = revision('web-v2', application('web:2', 'p2'));
  const choose = (app: Application) => chooseRevision(app, revisionHash(app, definitions), [first, second]);

  it.each([
    ['the first of all', application('web:1', 'p1'), 'web-v1', true],
    ['the same again', application('web:2', 'p2', 'web-v2'), 'web-v2', false],
    ['another spec', application('web:3', 'p2', 'web-v2'), 'web-v3', true],
    ['another publishVersion alone', application('web:2', 'p3', 'web-v2'), 'web-v3', true],
    ['back to what an older one froze', application('web:1', 'p1', 'web-v2'), 'web-v1', true],
  ])('for %s', (_what, app, name, isNew) => {
    expect(choose(app)).toMatchObject({ name, isNew });
  });

  it('for the first of all nothing is reused, even if a revision of that name lies about', () => {
    expect(choose(application('web:1', 'p1')).existing).toBeUndefined();
  });
});

it('a revision freezes the Application without what only the cluster knows of it', () => {
  const { metadata, spec } = revision('web-v1', application('web:1', 'p1'));
  expect(spec.application.metadata).not.toHaveProperty('uid');
  expect(spec.application.metadata).not.toHaveProperty('resourceVersion');
  expect(metadata.annotations).toEqual({ [annotation.publishVersion]: 'p1' });
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'Application', uid: 'uid-1', controller: true }]);
});

it('the oldest revisions go first, and the one in use never', () => {
  const all = [10, 2, 1, 9].map((number) => revision(`web-v${number}`, application('web:1', `p${number}`)));
  const names = (limit: number, inUse: string) =>
    surplusRevisions(all, inUse, limit).map(({ metadata }) => metadata.name);
  expect(names(3, 'web-v10')).toEqual([]);
  expect(names(1, 'web-v10')).toEqual(['web-v1', 'web-v2']);
  expect(names(1, 'web-v1')).toEqual(['web-v2', 'web-v9']);
});
