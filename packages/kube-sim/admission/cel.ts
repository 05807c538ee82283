/**
 * CEL as Kubernetes speaks it: the language by `@marcbachmann/cel-js` (ADR 9), with the values and the error texts of the
 * API server, and those of its functions that are used here; the URL, IP, CIDR, semver, format, sets and authorizer
 * libraries and `optMap` are left out. Source: Kubernetes, "Common Expression Language in Kubernetes".
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { compareQuantities, parseQuantity } from '../schema/quantity.ts';

/** A compiled expression. @throws CelError with the API server's words */
export interface Program {
  (variables: Readonly<Record<string, unknown>>): unknown;
  /** What it evaluates to, as in `bool`; `dyn` where that is not known before. */
  readonly type: string;
}

/** An expression that cannot be compiled or that fails: a missing key, a wrong type. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

export interface Cel {
  /** Equal expressions are compiled once. @throws CelError that shows where the mistake is */
  compile(expression: string): Program;
}

/** So many programs are kept; then all are forgotten, so that generated expressions cannot fill the memory. */
const KEPT = 4096;

/** @param variables what expressions may use, with their types where these are known: `{ self: 'string' }` */
export function createCel(variables: readonly string[] | Readonly<Record<string, string>>): Cel {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerFunctions(environment);
  const types = Array.isArray(variables) ? variables.map((name) => [name, 'dyn']) : Object.entries(variables);
  for (const [name = '', type = 'dyn'] of types) environment.registerVariable(name, type);
  const programs = new Map<string, Program>();
  return {
    compile(expression) {
      const known = programs.get(expression);
      if (known) return known;
      let program: Program;
      try {
        const parsed = environment.parse(expression);
        const { valid, error, type = 'dyn' } = parsed.check();
        if (!valid) throw error;
        program = Object.assign((values: Readonly<Record<string, unknown>>) => attempt(() => parsed(values)), { type });
      } catch (error) {
        throw new CelError(shownMistake(expression, error as Mistake));
      }
      if (programs.size >= KEPT) programs.clear();
      programs.set(expression, program);
      return program;
    },
  };
}

type Mistake = { code?: string; summary?: string; message: string; range?: { start: number } };

const EXPECTED =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** As cel-go shows it: position, words, and the line with a caret below. */
function shownMistake(expression: string, { code, summary, message, range }: Mistake): string {
  let at = range?.start ?? 0;
  let told = summary ?? message;
  const [, name] = /^Unknown variable: (.*)$/.exec(told) ?? [];
  const [, left, operator = '', right] = /^no such overload: (\S+) (\S+) (\S+)$/.exec(told) ?? [];
  if (name !== undefined) told = `undeclared reference to '${name}' (in container '')`;
  else if (left !== undefined) {
    told = `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`;
    at = Math.max(expression.indexOf(operator, at), at);
  } else if (code === 'unexpected_token' && told.endsWith('EOF')) {
    told = `Syntax error: mismatched input '<EOF>' expecting ${EXPECTED}`;
  } else if (code !== 'no_matching_overload') told = `Syntax error: ${told.charAt(0).toLowerCase()}${told.slice(1)}`;
  const line = expression.slice(0, at).split('\n').length;
  const column = at - (expression.lastIndexOf('\n', at - 1) + 1);
  const text = expression.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${told}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

/** JSON as CEL has it: whole numbers are `int`. The value itself is left as it is. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, toCel(field)]));
}

function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asCelError(error);
  }
}

function asCelError(error: unknown): CelError {
  if (error instanceof CelError) return error;
  const { code = '', summary, message } = error as { code?: string; summary?: string; message?: string };
  const told = summary ?? message ?? String(error);
  if (code === 'index_out_of_bounds') return new CelError(`index out of bounds: ${/index (-?\d+)/.exec(told)?.[1]}`);
  if (/overload|condition_type/.test(code)) return new CelError('no such overload');
  return new CelError(told.charAt(0).toLowerCase() + told.slice(1));
}

class CelQuantity {
  readonly text: string;
  constructor(text: string) {
    if (!parseQuantity(text)) throw new CelError(`invalid quantity: ${text}`);
    this.text = text;
  }
}

function registerFunctions(environment: Environment): void {
  environment.registerType('Quantity', { ctor: CelQuantity, fields: {} });
  const compare = (a: CelQuantity, b: CelQuantity) => compareQuantities(a.text, b.text);
  const functions: Record<string, (...values: never[]) => unknown> = {
    'OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>': (_: unknown, value: unknown) =>
      isZero(value) ? Optional.none() : Optional.of(value),
    'string.replace(string, string): string': (text: string, from: string, to: string) => text.replaceAll(from, to),
    'string.find(string): string': (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '',
    'string.findAll(string): list<string>': (text: string, pattern: string) =>
      text.match(new RegExp(pattern, 'g')) ?? [],
    'list.sum(): dyn': (list: bigint[]) => list.reduce((a, b) => a + b, 0n),
    'list.min(): dyn': (list: bigint[]) => list.reduce((a, b) => (b < a ? b : a)),
    'list.max(): dyn': (list: bigint[]) => list.reduce((a, b) => (b > a ? b : a)),
    'list.isSorted(): bool': (list: bigint[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
    'list.indexOf(dyn): int': (list: unknown[], item: unknown) => BigInt(list.indexOf(item)),
    'isQuantity(string): bool': (text: string) => parseQuantity(text) !== undefined,
    'quantity(string): Quantity': (text: string) => new CelQuantity(text),
    'Quantity.compareTo(Quantity): int': (a: CelQuantity, b: CelQuantity) => BigInt(compare(a, b)),
    'Quantity.isLessThan(Quantity): bool': (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0,
    'Quantity.isGreaterThan(Quantity): bool': (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0,
  };
  for (const [signature, run] of Object.entries(functions)) environment.registerFunction(signature, run);
}

function isZero(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value;
}
