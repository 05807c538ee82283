/**
 * The guard: every object that an App wants to put into its namespace passes here, whether it was written by hand or
 * rendered from a chart. KubeVela applies what passes as the account `kubenova-deployer`, whose rights end at the
 * namespace; the guard refuses earlier, and with a sentence that names the object, what would fail there, and it refuses
 * what that account could do but an App must not: give itself the deployer's account, steer KubeVela or Capsule by a
 * label or an annotation, or lead another's traffic to itself.
 */
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import { type DeliverableKind, deliverableKind } from './deliverable-kinds.ts';
import { hookVerdict } from './helm-hooks.ts';
import { isControlKey } from './labels.ts';
import { isRecord, type Manifest, objectTitle } from './manifest.ts';
import { DEPLOYER } from './names.ts';
import { podTemplates } from './pod-template.ts';

/** What the guard needs to know. */
export interface GuardOptions {
  /** The App's namespace. */
  namespace: string;
  /** JSON pointer of the object with this index in what the user sent; the source itself by default. */
  pointer?: (index: number) => string;
  /**
   * Whether Secrets with content may pass. A chart's may; those in a `kubeManifest` would put a credential into the
   * database, which holds names of Secrets only.
   */
  secrets?: 'allowed' | 'refused';
}

/** What passed, each with its namespace set, and what did not. */
export interface GuardResult {
  objects: Manifest[];
  problems: ProblemError[];
  /** Titles of the charts' test hooks, which are left out without a problem. */
  dropped: string[];
}

/** Judges every object; those that are refused are not in `objects`. */
export function guardObjects(objects: readonly unknown[], options: GuardOptions): GuardResult {
  const pointer = options.pointer ?? (() => '/source');
  const result: GuardResult = { objects: [], problems: [], dropped: [] };
  const seen = new Set<string>();
  for (const { value, index } of withoutLists(objects)) {
    const verdict = judge(value, options, seen);
    if (verdict.kind === 'refused') {
      result.problems.push(...verdict.details.map((detail) => ({ pointer: pointer(index), detail })));
    } else if (verdict.kind === 'dropped') {
      result.dropped.push(verdict.title);
    } else {
      result.objects.push(verdict.object);
    }
  }
  if (result.objects.length === 0 && result.problems.length === 0) {
    // KubeVela would wait for ever on an Application without objects.
    result.problems.push({ pointer: pointer(0), detail: 'The source holds no object to deploy.' });
  }
  return result;
}

type Verdict =
  | { kind: 'passed'; object: Manifest }
  | { kind: 'dropped'; title: string }
  | { kind: 'refused'; details: string[] };

function judge(value: unknown, options: GuardOptions, seen: Set<string>): Verdict {
  if (!isManifest(value)) {
    return refused(`${isRecord(value) ? objectTitle(value) : 'A document'} needs apiVersion, kind and metadata.name.`);
  }
  const title = objectTitle(value);
  const hook = hookVerdict(value);
  if (hook === 'test') return { kind: 'dropped', title };
  if (hook !== 'none')
    return refused(`${title} is a Helm hook (${hook}); hooks are not run, so the chart must do without.`);
  const row = deliverableKind(value.apiVersion, value.kind);
  if (row === undefined) {
    return refused(`${title}: an App may not hold a ${value.kind} (${value.apiVersion}); ${kindAdvice(value.kind)}.`);
  }
  const details = [
    ...versionProblems(value, row),
    ...metadataProblems(value, title, options.namespace),
    ...contentProblems(value, title, options.secrets ?? 'allowed'),
  ];
  const key = `${row.group}/${row.kind}/${value.metadata.name}`;
  if (seen.has(key)) details.push(`${title} occurs twice; an object may be given once.`);
  seen.add(key);
  if (details.length > 0) return { kind: 'refused', details };
  return { kind: 'passed', object: cleaned(value, options.namespace) };
}

function versionProblems(object: Manifest, row: DeliverableKind): string[] {
  if (row.apiVersions.includes(object.apiVersion)) return [];
  return [`${objectTitle(object)}: ${object.apiVersion} is not taken; use ${row.apiVersions[0]}.`];
}

