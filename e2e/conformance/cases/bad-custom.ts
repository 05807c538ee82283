/** Wrong definitions of custom kinds, and wrong objects of them: the whole Status, word for word. */
import { type Case, type CaseTable, casesOf } from '../case.ts';
import { type Refusal, refusals } from '../refusal.ts';
import { define, definition, definitions, get, patch, post, put, told, widget, widgets } from '../requests.ts';

const crd = (version: object, more: object = {}) => post(definitions, definition(version, more));
const schema = (of: object) => crd({ schema: { openAPIV3Schema: of } });
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

const customDefinitions: Record<string, Refusal> = {
  'definition-name': [
    'a definition is named after its kind',
    post(definitions, { ...definition(), metadata: { name: 'wrong' } }),
  ],
  'definition-names': [
    'names of a kind',
    crd(
      {},
      {
        names: {
          plural: 'widgets',
          singular: 'Wid Get',
          kind: 'not a kind',
          listKind: 'widget-List',
          shortNames: ['BAD'],
          categories: ['B A D'],
        },
      },
    ),
    crd({}, { group: 'bad_group' }),
    crd({}, { scope: 'Everywhere' }),
  ],
  'definition-versions': [
    'versions of a kind',
    crd({}, { versions: [] }),
    crd({ storage: false }),
    crd({ name: 'Bad.Version' }),
    crd({ served: false, schema: undefined }),
  ],
  'definition-schema-missing': ['a schema there must be', crd({ schema: undefined }), crd({ schema: {} })],
  'definition-not-structural': [
    'a schema that is not structural',
    schema({}),
    schema({ type: 'string' }),
    schema(object({ spec: {} })),
    schema(object({ a: { type: 'array' } })),
    schema(
      object({
        a: { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } },
      }),
    ),
    schema({ type: 'object', anyOf: [{ type: 'object', properties: { a: { type: 'string' } } }] }),
    schema(object({ a: { 'x-kubernetes-int-or-string': true, type: 'string' } })),
    schema(object({ metadata: object({ labels: { type: 'object' } }) })),
  ],
  'definition-schema-values': [
    'values in a schema',
    schema(object({ a: { type: 'invented' } })),
    schema(object({ a: { type: 'string', pattern: '(' } })),
    schema(object({ a: { type: 'integer', default: 'x' } })),
    schema(object({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } })),
    schema(object({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' } })),
    schema(object({ a: { type: 'string', $ref: '#/x' } })),
    schema(object({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } })),
  ],
  'definition-rules': [
    'rules that are no CEL',
    schema(object({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self ==' }] } })),
    schema(object({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: '' }] } })),
  ],
  'definition-columns': [
    'columns',
    crd({ additionalPrinterColumns: [{ name: 'a', type: 'invented', jsonPath: '.spec' }] }),
    crd({ additionalPrinterColumns: [{ name: 'a', type: 'string', jsonPath: 'spec[' }] }),
  ],
  'definition-scale': [
    'the paths of scale',
    crd({ subresources: { scale: { specReplicasPath: '.other', statusReplicasPath: '.spec.x' } } }),
  ],
  'definition-conversion': [
    'conversion',
    crd({}, { conversion: { strategy: 'Webhook' } }),
    crd({}, { conversion: { strategy: 'Magic' } }),
  ],
};

const widgetSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 9 },
        color: { type: 'string', enum: ['red', 'blue'] },
        code: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
        list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        keyed: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
        map: { type: 'object', maxProperties: 1, additionalProperties: { type: 'boolean' } },
        port: { 'x-kubernetes-int-or-string': true },
        when: { type: 'string', format: 'date-time' },
        ratio: { type: 'number', multipleOf: 0.5 },
        nothing: { type: 'string', nullable: true },
        fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }] },
        one: {
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
        },
        sum: {
          type: 'object',
          properties: { min: { type: 'integer' }, max: { type: 'integer' } },
          'x-kubernetes-validations': [
            {
              rule: 'self.min <= self.max',
              message: 'min is at most max',
              reason: 'FieldValueForbidden',
              fieldPath: '.min',
            },
          ],
        },
      },
    },
  },
};

