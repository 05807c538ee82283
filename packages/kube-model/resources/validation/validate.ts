/**
 * Whether an object may be stored. For built-in kinds: the mistakes that people make, in the API server's words, proved
 * by `golden/refusals.json`; for custom ones: their schema.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError } from '../../field-error.ts';
import { fields, list } from '../../schema/fields.ts';
import { validateDefinition } from '../custom-definition.ts';
import { validateCustom } from '../custom-validation.ts';
import type { ResourceType } from '../resource-type.ts';
import { ADMISSION_CHECKS } from './admission.ts';
import { KIND_CHECKS } from './kinds.ts';
import { checkMetadata, checkMetadataUpdate } from './metadata.ts';
import { POD_CHECKS } from './pods.ts';
import { Report } from './report.ts';
import { RULES } from './rules.ts';
import { checkUpdate } from './updates.ts';
import { createWalk } from './walk.ts';
import { WORKLOAD_CHECKS } from './workloads.ts';

const walk = createWalk({
  checks: { ...POD_CHECKS, ...WORKLOAD_CHECKS, ...KIND_CHECKS, ...ADMISSION_CHECKS },
  ...RULES,
});

/** @param object decoded, with its defaults, after `prepareForCreate` */
export function validateCreate(type: ResourceType, object: KubeObject): FieldError[] {
  const report = new Report();
  if (type.virtual !== true) checkMetadata(report, type, object);
  validateBody(type, object, undefined, report);
  return report.errors;
}

/** @param object after `prepareForUpdate` */
export function validateUpdate(
  type: ResourceType,
  object: KubeObject,
  old: KubeObject,
  subresource: string | undefined,
): FieldError[] {
  const report = new Report();
  checkMetadataUpdate(report, object, old);
  if (subresource === undefined && type.crd === undefined) checkUpdate(type.storage, object, old, report);
  // A status of ours or of the machinery is taken as it is; a custom one has a schema.
  if (subresource === undefined || subresource === 'scale' || type.crd !== undefined)
    validateBody(type, object, old, report);
  return report.errors;
}

function validateBody(type: ResourceType, object: KubeObject, old: KubeObject | undefined, report: Report): void {
  if (type.crd !== undefined) report.errors.push(...validateCustom(type, object, old));
  else if (type.kind === 'CustomResourceDefinition') report.errors.push(...validateDefinition(object, old));
  else walk(type.schema, object as unknown as Record<string, unknown>, report);
}

/** What the API server says in `Warning` headers although it takes the object. */
export function warningsOf(type: ResourceType, object: KubeObject): string[] {
  if (type.storage === 'endpoints')
    return ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'];
  if (type.crd !== undefined || type.group === 'networking.k8s.io') return [];
  const podPath = type.storage === 'pods' ? 'spec' : 'spec.template.spec';
  const pod = podPath.split('.').reduce<unknown>((at, key) => fields(at)[key], object);
  return list(fields(pod).containers).flatMap(({ env }, index) => {
    const names = list(env).map(({ name }) => name);
    return [...names.entries()]
      .filter(([at, name]) => names.indexOf(name) < at)
      .map(([at, name]) => {
        const field = `${podPath}.containers[${index}].env[${at}]`;
        return `${field}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
      });
  });
}
