/** Label selectors (`metav1.LabelSelector`), as the API server takes them. */
import { isRecord } from '../manifest.ts';
import { isLabelValue, isQualifiedName, QUALIFIED_NAME_FORM } from './kubernetes-names.ts';

const KEY = `The key of a label takes ${QUALIFIED_NAME_FORM}.`;
const VALUE =
  'The value of a label takes at most 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends.';

/** @param told is given each problem, with where it is below the selector */
export function selectorProblems(
  selector: unknown,
  told: (detail: string, ...steps: (string | number)[]) => void,
): void {
  if (!isRecord(selector)) {
    told('It has to be an object with matchLabels or matchExpressions; {} selects all.');
    return;
  }
  for (const [field, value] of Object.entries(selector)) {
    if (field === 'matchLabels') labels(value, (detail, ...steps) => told(detail, field, ...steps));
    else if (field === 'matchExpressions') expressions(value, (detail, ...steps) => told(detail, field, ...steps));
    else told('There is no such field here; there are matchLabels and matchExpressions.', field);
  }
}

function labels(value: unknown, told: (detail: string, ...steps: string[]) => void): void {
  if (!isRecord(value)) {
    told('It has to be an object of labels.');
    return;
  }
  for (const [key, text] of Object.entries(value)) {
    if (!isQualifiedName(key)) told(KEY, key);
    else if (typeof text !== 'string' || !isLabelValue(text)) told(VALUE, key);
  }
}

function expressions(value: unknown, told: (detail: string, ...steps: (string | number)[]) => void): void {
  if (!Array.isArray(value)) {
    told('It has to be a list.');
    return;
  }
  for (const [index, expression] of value.entries()) {
    if (!isRecord(expression)) {
      told('It has to be an object with key, operator and values.', index);
      continue;
    }
    for (const field of Object.keys(expression)) {
      if (!['key', 'operator', 'values'].includes(field)) {
        told('There is no such field here; there are key, operator, values.', index, field);
      }
    }
    const { key, operator, values = [] } = expression;
    if (typeof key !== 'string' || !isQualifiedName(key)) told(KEY, index, 'key');
    if (!Array.isArray(values)) {
      told('It has to be a list.', index, 'values');
      continue;
    }
    for (const [at, text] of values.entries()) {
      if (typeof text !== 'string' || !isLabelValue(text)) told(VALUE, index, 'values', at);
    }
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) told(`${operator} needs values.`, index, 'values');
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) told(`${operator} takes no values.`, index, 'values');
    } else told('The operator is In, NotIn, Exists or DoesNotExist.', index, 'operator');
  }
}
