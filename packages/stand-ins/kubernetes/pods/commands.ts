/** The programs of a simulated container. They know what the pod's spec says, and nothing of this machine. */
import { posix } from 'node:path';
import type { Shell } from './shell.ts';

type Command = (shell: Shell, args: string[]) => number | Promise<number>;

const say = (shell: Shell, ...lines: string[]): 0 => {
  shell.print(lines.map((line) => `${line}\n`).join(''));
  return 0;
};
const complain = (shell: Shell, text: string, code: number): number => {
  shell.complain(`${text}\n`);
  return code;
};

/** What is in a folder; undefined when there is none. */
function folder(shell: Shell, path: string): string[] | undefined {
  const prefix = path === '/' ? '/' : `${path}/`;
  const mounts = (shell.container.volumeMounts ?? []).map(({ mountPath }) => `${mountPath}/`);
  const known = ['/bin/', '/dev/', '/home/', '/proc/', '/root/', '/tmp/', '/usr/', ...mounts, ...shell.files.keys()];
  const inside = known.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
  if (inside.length === 0) return undefined;
  return [...new Set(inside.map((each) => each.split('/')[0] ?? ''))].filter(Boolean).sort();
}

async function copyInput(shell: Shell): Promise<number> {
  for (let line = await shell.readLine(); line !== undefined; line = await shell.readLine()) say(shell, line);
  return 0;
}

/** By name; a Map, since anybody may ask for `constructor`. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['true', () => 0],
  ['false', () => 1],
  ['echo', (shell, args) => say(shell, args.join(' '))],
  ['env', (shell) => say(shell, ...Array.from(shell.env, ([name, value]) => `${name}=${value}`))],
  ['hostname', (shell) => say(shell, shell.pod.metadata.name)],
  ['id', (shell) => say(shell, 'uid=0(root) gid=0(root) groups=0(root)')],
  ['pwd', (shell) => say(shell, shell.directory)],
  ['stty', (shell, args) => (args.includes('size') ? say(shell, `${shell.size.height} ${shell.size.width}`) : 0)],
  ['sleep', (shell, [seconds = '0']) => shell.sleep(Number.parseFloat(seconds) * 1_000)],
  ['cat', (shell, args) => (args.length === 0 ? copyInput(shell) : Math.max(...args.map((path) => show(shell, path))))],
  [
    'cd',
    (shell, [path = '/root']) => {
      const target = posix.resolve(shell.directory, path);
      if (!folder(shell, target)) return complain(shell, `sh: cd: can't cd to ${path}: No such file or directory`, 2);
      shell.directory = target;
      return 0;
    },
  ],
  [
    'ls',
    (shell, args) => {
      const path = args.find((arg) => !arg.startsWith('-')) ?? '.';
      const target = posix.resolve(shell.directory, path);
      const names = shell.files.has(target) ? [path] : folder(shell, target);
      return names ? say(shell, ...names) : complain(shell, `ls: ${path}: No such file or directory`, 1);
    },
  ],
]);

function show(shell: Shell, path: string): number {
  const target = posix.resolve(shell.directory, path);
  const content = shell.files.get(target);
  if (content === undefined && folder(shell, target)) return complain(shell, 'cat: read error: Is a directory', 1);
  if (content === undefined) return complain(shell, `cat: can't open '${path}': No such file or directory`, 1);
  shell.print(content);
  return 0;
}
