/**
 * A small shell: words and quotes, variables, `;`, `&&`, `||`, `#`, a shell in a shell. No pipes, redirections,
 * substitutions, or control flow.
 */
import type { Container, Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Clock } from '../clock.ts';
import { COMMANDS, SHELL_ONLY } from './commands.ts';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash']);
const NOT_FOUND = 127;

export interface Shell {
  readonly pod: Pod;
  readonly container: Container;
  readonly env: Map<string, string>;
  readonly files: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** Of the terminal; one object, whichever shell in a shell looks. */
  readonly size: { width: number; height: number };
  directory: string;
  /** Set by `exit`. */
  exited: boolean;
  print(text: string): void;
  complain(text: string): void;
  /** The next line of input without its end; undefined when there is none. */
  readLine(): Promise<string | undefined>;
  sleep(ms: number): Promise<number>;
}

/** What a path or a name runs. */
const programOf = (path: string): string => path.replace(/^(\/usr)?(\/local)?\/s?bin\//, '');

/** Whether there is a file of it, so that a container runtime can start it. */
export function isProgram(path: string): boolean {
  const name = programOf(path);
  return SHELLS.has(name) || (COMMANDS.has(name) && !SHELL_ONLY.has(name));
}

/** A program by its name, or 127. */
export async function runProgram(shell: Shell, words: readonly string[], tty = false): Promise<number> {
  const [program = '', ...args] = words;
  const name = programOf(program);
  if (!SHELLS.has(name)) {
    const run = COMMANDS.get(name);
    if (run !== undefined) return run(shell, args);
    shell.complain(`sh: ${program}: not found\n`);
    return NOT_FOUND;
  }
  const inner: Shell = { ...shell, env: new Map(shell.env), exited: false };
  const script = args.findIndex((arg) => /^-\w*c$/.test(arg));
  if (script >= 0) return runLine(inner, args[script + 1] ?? '');
  let code = 0;
  while (!inner.exited) {
    if (tty) inner.print(`${inner.directory} # `);
    const line = await inner.readLine();
    if (line === undefined) break;
    code = await runLine(inner, line, code);
  }
  return code;
}

async function runLine(shell: Shell, line: string, before = 0): Promise<number> {
  let code = before;
  let operator = ';';
  for (const part of parse(line)) {
    if (typeof part === 'string') operator = part;
    else if (part.length > 0 && !shell.exited && (operator === ';' || (operator === '&&') === (code === 0))) {
      code = await runCommand(shell, part, code);
    }
  }
  return code;
}

async function runCommand(shell: Shell, command: readonly Piece[][], before: number): Promise<number> {
  const words = command.map((word) => expand(shell, word, before)).filter((word) => word !== undefined);
  const [first, second = `${before}`] = words;
  if (first === undefined) return 0;
  if (first === 'exit') {
    shell.exited = true;
    return Number(second) & 255;
  }
  return runProgram(shell, words.length === 1 && /^\w+=/.test(first) ? ['export', first] : words);
}

interface Piece {
  readonly text: string;
  readonly quote: string;
}

/** Commands, each a list of words in pieces, and the operators between them. */
function parse(line: string): (Piece[][] | string)[] {
  const parts: (Piece[][] | string)[] = [];
  let words: Piece[][] = [];
  let word: Piece[] = [];
  const token = /'([^']*)'|"((?:\\.|[^"\\])*)"|(&&|\|\||;|\n)|(\s+)|#.*|((?:\\.|[^\s'";&|\\])+|.)/gs;
  const endWord = () => {
    if (word.length > 0) words.push(word);
    word = [];
  };
  for (const [whole, single, double, operator, space, bare] of line.matchAll(token)) {
    if (operator !== undefined) {
      endWord();
      parts.push(words, operator === '\n' ? ';' : operator);
      words = [];
    } else if (space !== undefined) endWord();
    else if (single !== undefined) word.push({ text: single, quote: "'" });
    else if (double !== undefined) word.push({ text: double, quote: '"' });
    else if (bare !== undefined) word.push({ text: bare, quote: '' });
    else if (word.length > 0) word.push({ text: whole, quote: "'" });
  }
  endWord();
  return [...parts, words];
}

/** A word with its variables put in; an unquoted one that is empty then is none. */
function expand({ env }: Shell, word: readonly Piece[], code: number): string | undefined {
  const texts = word.map(({ text, quote }) => {
    if (quote === "'") return text;
    const variable = /\\(.)|\$(?:(\w+|\?)|\{(\w+)(?::-([^}]*))?\})/gs;
    return text.replace(variable, (_whole, escaped, plain, braced, fallback) => {
      if (escaped !== undefined) return escaped;
      return plain === '?' ? `${code}` : env.get(plain ?? braced) || (fallback ?? '');
    });
  });
  const joined = texts.join('');
  return joined === '' && word.every(({ quote }) => quote === '') ? undefined : joined;
}
