/**
 * CEL as Kubernetes speaks it: the language by `@marcbachmann/cel-js` (ADR 9), with the values and the error texts of the
 * API server, and those of its functions that are used here; the URL, IP, CIDR, semver, format, sets and authorizer
 * libraries and `optMap` are left out. Source: Kubernetes, "Common Expression Language in Kubernetes".
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { compareQuantities, parseQuantity } from '../schema/quantity.ts';

/** @throws CelError with the API server's words */
export type Program = (variables: Readonly<Record<string, unknown>>) => unknown;

/** An expression that cannot be compiled or that fails: a missing key, a wrong type. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

export interface Cel {
  /** Equal expressions are compiled once. @throws CelError */
  compile(expression: string): Program;
}

/** So many programs are kept; then all are forgotten, so that generated expressions cannot fill the memory. */
const KEPT = 4096;

/** @param variables names that expressions may use; all are dynamically typed */
export function createCel(variables: readonly string[]): Cel {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerFunctions(environment);
  for (const name of variables) environment.registerVariable(name, 'dyn');
  const programs = new Map<string, Program>();
  return {
    compile(expression) {
      const known = programs.get(expression);
      if (known) return known;
      const parsed = attempt(() => environment.parse(expression));
      const { valid, error } = parsed.check();
      if (!valid) throw asCelError(error);
      const program: Program = (values) => attempt(() => parsed(values) as unknown);
      if (programs.size >= KEPT) programs.clear();
      programs.set(expression, program);
      return program;
    },
  };
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
