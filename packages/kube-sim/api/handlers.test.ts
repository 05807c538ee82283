import { forbidden } from '@kubenova/kube-model/api-error.ts';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../admission/admission.ts';
import { handle } from './handlers.ts';
import { routeOf } from './route.ts';
import { createWorld } from './testing/world.ts';

describe('a token', () => {
  const path = '/api/v1/namespaces/ns/serviceaccounts/a/token';
  const ask = (world: ReturnType<typeof createWorld>) =>
    handle(
      { ...world, review: async (_type, object) => object, issueToken: async (_account, object) => object },
      world.on('serviceaccounts', 'a', 'token'),
      {
        route: routeOf('POST', path),

        headers: {},
        body: Buffer.from('{"spec":{}}'),
      },
    );

  it('is asked of both stages of admission, by the name of its account', async () => {
    const seen: string[] = [];
    const note = (stage: string) => (request: AdmissionRequest) => {
      const { operation, type, subresource, namespace, name, object } = request;
      seen.push(`${stage} ${operation} ${type.plural}/${subresource} ${namespace}/${name} ${object?.kind}`);
      if (request.object) request.object.metadata.labels = { stage };
    };
    const { code, body } = await ask(createWorld([{ name: 'p', mutate: note('mutate'), validate: note('validate') }]));
    const wanted = 'CREATE serviceaccounts/token ns/a TokenRequest';
    expect(seen).toEqual([`mutate ${wanted}`, `validate ${wanted}`]);
    expect([code, JSON.parse(body).metadata.labels]).toEqual([201, { stage: 'validate' }]);
  });

  it('is not given when admission refuses', async () => {
    const validate = ({ type, name }: AdmissionRequest) => {
      throw forbidden(type, name, 'not this one');
    };
    await expect(ask(createWorld([{ name: 'p', validate }]))).rejects.toThrow(
      'serviceaccounts "a" is forbidden: not this one',
    );
  });
});
