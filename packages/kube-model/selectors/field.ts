/**
 * Field selectors (`status.phase!=Running,spec.nodeName=a`), compiled to predicates. Which fields a kind can be selected
 * by, and how it refuses others, is its own affair.
 * Sources: `k8s.io/apimachinery/pkg/fields`; `AddFieldLabelConversionFunc` and `SelectableFields` of each kind.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest } from '../api-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { valueAt } from './path.ts';

export type FieldPredicate = (object: KubeObject) => boolean;

type Reader = (object: KubeObject) => unknown;

const reader = (field: string): Reader => {
  const steps = field.split('.');
  return (object) => valueAt(object, steps);
};

/** Fields that are not simply what is at their path. */
const DERIVED: Readonly<Record<string, Reader>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'spec.hostNetwork': (pod) => reader('spec.hostNetwork')(pod) ?? false,
  'status.podIP': reader('status.podIPs.0.ip'),
  'spec.unschedulable': (node) => reader('spec.unschedulable')(node) ?? false,
  'status.successful': (job) => reader('status.succeeded')(job) ?? 0,
  'status.replicas': (controller) => reader('status.replicas')(controller) ?? 0,
  source: (event) => reader('source.component')(event) || reader('reportingComponent')(event),
};

/**
 * The selector of a query such as `?fieldSelector=`; the empty one selects everything.
 * @throws ApiError 400 with the API server's text, when it cannot be read or the kind has no such field
 */
export function parseFieldSelector(type: ResourceType, text: string): FieldPredicate {
  // A backslash takes what follows out of the grammar.
  const parts = text.match(/(?:\\[\s\S]|[^,\\]|\\$)+/g) ?? [];
  const terms = parts.sort().map((term) => {
    const match = /^(.*?)(!=|==?)(.*)$/s.exec(term);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    return { field, equal: operator !== '!=', value: unescaped(value) };
  });
  const predicates = terms.map(({ field, equal, value }): FieldPredicate => {
    const read = readerOf(type, field);
    return (object) => (String(read(object) ?? '') === value) === equal;
  });
  return (object) => predicates.every((matches) => matches(object));
}

function unescaped(value: string): string {
  return value.replace(/\\[\s\S]?|[,=]/g, (found) => {
    if (found === '=' || found === ',') {
      throw badRequest(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`);
    }
    const [, literal = ''] = found;
    if (literal !== '' && '\\,='.includes(literal)) return literal;
    throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
  });
}

function readerOf(type: ResourceType, field: string): Reader {
  // A built-in kind without fields of its own goes by a rule that does not ask whether it has namespaces.
  const lenient = type.crd === undefined && type.selectableFields.length === 0;
  const always = field === 'metadata.name' || (field === 'metadata.namespace' && (type.namespaced || lenient));
  if (always || type.selectableFields.includes(field)) {
    return (type.crd === undefined || always ? DERIVED[field] : undefined) ?? reader(field);
  }
  if (lenient) {
    throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
  const job = type.kind === 'Job' && type.group === 'batch';
  throw badRequest(job ? `field label "${field}" not supported for Job` : `field label not supported: ${field}`);
}
