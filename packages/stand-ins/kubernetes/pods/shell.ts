/**
 * A small shell: words and quotes, variables, `;`, `&&`, `||`, a shell in a shell. No assignments, comments, pipes,
 * redirections, substitutions, or control flow.
 */
import type { Container, Pod } from '@kubenova/kube/kinds/pod.ts';
import { COMMANDS } from './commands.ts';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash']);
const NOT_FOUND = 127;

export interface Shell {
  readonly pod: Pod;
  readonly container: Container;
  readonly env: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, string>;
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
  return SHELLS.has(name) || (COMMANDS.has(name) && name !== 'cd');
}

/** A program by its name, or 127. */
export async function runProgram(shell: Shell, words: readonly string[], tty = false): Promise<number> {
  const [program = '', ...args] = words;
  const name = programOf(program);
  const command = COMMANDS.get(name);
  if (command !== undefined) return command(shell, args);
  if (!SHELLS.has(name)) {
    shell.complain(`sh: ${program}: not found\n`);
    return NOT_FOUND;
  }
  const inner: Shell = { ...shell, exited: false };
  const script = args.findIndex((arg) => /^-\w*c$/.test(arg));
  if (script >= 0) return runLine(inner, args[script + 1] ?? '', 0);
  let code = 0;
  while (!inner.exited) {
    if (tty) inner.print(`${inner.directory} # `);
    const line = await inner.readLine();
    if (line === undefined) break;
    code = await runLine(inner, line, code);
  }
  return code;
}

async function runLine(shell: Shell, line: string, before: number): Promise<number> {
  let code = before;
  let operator = ';';
  let words: string[] = [];
  const token = /(&&|\|\||[;\n])|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|'"\\])+)/gs;
  for (const [, next, word] of [...line.matchAll(token), ['', ';', undefined] as const]) {
    if (word !== undefined) words.push(word);
    if (next === undefined) continue;
    const due = operator === '&&' ? code === 0 : operator === '||' ? code !== 0 : true;
    if (words.length > 0 && due && !shell.exited) code = await runCommand(shell, words, code);
    operator = next;
    words = [];
  }
  return code;
}

async function runCommand(shell: Shell, raw: readonly string[], before: number): Promise<number> {
  // An unquoted word that is empty once its variables are put in is none.
  const words = raw.map((word) => expand(shell, word, before)).filter((text, at) => text || /['"]/.test(raw[at] ?? ''));
  if (words[0] !== 'exit') return words.length === 0 ? 0 : runProgram(shell, words);
  shell.exited = true;
  return Number(words[1] ?? before) & 255;
}

/** A word without its quotes, and with its variables put in. */
function expand({ env }: Shell, word: string, code: number): string {
  const fill = (text: string): string =>
    text.replace(/\\(.)|\$(?:(\w+|\?)|\{(\w+)(?::-([^}]*))?\})/gs, (_whole, escaped, plain, braced, fallback) => {
      if (escaped !== undefined) return escaped;
      return plain === '?' ? `${code}` : env.get(plain ?? braced) || (fallback ?? '');
    });
  const pieces = /'([^']*)'|"((?:\\.|[^"\\])*)"|((?:\\.|[^'"\\])+)/gs;
  return word.replace(pieces, (_whole, literal, quoted, bare) => literal ?? fill(quoted ?? bare));
}
