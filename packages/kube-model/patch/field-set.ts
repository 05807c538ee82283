/**
 * Sets of fields, as `managedFields` keeps them. A set is a tree whose keys are path elements: `f:name` a field,
 * `k:{"name":"web"}` an item of a list by its keys, `v:"x"` an item of a set. An empty node says that the element is a
 * member; a node with content says that members are below it, and is a member itself only with the key `.` in it.
 *
 * This is the very form in which `fieldsV1` travels and is stored, so that nothing is parsed: what is read from an object
 * is the set. Sets are never changed and share their parts; equal ones are made one by `intern`.
 *
 * Source: `sigs.k8s.io/structured-merge-diff/fieldpath`.
 */
import { isEmpty } from './json-value.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** What a set is while it is built. */
export interface FieldSetDraft {
  [element: string]: FieldSet;
}

/** A member with nothing below; at the root, the empty set. */
export const LEAF: FieldSet = Object.freeze({});

export const isMember = (node: FieldSet): boolean => node === LEAF || '.' in node || isEmpty(node);

/** Whether the set has this element itself, one level deep. */
export function has(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** What is below an element, if anything. */
export function below(set: FieldSet, element: string): FieldSet | undefined {
  const node = set[element];
  if (node === undefined) return undefined;
  for (const key in node) if (key !== '.') return node;
  return undefined;
}

export const asMember = (node: FieldSet | undefined): FieldSet =>
  node === undefined || isEmpty(node) ? LEAF : '.' in node ? node : { '.': LEAF, ...node };

/** @returns the tidy form of a draft, undefined when nothing is in it */
function settle(draft: FieldSetDraft): FieldSet | undefined {
  const [first, second] = Object.keys(draft);
  if (first === undefined) return undefined;
  return second === undefined && first === '.' ? LEAF : draft;
}

/** Answers `a` itself when it has everything already. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  return isEmpty(a) ? b : unionNode(a, b);
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a)) return isEmpty(b) ? a : asMember(b);
  if (isEmpty(b)) return asMember(a);
  let all: FieldSetDraft | undefined;
  for (const key in b) {
    const theirs = b[key] ?? LEAF;
    const ours = a[key];
    const both = ours === undefined ? theirs : key === '.' ? ours : unionNode(ours, theirs);
    if (both === ours) continue;
    all ??= { ...a };
    all[key] = both;
  }
  return all ?? a;
}

/** What is in `a` and not in `b`, `a` itself when that is all; taking away an element leaves what is below it. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => differenceNode(a, b) ?? LEAF;

function differenceNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isEmpty(a)) return isMember(b) ? undefined : a;
  const rest: FieldSetDraft = {};
  let touched = false;
  for (const key in a) {
    const ours = a[key] ?? LEAF;
    const theirs = b[key];
    let left: FieldSet | undefined = ours;
    if (key === '.') left = isMember(b) ? undefined : ours;
    else if (theirs !== undefined) left = differenceNode(ours, theirs);
    if (left) rest[key] = left;
    touched ||= left !== ours;
  }
  return touched ? settle(rest) : a;
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet => intersectionNode(a, b) ?? LEAF;

function intersectionNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const both: FieldSetDraft = {};
  if (isMember(a) && isMember(b)) both['.'] = LEAF;
  for (const key in a) {
    const [ours, theirs] = [a[key], b[key]];
    const shared = key !== '.' && ours && theirs && intersectionNode(ours, theirs);
    if (shared) both[key] = shared;
  }
  return settle(both);
}

/** The members as lists of elements, in the order in which the API server tells of them: those of a level first. */
export function paths(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const elements = Object.keys(set).filter((element) => element !== '.');
  const sorted = elements.sort((a, b) => (sortable(a) < sortable(b) ? -1 : 1));
  const members = sorted.filter((element) => has(set, element)).map((element) => [...prefix, element]);
  return [...members, ...sorted.flatMap((element) => paths(below(set, element) ?? LEAF, [...prefix, element]))];
}

/** Numbers among keys count as numbers. */
const sortable = (element: string): string => element.replace(/(?<=":)\d+/g, (digits) => digits.padStart(12, '0'));

/** `.spec.ports[port=80,protocol="TCP"].name` */
export const pathText = (path: readonly string[]): string => path.map(elementText).join('');

/** @throws SyntaxError for keys that are no JSON */
export function elementText(element: string): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (!element.startsWith('k:')) return element.startsWith('v:') ? `[=${content}]` : `[${content}]`;
  const keys = Object.entries(JSON.parse(content) as object);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

const interned = new Map<string, FieldSet>();
const INTERNED_LIMIT = 8192;

/** One object for all equal sets: most objects of a cluster have the same fields as a thousand others. */
export function intern(set: FieldSet): FieldSet {
  const text = JSON.stringify(set);
  const known = interned.get(text);
  if (known) return known;
  if (interned.size >= INTERNED_LIMIT) interned.clear();
  interned.set(text, set);
  return set;
}
