import { contentHash } from '../canonical-json.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'kyverno';

/** Says of a namespace that a Kyverno `Policy` of ours is, or was, in it; the value changes with the rules. */
export const KYVERNO_ANNOTATION: string = annotationOf(type);

type Rule = { name: string; validate: Record<string, unknown>; [field: string]: unknown };

export type Kyverno = {
  rules: Rule[];
};

const strings = (maxItems: number, pattern: string) => ({
  type: 'array',
  minItems: 1,
  maxItems,
  uniqueItems: true,
  items: { type: 'string', maxLength: 253, pattern },
});

const resources = {
  title: 'Resources',
  type: 'object',
  additionalProperties: false,
  required: ['kinds'],
  properties: {
    kinds: {
      ...strings(20, '^([a-z0-9][-a-z0-9.]*/)?(v[a-z0-9]+/)?[A-Z][A-Za-z0-9]*(/[a-z]+)?$'),
      title: 'Kinds',
      description: 'Kind, version/Kind or group/version/Kind.',
    },
    names: { ...strings(50, '^[-a-z0-9.*?]+$'), title: 'Names, with wildcards' },
    operations: {
      title: 'Operations',
      type: 'array',
      minItems: 1,
      maxItems: 4,
      uniqueItems: true,
      items: { type: 'string', enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
    },
    selector: { title: 'A selector of labels', type: 'object' },
    annotations: { title: 'Annotations', type: 'object', maxProperties: 20, additionalProperties: { type: 'string' } },
  },
};

const filters = {
  type: 'array',
  minItems: 1,
  maxItems: 20,
  items: { type: 'object', additionalProperties: false, required: ['resources'], properties: { resources } },
};

const filter = (title: string) => ({
  title,
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: { any: filters, all: filters },
});

const conditions = { type: 'object' };

/** Rules of two sets side by side; those of one name are told apart by a number. */
function numbered(rules: readonly Rule[]): Rule[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const count = (seen.get(rule.name) ?? 0) + 1;
    seen.set(rule.name, count);
    return count === 1 ? rule : { ...rule, name: `${rule.name}.${count}` };
  });
}

/**
 * Only rules that say yes or no. A rule that changes or makes objects (`mutate`, `generate`) or that fetches something
 * (`context`, `foreach`, `verifyImages`, `manifests`) acts with Kyverno's own rights, on other namespaces too, or calls
 * addresses out of the cluster.
 */
export const kyverno = catalogued<Kyverno>({
  type,
  title: 'Kyverno rules',
  description:
    'Validate rules of a Kyverno Policy (kyverno.io/v1), which KubeNova puts into every namespace of the tenant, for what the other policies cannot say. Pattern, anyPattern, deny and podSecurity are possible; mutate, generate, verifyImages, context and foreach are not, because they act with the rights of Kyverno. Needs Kyverno on the cluster; where it is missing, the placement says so and the rules are not in force.',
  engine: 'kyverno',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['rules'],
    properties: {
      rules: {
        title: 'Rules',
        type: 'array',
        minItems: 1,
        maxItems: 20,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'match', 'validate'],
          properties: {
            name: { title: 'Name', type: 'string', maxLength: 40, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
            match: filter('What it is about'),
            exclude: filter('What it is not about'),
            preconditions: { ...conditions, title: 'Preconditions' },
            validate: {
              title: 'What has to hold',
              type: 'object',
              additionalProperties: false,
              required: ['message'],
              properties: {
                message: { title: 'What somebody is told who breaks it', type: 'string', minLength: 1, maxLength: 500 },
                pattern: { title: 'A pattern', type: 'object' },
                anyPattern: {
                  title: 'Patterns of which one fits',
                  type: 'array',
                  maxItems: 20,
                  items: { type: 'object' },
                },
                deny: {
                  title: 'Conditions under which it is refused',
                  type: 'object',
                  additionalProperties: false,
                  required: ['conditions'],
                  properties: { conditions },
                },
                podSecurity: { title: 'A level of the Pod Security Standards', type: 'object' },
              },
              minProperties: 2,
              maxProperties: 2,
            },
          },
        },
      },
    },
  },
  example: {
    rules: [
      {
        name: 'config-by-name',
        match: { any: [{ resources: { kinds: ['ConfigMap'] } }] },
        validate: { message: 'The name of a ConfigMap begins with app-.', pattern: { metadata: { name: 'app-*' } } },
      },
    ],
  },
  strictest: (a, b) => ({ rules: [...a.rules, ...b.rules] }),
  effect: ({ rules }) => {
    const kyvernoRules = numbered(rules).map((rule) => ({
      ...rule,
      validate: { ...rule.validate, failureAction: 'Enforce' },
    }));
    return { kyvernoRules, annotations: { [KYVERNO_ANNOTATION]: contentHash(kyvernoRules).slice(0, 16) } };
  },
});
