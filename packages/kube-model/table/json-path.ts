/**
 * The simple JSONPaths of `additionalPrinterColumns`: fields, quoted fields, indexes, wildcards and filters by equality,
 * as in `.status.conditions[?(@.type=="Ready")].status`. Source: Kubernetes, "JSONPath Support".
 */
import { valueAt } from '../selectors/path.ts';

type Step = (value: unknown) => unknown[];

const known = new Map<string, (object: unknown) => unknown>();

/** Answers how to read the first value that a path finds, undefined when it finds none. */
export function jsonPath(path: string): (object: unknown) => unknown {
  const before = known.get(path);
  if (before) return before;
  // Nearly all are plain fields, and tables have many cells.
  const plain = /^(?:\.[\w-]+)+$/.test(path) ? path.slice(1).split('.') : undefined;
  const steps = plain ? [] : stepsOf(path);
  const read = plain
    ? (object: unknown) => valueAt(object, plain)
    : (object: unknown) => steps.reduce((values, step) => values.flatMap(step), [object])[0];
  known.set(path, read);
  return read;
}

const TOKEN =
  /\.((?:\\.|[^.[\]\\])+)|\['((?:\\.|[^'])*)'\]|\[(\*|-?\d+)\]|\[\?\(@((?:\.[^.=!<>\s]+)+)\s*(==|!=)\s*(.+?)\)\]/y;

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return [() => []];
    const [, field, quoted, index, filtered, operator, literal = ''] = match;
    const name = (field ?? quoted)?.replace(/\\(.)/g, '$1');
    if (name !== undefined && name !== '*') steps.push((value) => present(valueAt(value, [name])));
    else if (filtered !== undefined) steps.push(filter(filtered.slice(1).split('.'), operator === '==', literal));
    else if (name === '*' || index === '*') steps.push((value) => Object.values(value ?? {}));
    else steps.push((value) => (Array.isArray(value) ? present(value.at(Number(index))) : []));
  }
  return steps;
}

const present = (value: unknown): unknown[] => (value === undefined ? [] : [value]);

function filter(path: readonly string[], equal: boolean, literal: string): Step {
  const wanted = literal.trim().replace(/^(["'])(.*)\1$/, '$2');
  return (value) =>
    Array.isArray(value) ? value.filter((item) => (String(valueAt(item, path)) === wanted) === equal) : [];
}