const customObjects: Record<string, readonly [title: string, ...specs: unknown[]]> = {
  'custom-required': ['what is required', undefined, {}, null],
  'custom-types': [
    'types',
    { size: 'one' },
    { size: 1.5 },
    { size: 1, color: 7 },
    { size: 1, list: 'x' },
    { size: 1, map: { a: 'x' } },
    { size: 1, port: true },
    'text',
    { size: null },
  ],
  'custom-bounds': [
    'bounds',
    { size: 0 },
    { size: 10 },
    { size: 1, code: 'x' },
    { size: 1, code: 'abcde' },
    { size: 1, code: 'A1' },
    { size: 1, list: [] },
    { size: 1, list: ['a', 'b', 'c'] },
    { size: 1, map: { a: true, b: true } },
    { size: 1, ratio: 0.7 },
  ],
  'custom-values': [
    'values',
    { size: 1, color: 'green' },
    { size: 1, when: 'soon' },
    { size: 1, list: ['a', 'a'] },
    { size: 1, keyed: [{ name: 'a' }, { name: 'a' }] },
    { size: 1, keyed: [{}] },
  ],
  'custom-logic': [
    'oneOf and rules',
    { size: 1, one: {} },
    { size: 1, one: { a: '', b: '' } },
    { size: 1, sum: { min: 2, max: 1 } },
  ],
  'custom-many': ['several at once', { size: 0, color: 'green', code: 'A', list: [] }],
};

const objects: CaseTable = Object.fromEntries(
  Object.entries(customObjects).map(([id, [title, ...specs]]): [string, readonly [string, Case['run']]] => [
    id,
    [
      `refuses a custom object: ${title}`,
      async (s) => {
        await define(s, definition({ schema: { openAPIV3Schema: widgetSchema } }));
        const answers: object[] = [];
        for (const of of specs) {
          const answer = await s.send(post(widgets, widget('w', of === undefined ? {} : { spec: of })));
          answers.push(told(answer));
        }
        s.golden(answers);
      },
    ],
  ]),
);

export const badCustomCases = casesOf('bad-custom', {
  ...refusals(customDefinitions),
  ...refusals(
    {
      'definition-rule-types': [
        'a rule of which the types do not fit',
        schema(object({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self + 1 == 2' }] } })),
      ],
    },
    {
      worlds: ['real', 'kubeconfig'],
      why: 'the simulator parses rules when a definition is made and finds wrong types only when it evaluates them',
    },
  ),
  ...objects,
  'custom-transition': [
    'refuses a custom object: a rule on what may change',
    async (s) => {
      await define(s, definition({ schema: { openAPIV3Schema: widgetSchema } }));
      await s.do(post(widgets, widget('w', { spec: { size: 1, fixed: 'a' } })));
      s.golden([
        told(await s.send(patch('merge', `${widgets}/w`, { spec: { fixed: 'b' } }))),
        told(await s.send(patch('merge', `${widgets}/w`, { spec: { size: 'x' } }))),
        told(await s.send(put(`${widgets}/w`, widget('w', { spec: { size: 2, fixed: 'a' } })))),
      ]);
    },
  ],
  'custom-unknown-fields': [
    'refuses a custom object: unknown fields, strictly, or warns',
    async (s) => {
      await define(s, definition({ schema: { openAPIV3Schema: widgetSchema } }));
      const body = widget('w', { spec: { size: 1, more: { deep: 1 } }, top: 1 });
      s.golden([
        told(await s.send(post(`${widgets}?fieldValidation=Strict`, body))),
        told(await s.send(post(`${widgets}?fieldValidation=Warn`, body))),
      ]);
    },
  ],
  'custom-malformed': [
    'refuses a custom object: malformed, of another kind or name',
    async (s) => {
      await define(s, definition());
      s.golden([
        told(await s.send(post(widgets, '{"metadata"'))),
        told(await s.send(post(widgets, { metadata: { name: 'w' } }))),
        told(await s.send(post(widgets, { ...widget('w'), kind: 'Other' }))),
        told(await s.send(post(widgets, { ...widget('w'), apiVersion: 'other.example.com/v1' }))),
        told(await s.send(post(widgets, widget('Bad_Name')))),
        told(await s.send(post(widgets, { ...widget('w'), metadata: { name: 'w', labels: { 'a b': 'x' } } }))),
        told(await s.send(post(widgets, { ...widget('w'), metadata: 'x' }))),
        told(await s.send(get(`${widgets}?fieldSelector=spec.size%3D1`))),
      ]);
    },
  ],
});
