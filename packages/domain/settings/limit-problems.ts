/**
 * Items of a LimitRange, as the API server takes them.
 * Source: `ValidateLimitRange` of Kubernetes 1.37.
 */
import type { LimitRangeItem, Limits, ProblemError } from '@kubenova/knapi/schemas.ts';
import { parseQuantity } from '../quantity.ts';
import {
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isQualifiedName,
  QUALIFIED_NAME_FORM,
} from './kubernetes-names.ts';
import { pointer } from './pointer.ts';

type Field = 'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';
const FIELDS: readonly Field[] = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

/** What must not be more than what, and how a message calls both. */
const ORDER: readonly [Field, Field][] = [
  ['min', 'max'],
  ['min', 'defaultRequest'],
  ['min', 'default'],
  ['defaultRequest', 'default'],
  ['defaultRequest', 'max'],
  ['default', 'max'],
];

/** What is wrong with limit ranges, with pointers below `at`. */
export function limitProblems(limits: Limits, at: readonly string[] = []): ProblemError[] {
  return limits.flatMap((item, index) => {
    const here = [...at, String(index)];
    const problems = itemProblems(item, here);
    if (limits.findIndex(({ type }) => type === item.type) < index) {
      const detail = `There is an item for ${item.type} already; a LimitRange takes one of each type.`;
      problems.push({ pointer: pointer(...here, 'type'), detail });
    }
    return problems;
  });
}

function itemProblems(item: LimitRangeItem, at: readonly string[]): ProblemError[] {
  const problems: ProblemError[] = [];
  const told = (detail: string, ...steps: string[]) => problems.push({ pointer: pointer(...at, ...steps), detail });
  for (const field of ['default', 'defaultRequest'] as const) {
    if (item.type === 'Pod' && Object.keys(item[field] ?? {}).length > 0) {
      told(`A Pod has no ${field} of its own; set it for Container.`, field);
    }
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.storage === undefined && item.max?.storage === undefined) {
    told('An item for PersistentVolumeClaim needs min.storage or max.storage.');
  }
  for (const field of FIELDS) {
    for (const [name, quantity] of Object.entries(item[field] ?? {})) {
      const detail = resourceProblem(item.type, name) ?? quantityProblem(quantity);
      if (detail !== undefined) told(detail, field, name);
    }
  }
  if (problems.length > 0) return problems;

  const names = new Set(FIELDS.flatMap((field) => Object.keys(item[field] ?? {})));
  for (const name of names) {
    const value = (field: Field) => parseQuantity(item[field]?.[name] ?? '');
    for (const [low, high] of ORDER) {
      const [less, more] = [value(low), value(high)];
      if (less === undefined || more === undefined || less <= more) continue;
      // The one that stands between is what is wrong, where there is one.
      const field = low === 'min' && high !== 'max' ? high : low;
      told(`${low} (${item[low]?.[name]}) of ${name} is more than ${high} (${item[high]?.[name]}).`, field, name);
    }
    const [ratio, min, max] = [value('maxLimitRequestRatio'), value('min'), value('max')];
    if (ratio !== undefined && ratio < 1) {
      told('A limit is never less than its request: the ratio is at least 1.', 'maxLimitRequestRatio', name);
    } else if (ratio !== undefined && min !== undefined && max !== undefined && min > 0 && ratio > max / min) {
      told(`The ratio can never be more than max / min, which is ${max / min}.`, 'maxLimitRequestRatio', name);
    }
    const [usual, request] = [value('default'), value('defaultRequest')];
    const exact = !isNativeResource(name) || isHugePages(name);
    if (exact && usual !== undefined && request !== undefined && usual !== request) {
      told(`${name} cannot be overcommitted: default and defaultRequest have to be the same.`, 'defaultRequest', name);
    }
  }
  return problems;
}

function resourceProblem(type: LimitRangeItem['type'], name: string): string | undefined {
  if (!isQualifiedName(name)) return `${name} is not the name of a resource: it takes ${QUALIFIED_NAME_FORM}.`;
  if (type === 'PersistentVolumeClaim') {
    return name === 'storage' ? undefined : `A PersistentVolumeClaim is limited in storage, not in ${name}.`;
  }
  if (['cpu', 'memory', 'ephemeral-storage'].includes(name) || isHugePages(name)) return undefined;
  if (name.includes('/') && (isNativeResource(name) || isExtendedResource(name))) return undefined;
  return `A ${type} is limited in cpu, memory, ephemeral-storage, hugepages-<size> and extended resources, not in ${name}.`;
}

function quantityProblem(quantity: string): string | undefined {
  return parseQuantity(quantity) === undefined
    ? `${quantity} is not a quantity. Write it as 500m, 2 or 4Gi.`
    : undefined;
}
