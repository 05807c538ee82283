/**
 * What a PATCH request may say of itself.
 * Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, Kubernetes API concepts, "Types of updates".
 */
import { ApiError, invalid } from '../api/api-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

export interface PatchOptions {
  readonly fieldManager?: string;
  /** As in the URL; undefined when it is not there. */
  readonly force?: boolean;
  readonly dryRun?: readonly string[];
  readonly fieldValidation?: string;
}

/** @throws ApiError 415 for a content type that the kind cannot be patched with */
export function checkPatchType({ crd }: ResourceType, contentType: string): void {
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(crd === undefined ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  if (accepted.includes(contentType)) return;
  const told = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  throw new ApiError(415, 'UnsupportedMediaType', told);
}

/** @throws ApiError 422 as `PatchOptions.meta.k8s.io "" is invalid: …` */
export function checkPatchOptions(contentType: string, options: PatchOptions): void {
  const { fieldManager = '', force, dryRun = [], fieldValidation } = options;
  const errors: FieldError[] = [];
  if (contentType === APPLY_PATCH && fieldManager === '') {
    errors.push({ kind: 'Required', field: 'fieldManager', detail: 'is required for apply patch' });
  }
  if (contentType !== APPLY_PATCH && force !== undefined) {
    errors.push({ kind: 'Forbidden', field: 'force', detail: 'may not be specified for non-apply patch' });
  }
  errors.push(...fieldManagerErrors(fieldManager));
  if (dryRun.some((stage) => stage !== 'All')) {
    errors.push({ kind: 'NotSupported', field: 'dryRun', value: dryRun, detail: 'supported values: "All"' });
  }
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation ?? '')) {
    const detail = 'supported values: "", "Ignore", "Strict", "Warn"';
    errors.push({ kind: 'NotSupported', field: 'fieldValidation', value: fieldValidation, detail });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', errors);
}

/** Of creates and updates too. */
export function fieldManagerErrors(fieldManager: string): FieldError[] {
  if (fieldManager.length > 128) {
    return [{ kind: 'TooLong', field: 'fieldManager', detail: 'may not be more than 128 bytes' }];
  }
  const bad = /[^\P{C}]|[^\P{Z} ]/u.exec(fieldManager);
  if (!bad) return [];
  const sign = bad[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
  const detail = `invalid character U+${sign} (at position ${bad.index})`;
  return [{ kind: 'Invalid', field: 'fieldManager', value: fieldManager, detail }];
}
