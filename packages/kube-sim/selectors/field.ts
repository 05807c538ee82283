/**
 * Field selectors (`status.phase!=Running,spec.nodeName=a`), compiled to predicates. Which fields a kind can be selected
 * by, and how it refuses others, is its own affair.
 * Sources: `k8s.io/apimachinery/pkg/fields`; `AddFieldLabelConversionFunc` and `SelectableFields` of each kind.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest } from '../api/api-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { valueAt } from './path.ts';

export type FieldPredicate = (object: KubeObject) => boolean;

/** Where the value of a selectable field is, and what is compared when nothing is there. */
type FieldSource = string | readonly [path: string, missing: string] | ((object: KubeObject) => unknown);

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const firstPodIp = (pod: KubeObject) => valueAt(pod, ['status', 'podIPs', '0', 'ip']);

const sourceOfEvent = (event: KubeObject) =>
  valueAt(event, ['source', 'component']) || valueAt(event, ['reportingComponent']);

const same = (...fields: string[]): Record<string, FieldSource> =>
  Object.fromEntries(fields.map((field) => [field, field]));

/** Kinds that have rules of their own, by the name of their resource; fields besides name and namespace. */
const KINDS: Readonly<Record<string, Readonly<Record<string, FieldSource>>>> = {
  pods: {
    ...same('spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase'),
    ...same('status.nominatedNodeName'),
    'spec.host': 'spec.nodeName',
    'spec.hostNetwork': ['spec.hostNetwork', 'false'],
    'status.podIP': firstPodIp,
    'status.podIPs': firstPodIp,
  },
  nodes: { 'spec.unschedulable': ['spec.unschedulable', 'false'] },
  namespaces: same('status.phase'),
  secrets: same('type'),
  services: same('spec.clusterIP', 'spec.type'),
  replicationcontrollers: { 'status.replicas': ['status.replicas', '0'] },
  events: {
    ...same(...INVOLVED.map((field) => `involvedObject.${field}`), 'reason', 'reportingComponent', 'type'),
    source: sourceOfEvent,
  },
  'events.events.k8s.io': {
    ...same(...INVOLVED.map((field) => `regarding.${field}`), 'reason', 'reportingController', 'type'),
  },
  'jobs.batch': { 'status.successful': ['status.succeeded', '0'] },
  'certificatesigningrequests.certificates.k8s.io': same('spec.signerName'),
};

/**
 * The selector of a query such as `?fieldSelector=`; the empty one selects everything.
 * @throws ApiError 400 with the API server's text, when it cannot be read or the kind has no such field
 */
export function parseFieldSelector(type: ResourceType, text: string): FieldPredicate {
  const predicates = splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => {
      const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value = ''] = match;
      return { field, equal: operator !== '!=', value: unescaped(value) };
    })
    .map(({ field, equal, value }): FieldPredicate => {
      const read = readerOf(type, field);
      return equal ? (object) => read(object) === value : (object) => read(object) !== value;
    });
  const [only] = predicates;
  if (!only) return () => true;
  return predicates.length === 1 ? only : (object) => predicates.every((matches) => matches(object));
}

/** Commas separate terms unless a backslash stands before them. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\]|\\$)+/g) ?? [];
}

function unescaped(value: string): string {
  return value.replace(/\\[\s\S]?|[,=]/gu, (found) => {
    if (found === ',' || found === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`);
    }
    if (!'\\,='.includes(found.slice(1)) || found === '\\') {
      throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
    }
    return found.slice(1);
  });
}

function readerOf(type: ResourceType, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  const own = KINDS[type.group === '' ? type.plural : `${type.plural}.${type.group}`];
  const lenient = own === undefined && type.crd === undefined;
  if (field === 'metadata.namespace' && (type.namespaced || lenient))
    return (object) => object.metadata.namespace ?? '';
  const source = own?.[field] ?? (type.selectableFields.includes(field) ? field : undefined);
  if (source === undefined) throw badRequest(refusal(type, field, lenient));
  if (typeof source === 'function') return (object) => comparable(source(object), '');
  const [path, missing] = typeof source === 'string' ? [source, ''] : source;
  const steps = path.split('.');
  return (object) => comparable(valueAt(object, steps), missing);
}

function refusal(type: ResourceType, field: string, lenient: boolean): string {
  if (lenient) return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
  if (type.kind === 'Job' && type.group === 'batch') return `field label "${field}" not supported for Job`;
  return `field label not supported: ${field}`;
}

const comparable = (value: unknown, missing: string): string =>
  value === undefined || value === null ? missing : String(value);