function metadataProblems(object: Manifest, title: string, namespace: string): string[] {
  const problems: string[] = [];
  const { metadata } = object;
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    problems.push(`${title}: an App stays in its own namespace ${namespace}; leave metadata.namespace out.`);
  }
  if ((metadata.ownerReferences ?? []).length > 0) problems.push(`${title}: metadata.ownerReferences are not taken.`);
  if ((metadata.finalizers ?? []).length > 0) {
    problems.push(`${title}: metadata.finalizers are not taken, because they would block deletion.`);
  }
  problems.push(...controlKeyProblems(metadata, title));
  return problems;
}

function controlKeyProblems(metadata: unknown, where: string): string[] {
  if (!isRecord(metadata)) return [];
  const problems: string[] = [];
  for (const field of ['labels', 'annotations'] as const) {
    const map = metadata[field];
    if (map === undefined || map === null) continue;
    if (!isRecord(map)) {
      problems.push(`${where}: metadata.${field} has to be an object of strings.`);
      continue;
    }
    for (const [key, value] of Object.entries(map)) {
      if (isControlKey(key))
        problems.push(`${where}: ${field} under ${key.split('/')[0]} are KubeNova's; remove ${key}.`);
      else if (typeof value !== 'string') problems.push(`${where}: the value of ${field} ${key} has to be a string.`);
    }
  }
  return problems;
}

function contentProblems(object: Manifest, title: string, secrets: 'allowed' | 'refused'): string[] {
  const problems: string[] = [];
  for (const template of podTemplates(object)) {
    problems.push(...controlKeyProblems(template.metadata, `${title} (pod template)`));
    const { spec } = template;
    if ([spec.serviceAccountName, spec.serviceAccount].includes(DEPLOYER)) {
      problems.push(`${title}: no pod may run as the ServiceAccount ${DEPLOYER}.`);
    }
  }
  const name = object.metadata.name;
  const spec = isRecord(object.spec) ? object.spec : {};
  switch (object.kind) {
    case 'ServiceAccount':
      if (name === DEPLOYER || name === 'default') problems.push(`${title}: this account is not the App's.`);
      break;
    case 'Secret':
      if (object.type === 'kubernetes.io/service-account-token') {
        problems.push(`${title}: tokens of ServiceAccounts may not be written into Secrets.`);
      }
      if (secrets === 'refused' && !(isEmptyMap(object.data) && isEmptyMap(object.stringData))) {
        problems.push(
          `${title}: KubeNova stores no secret; create the Secret in the App's namespace as a credential and refer to it by name.`,
        );
      }
      break;
    case 'Service':
      if (Array.isArray(spec.externalIPs) && spec.externalIPs.length > 0) {
        problems.push(`${title}: spec.externalIPs would take addresses of others.`);
      }
      if (spec.type === 'ExternalName') {
        problems.push(`${title}: a Service of type ExternalName leads out of the namespace.`);
      }
      break;
    default:
      break;
  }
  return problems;
}

/** What the API server sets is taken off, as `kubectl get -o yaml` leaves it in. */
function cleaned(object: Manifest, namespace: string): Manifest {
  const { name, labels, annotations } = object.metadata;
  const { apiVersion, kind, metadata: _metadata, status: _status, ...rest } = object;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      ...(isEmptyMap(labels) ? {} : { labels }),
      ...(isEmptyMap(annotations) ? {} : { annotations }),
    },
    ...rest,
  };
}

function kindAdvice(kind: string): string {
  if (/Role(Binding)?$/.test(kind)) return 'an App gives no rights';
  if (kind === 'CustomResourceDefinition') return 'ask an operator of the cluster to install it';
  if (kind === 'Namespace') return 'an App has exactly one namespace, which KubeNova makes';
  if (kind === 'Application') return 'use the source kind velaTemplate for what KubeVela should run';
  return 'only the usual namespaced workload, configuration and network kinds are taken';
}

function* withoutLists(objects: readonly unknown[]): Generator<{ value: unknown; index: number }> {
  for (const [index, value] of objects.entries()) {
    if (isRecord(value) && value.kind === 'List' && Array.isArray(value.items)) {
      for (const item of value.items) yield { value: item, index };
    } else {
      yield { value, index };
    }
  }
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isRecord(value.metadata) &&
    typeof value.metadata.name === 'string' &&
    value.metadata.name !== '' &&
    (value.metadata.namespace === undefined || typeof value.metadata.namespace === 'string')
  );
}

function isEmptyMap(value: unknown): boolean {
  return value === undefined || value === null || (isRecord(value) && Object.keys(value).length === 0);
}

function refused(detail: string): Verdict {
  return { kind: 'refused', details: [detail] };
}
