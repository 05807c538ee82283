/**
 * Sessions in simulated containers. The commands are functions here and know only what the pod's spec says; nothing ever
 * runs on this machine. A small shell: words and quotes, variables, `;`, `&&`, `||`, `cd`, `export`, `exit`. No pipes, no
 * redirections, no `tar`, so that `kubectl cp` answers as it does for an image without it.
 */
import { createHash } from 'node:crypto';
import type { Container, Pod } from '@kubenova/kube/kinds/pod.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import type { LocalClient } from '../api/local-client.ts';
import type { Clock } from '../clock.ts';
import { chooseContainer, environmentOf, filesOf, statusOf } from './containers.ts';

export interface ShellOptions {
  readonly pod: Pod;
  /** As asked for; '' or absent: the only one. */
  readonly container?: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  /** Whether somebody will write; without it the shell reads an end of file. */
  readonly stdin: boolean;
  /** Reads ConfigMaps and Secrets that the pod names. */
  readonly client: LocalClient;
  readonly clock: Clock;
  /** Told of output as it comes; with a terminal everything is stdout. */
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface ShellSession {
  /** What the user types or pipes; undefined is the end of it. */
  write(data: Uint8Array | undefined): void;
  resize(size: { width: number; height: number }): void;
  /** Ends it, as when the connection is gone. */
  kill(): void;
  /** Resolves when it has ended: with an exit code, or with why it never ran, in the words of the container runtime. */
  readonly ended: Promise<{ exitCode: number } | { error: string }>;
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash']);
const INTERRUPTED = 130;
const NOT_FOUND = 127;

interface Shell {
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

/** @throws ApiError when there is no such container (400), none was chosen (400), or it does not run (500) */
export function startShell(options: ShellOptions): ShellSession {
  const { pod, command, tty, client, clock, onOutput } = options;
  const container = chooseContainer(pod, options.container);
  if (pod.spec?.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (statusOf(pod, container.name)?.state?.running === undefined) {
    const why = `unable to upgrade connection: container not found ("${container.name}")`;
    throw new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });
  }
  let typed = '';
  let closed = !options.stdin;
  let killed = false;
  let wake = (): void => {};
  let interrupt = (): void => {};
  const shown = (text: string): string => (tty ? text.replaceAll('\n', '\r\n') : text);

  const shell: Shell = {
    pod,
    container,
    env: environmentOf(client, pod, container),
    files: filesOf(client, pod, container),
    clock,
    size: { width: 80, height: 24 },
    directory: (container as { workingDir?: string }).workingDir ?? '/',
    exited: false,
    print: (text) => killed || onOutput('stdout', shown(text)),
    complain: (text) => killed || onOutput(tty ? 'stdout' : 'stderr', shown(text)),
    async readLine() {
      for (;;) {
        const end = typed.search(/[\r\n]/);
        if (end >= 0 || (closed && typed !== '')) {
          const line = end >= 0 ? typed.slice(0, end) : typed;
          typed = end >= 0 ? typed.slice(end + 1) : '';
          return line;
        }
        if (closed || killed) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    sleep: (ms) =>
      new Promise((resolve) => {
        const cancel = clock.after(ms, () => resolve(0));
        interrupt = () => {
          cancel();
          resolve(INTERRUPTED);
        };
        if (killed) interrupt();
      }),
  };

  /** A terminal echoes, takes back, interrupts and ends. */
  function type(text: string): void {
    for (const key of text) {
      if (key === '\x03') {
        typed = '\n';
        shell.print('^C\n');
        interrupt();
      } else if (key === '\x04') closed = typed === '' || closed;
      else if (key === '\x7f') typed = typed.slice(0, -1);
      else typed += key;
      if (key === '\x7f') shell.print('\b \b');
      else if (key >= ' ' || key === '\r' || key === '\n') shell.print(key === '\r' ? '\n' : key);
    }
  }

  return {
    write(data) {
      const text = data === undefined ? '' : Buffer.from(data).toString();
      if (data === undefined) closed = true;
      else if (tty) type(text);
      else typed += text;
      wake();
    },
    resize(size) {
      Object.assign(shell.size, size);
    },
    kill() {
      killed = true;
      interrupt();
      wake();
    },
    ended: start(shell, command, tty),
  };
}

async function start(
  shell: Shell,
  command: readonly string[],
  tty: boolean,
): Promise<{ exitCode: number } | { error: string }> {
  const [program = ''] = command;
  const name = program.replace(/^(\/usr)?(\/local)?\/s?bin\//, '');
  if (!SHELLS.has(name) && (COMMANDS[name] === undefined || SHELL_ONLY.has(name))) {
    const why = program.includes('/')
      ? `exec: "${program}": stat ${program}: no such file or directory`
      : `exec: "${program}": executable file not found in $PATH`;
    const id = createHash('sha256')
      .update(`${shell.pod.metadata.uid} ${command.join(' ')}`)
      .digest('hex');
    const runtime = `OCI runtime exec failed: exec failed: unable to start container process: ${why}`;
    const told = `failed to exec in container: failed to start exec "${id}": ${runtime}`;
    return { error: `Internal error occurred: error executing command in container: ${told}` };
  }
  const exitCode = await runProgram(shell, [name, ...command.slice(1)], tty);
  return { exitCode };
}

/** A program by its name, or 127. */
async function runProgram(shell: Shell, words: readonly string[], tty = false): Promise<number> {
  const [program = '', ...args] = words;
  const name = program.replace(/^(\/usr)?(\/local)?\/s?bin\//, '');
  if (!SHELLS.has(name)) {
    const run = COMMANDS[name];
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
    else if (!shell.exited && part.length > 0 && (operator === ';' || (operator === '&&') === (code === 0))) {
      const words = part.map((word) => expand(shell, word, code)).filter((word) => word !== undefined);
      const [, name] = /^(\w+)=(.*)$/s.exec(words[0] ?? '') ?? [];
      if (words.length === 1 && name !== undefined) code = COMMANDS.export?.(shell, words) as number;
      else
        code =
          words.length === 0
            ? 0
            : words[0] === 'exit'
              ? exit(shell, words[1] ?? `${code}`)
              : await runProgram(shell, words);
    }
  }
  return code;
}

function exit(shell: Shell, text: string): number {
  shell.exited = true;
  return Number(text) & 255;
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

/** Of the shell itself, no files. */
const SHELL_ONLY: ReadonlySet<string> = new Set(['cd', 'export', ':']);

function absolute({ directory }: Shell, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** What is in a folder; undefined when there is none. */
function folder(shell: Shell, path: string): string[] | undefined {
  const prefix = path === '/' ? '/' : `${path}/`;
  const mounts = (shell.container.volumeMounts ?? []).map(({ mountPath }) => `${mountPath}/`);
  const known = ['/bin/', '/dev/', '/home/', '/proc/', '/root/', '/tmp/', '/usr/', ...mounts, ...shell.files.keys()];
  const inside = known.filter((each) => each.startsWith(prefix));
  if (inside.length === 0 && !mounts.includes(prefix)) return undefined;
  return [...new Set(inside.map((each) => each.slice(prefix.length).split('/')[0] ?? ''))].filter(Boolean).sort();
}

const COMMANDS: Readonly<Record<string, (shell: Shell, args: string[]) => number | Promise<number>>> = {
  true: () => 0,
  ':': () => 0,
  false: () => 1,
  echo(shell, args) {
    const bare = args[0] === '-n';
    shell.print(args.slice(bare ? 1 : 0).join(' ') + (bare ? '' : '\n'));
    return 0;
  },
  env: (shell) =>
    printAll(
      shell,
      [...shell.env].map(([name, value]) => `${name}=${value}`),
    ),
  printenv: (shell, [name]) => {
    if (name === undefined) return COMMANDS.env?.(shell, []) ?? 0;
    const value = shell.env.get(name);
    return value === undefined ? 1 : printAll(shell, [value]);
  },
  export: (shell, args) => {
    for (const [, name = '', value = ''] of args.map((arg) => /^(\w+)=(.*)$/s.exec(arg) ?? []))
      if (name) shell.env.set(name, value);
    return 0;
  },
  hostname: (shell) => printAll(shell, [shell.pod.metadata.name]),
  id: (shell) => printAll(shell, ['uid=0(root) gid=0(root) groups=0(root)']),
  whoami: (shell) => printAll(shell, ['root']),
  pwd: (shell) => printAll(shell, [shell.directory]),
  date: (shell) => {
    const [, day, date, month, year, time] =
      /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(shell.clock.now()).toUTCString()) ?? [];
    return printAll(shell, [`${day} ${month} ${date} ${time} UTC ${year}`]);
  },
  ps: (shell) => {
    const { command = [], args = [] } = shell.container;
    return printAll(shell, [
      'PID   USER     TIME  COMMAND',
      `    1 root      0:00 ${[...command, ...args].join(' ') || shell.container.name}`,
    ]);
  },
  stty: (shell, args) => (args.includes('size') ? printAll(shell, [`${shell.size.height} ${shell.size.width}`]) : 0),
  sleep: (shell, [seconds = '0']) => shell.sleep(Number.parseFloat(seconds) * 1_000),
  cd(shell, [path = shell.env.get('HOME') ?? '/']) {
    const target = absolute(shell, path);
    if (folder(shell, target) === undefined) {
      shell.complain(`sh: cd: can't cd to ${path}: No such file or directory\n`);
      return 2;
    }
    shell.directory = target;
    return 0;
  },
  ls(shell, args) {
    let code = 0;
    const paths = args.filter((arg) => !arg.startsWith('-'));
    for (const path of paths.length > 0 ? paths : ['.']) {
      const target = absolute(shell, path);
      const names = shell.files.has(target) ? [path] : folder(shell, target);
      if (names !== undefined) printAll(shell, names);
      else {
        shell.complain(`ls: ${path}: No such file or directory\n`);
        code = 1;
      }
    }
    return code;
  },
  async cat(shell, args) {
    if (args.length === 0) {
      for (let line = await shell.readLine(); line !== undefined; line = await shell.readLine())
        shell.print(`${line}\n`);
      return 0;
    }
    let code = 0;
    for (const path of args) {
      const target = absolute(shell, path);
      const content = shell.files.get(target);
      if (content !== undefined) shell.print(content);
      else {
        const why = folder(shell, target) ? 'read error: Is a directory' : "can't open: No such file or directory";
        shell.complain(
          folder(shell, target) ? `cat: ${why}\n` : `cat: can't open '${path}': No such file or directory\n`,
        );
        code = 1;
      }
    }
    return code;
  },
};

function printAll(shell: Shell, lines: readonly string[]): 0 {
  shell.print(lines.map((line) => `${line}\n`).join(''));
  return 0;
}
