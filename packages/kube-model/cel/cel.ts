/**
 * CEL as Kubernetes speaks it: the language by `@marcbachmann/cel-js` (ADR 9), with the values and the error texts of the
 * API server. Kubernetes' own libraries of functions (lists, regular expressions, quantities, URLs, IPs, semver, formats,
 * sets, the authorizer) are left out. Source: Kubernetes, "Common Expression Language in Kubernetes".
 */
import { Environment } from '@marcbachmann/cel-js';

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

/** @param variables what expressions may use */
export function createCel(variables: readonly string[]): Cel {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  for (const name of variables) environment.registerVariable(name, 'dyn');
  const programs = new Map<string, Program>();
  function compiled(expression: string): Program {
    try {
      const parsed = environment.parse(expression);
      const { valid, error, type = 'dyn' } = parsed.check();
      if (!valid) throw error;
      const run = (values: Readonly<Record<string, unknown>>) => {
        try {
          return parsed(values);
        } catch (failure) {
          throw new CelError(shownFailure(failure as Mistake));
        }
      };
      return Object.assign(run, { type });
    } catch (error) {
      throw new CelError(shownMistake(expression, error as Mistake));
    }
  }
  return {
    compile(expression) {
      const program = programs.get(expression) ?? compiled(expression);
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

function shownFailure({ code = '', summary, message }: Mistake): string {
  const told = summary ?? message;
  if (code === 'index_out_of_bounds') return `index out of bounds: ${/index (-?\d+)/.exec(told)?.[1]}`;
  if (/overload|condition_type/.test(code)) return 'no such overload';
  return told.charAt(0).toLowerCase() + told.slice(1);
}
