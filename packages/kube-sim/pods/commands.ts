/** The programs of a simulated container. They know what the pod's spec says, and nothing of this machine. */
import type { Shell } from './shell.ts';

/** Of the shell itself, no files. */
export const SHELL_ONLY: ReadonlySet<string> = new Set(['cd', 'export', ':']);

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

type Command = (shell: Shell, args: string[]) => number | Promise<number>;

const commands = {
  true: () => 0,
  ':': () => 0,
  false: () => 1,
  echo(shell, args) {
    const bare = args[0] === '-n';
    shell.print(args.slice(bare ? 1 : 0).join(' ') + (bare ? '' : '\n'));
    return 0;
  },
  env: printEnvironment,
  printenv: (shell, [name]) => {
    if (name === undefined) return printEnvironment(shell);
    const value = shell.env.get(name);
    return value === undefined ? 1 : printAll(shell, value);
  },
  export(shell, args) {
    for (const arg of args) {
      const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(arg) ?? [];
      if (name !== undefined) shell.env.set(name, value);
    }
    return 0;
  },
  hostname: (shell) => printAll(shell, shell.pod.metadata.name),
  id: (shell) => printAll(shell, 'uid=0(root) gid=0(root) groups=0(root)'),
  whoami: (shell) => printAll(shell, 'root'),
  pwd: (shell) => printAll(shell, shell.directory),
  date(shell) {
    const [day, date, month, year, time] = new Date(shell.clock.now()).toUTCString().split(/,? /);
    return printAll(shell, `${day} ${month} ${date} ${time} UTC ${year}`);
  },
  ps(shell) {
    const { name, command = [], args = [] } = shell.container;
    const running = [...command, ...args].join(' ') || name;
    return printAll(shell, 'PID   USER     TIME  COMMAND', `    1 root      0:00 ${running}`);
  },
  stty: (shell, args) => (args.includes('size') ? printAll(shell, `${shell.size.height} ${shell.size.width}`) : 0),
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
      if (names !== undefined) printAll(shell, ...names);
      else {
        shell.complain(`ls: ${path}: No such file or directory\n`);
        code = 1;
      }
    }
    return code;
  },
  async cat(shell, args) {
    if (args.length > 0) return args.map((path) => show(shell, path)).find((code) => code !== 0) ?? 0;
    for (let line = await shell.readLine(); line !== undefined; line = await shell.readLine()) printAll(shell, line);
    return 0;
  },
} satisfies Record<string, Command>;

/** By name; a Map, since anybody may ask for `constructor`. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>(Object.entries(commands));

function printEnvironment(shell: Shell): 0 {
  return printAll(shell, ...Array.from(shell.env, ([name, value]) => `${name}=${value}`));
}

function printAll(shell: Shell, ...lines: string[]): 0 {
  shell.print(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function show(shell: Shell, path: string): 0 | 1 {
  const target = absolute(shell, path);
  const content = shell.files.get(target);
  if (content !== undefined) shell.print(content);
  else if (folder(shell, target)) shell.complain('cat: read error: Is a directory\n');
  else shell.complain(`cat: can't open '${path}': No such file or directory\n`);
  return content === undefined ? 1 : 0;
}
