/** What holds for the metadata of every kind. Source: `k8s.io/apimachinery/pkg/api/validation`. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resource-type.ts';
import { checkLabels, dnsLabel, dnsSubdomain, pathSegment, qualifiedName, type Report, type Rule } from './report.ts';

const ANNOTATIONS_LIMIT = 262_144;
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function nameRule(type: ResourceType): Rule {
  if (type.group === 'rbac.authorization.k8s.io') return pathSegment;
  return type.storage === 'namespaces' || type.storage === 'services' ? dnsLabel : dnsSubdomain;
}

export function checkMetadata(report: Report, type: ResourceType, object: KubeObject): void {
  const metadata = object.metadata as ObjectMeta & { generateName?: string };
  // What is made of it ends in letters.
  if (metadata.generateName) {
    for (const detail of nameRule(type)(metadata.generateName.replace(/-$/, 'a'))) {
      report.invalid('metadata.generateName', metadata.generateName, detail);
    }
  }
  if (!metadata.name) report.required('metadata.name', 'name or generateName is required');
  else report.by(nameRule(type), 'metadata.name', metadata.name);
  if (type.storage === 'cronjobs.batch' && metadata.name?.length > 52) {
    report.invalid('metadata.name', metadata.name, 'must be no more than 52 characters');
  }
  checkOpen(report, metadata);
}

/** The parts that an update may change. */
function checkOpen(report: Report, metadata: ObjectMeta): void {
  if (metadata.labels) checkLabels(report, 'metadata.labels', metadata.labels);
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
    report.by(qualifiedName, 'metadata.annotations', key.toLowerCase());
  }
  if (size > ANNOTATIONS_LIMIT) {
    const detail = `may not be more than ${ANNOTATIONS_LIMIT} bytes`;
    report.errors.push({ kind: 'TooLong', field: 'metadata.annotations', detail });
  }
  for (const [at, finalizer] of (metadata.finalizers ?? []).entries()) {
    report.by(qualifiedName, 'metadata.finalizers', finalizer);
    if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) continue;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    report.invalid(`metadata.finalizers[${at}]`, finalizer, detail);
  }
  checkOwners(report, metadata);
}

function checkOwners(report: Report, { ownerReferences: owners = [] }: ObjectMeta): void {
  for (const [at, owner] of owners.entries()) {
    const field = `metadata.ownerReferences[${at}]`;
    for (const key of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[key]) report.required(`${field}.${key}`, 'must not be empty');
    }
  }
  const controllers = owners.filter(({ controller }) => controller === true);
  if (controllers.length < 2) return;
  const [first = '', second = ''] = controllers.map(({ kind, name }) => `${kind}/${name}`);
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;
  report.invalid('metadata.ownerReferences', owners, detail);
}

export function checkMetadataUpdate(report: Report, object: KubeObject, old: KubeObject): void {
  checkOpen(report, object.metadata);
  const now = object.metadata.finalizers ?? [];
  const was = old.metadata.finalizers ?? [];
  const added = now.filter((each) => !was.includes(each));
  if (old.metadata.deletionTimestamp !== undefined && added.length > 0) {
    const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(', ')}}`;
    report.forbidden('metadata.finalizers', detail);
  }
  for (const key of ['name', 'namespace'] as const) {
    const value = object.metadata[key];
    if (!isDeepStrictEqual(value, old.metadata[key])) report.invalid(`metadata.${key}`, value, 'field is immutable');
  }
}
