/** Short words for requests and for the objects that most cases need. */
import type { Body, Case, RawAnswer, RawRequest, Scope } from './case.ts';

export const configMaps = '/api/v1/namespaces/{ns}/configmaps';
export const secrets = '/api/v1/namespaces/{ns}/secrets';
export const pods = '/api/v1/namespaces/{ns}/pods';
export const services = '/api/v1/namespaces/{ns}/services';
export const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';

type More = Partial<RawRequest>;

export const get = (path: string, more?: More): RawRequest => ({ method: 'GET', path, ...more });
export const post = (path: string, body: unknown, more?: More): RawRequest => ({ method: 'POST', path, body, ...more });
export const put = (path: string, body: unknown, more?: More): RawRequest => ({ method: 'PUT', path, body, ...more });
export const del = (path: string, body?: unknown, more?: More): RawRequest => ({
  method: 'DELETE',
  path,
  ...(body !== undefined && { body }),
  ...more,
});

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export const patch = (type: keyof typeof patchTypes, path: string, body: unknown, more?: More): RawRequest => ({
  method: 'PATCH',
  path,
  body,
  contentType: patchTypes[type],
  ...more,
});

/** A server-side apply. */
export const apply = (path: string, manager: string, body: unknown, more = ''): RawRequest =>
  patch('apply', `${path}?fieldManager=${manager}${more}`, body);

/** Code and body, as goldens keep them; warnings where there are some. */
export function told({ code, body, warnings }: RawAnswer): object {
  return { code, body: sortedCauses(body), ...(warnings.length > 0 && { warnings }) };
}

/**
 * A Status with its causes sorted, in the list and in the message that repeats them: the server walks maps in any order,
 * and in which order it looks at fields is nobody's business.
 */
function sortedCauses(body: Body): Body {
  const causes: Body[] = body?.details?.causes ?? [];
  const words = (list: readonly Body[]) => list.map(({ field, message }) => `${field}: ${message}`).join(', ');
  const sorted = [...causes].sort((a, b) => (words([a]) < words([b]) ? -1 : 1));
  if (causes.length < 2) return body;
  const message = body.message.replace(words(causes), () => words(sorted));
  return { ...body, message, details: { ...body.details, causes: sorted } };
}

/** A case that sends requests in order and compares the last answer, or all of them, with what the real server gave. */
export function recorded(title: string, ...requests: readonly RawRequest[]): readonly [string, Case['run']] {
  return [
    title,
    async (scope) => {
      const answers: object[] = [];
      for (const request of requests) answers.push(told(await scope.send(request)));
      scope.golden(answers.length === 1 ? answers[0] : answers);
    },
  ];
}

/** Parts of an answer that a case looks at. */
export function pick(body: Body, ...fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, field.split('.').reduce((at, key) => at?.[key], body)]));
}

export const names = (list: Body): string[] => list.items.map((item: Body) => item.metadata.name);

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const container = { name: 'c', image: 'docker.io/library/app:1' };

export const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [container], ...spec },
});

export const template = (app: string, spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [container], ...spec },
});

export const deployment = (name: string, replicas = 1, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});

/** A CustomResourceDefinition of the case's own group, `{u}.example.com`. */
export const definition = (version: object = {}, spec: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.{u}.example.com' },
  spec: {
    group: '{u}.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: anything }, ...version }],
    ...spec,
  },
});

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export const widgets = '/apis/{u}.example.com/v1/namespaces/{ns}/widgets';

export const widget = (name: string, rest: object = {}) => ({
  apiVersion: '{u}.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  ...rest,
});

/** Makes a definition and waits until its kind is served. */
export async function define(scope: Scope, of: ReturnType<typeof definition>): Promise<void> {
  scope.keep(`${definitions}/widgets.{u}.example.com`);
  await scope.do(post(definitions, of));
  await scope.until('the kind to be served', async () => (await scope.send(get(widgets))).code === 200);
}

/** A Deployment that no controller rolls out, so that nobody but the case writes it. */
export const paused = (name: string, spec: object = {}, metadata: object = {}) =>
  deployment(name, 0, { paused: true, ...spec }, metadata);
