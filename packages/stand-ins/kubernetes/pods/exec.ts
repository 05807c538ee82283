/**
 * Sessions in simulated containers: their commands are functions, and nothing ever runs on this machine. There is no
 * `tar`, so that `kubectl cp` answers as it does for an image without it.
 */
import { createHash } from 'node:crypto';
import { ApiError } from '@kubenova/kube-model/api-error.ts';
import type { ShellOptions, ShellSession } from '@kubenova/kube-sim/machinery.ts';
import { checkContainer, environmentOf, filesOf, statusOf } from './containers.ts';
import { isProgram, runProgram, type Shell } from './shell.ts';

const INTERRUPTED = 130;

/** @throws ApiError when there is no such container (400), none was chosen (400), or it does not run (500) */
export function startShell(options: ShellOptions): ShellSession {
  const { pod, command, tty, client, clock, onOutput } = options;
  const container = checkContainer(pod, options.container);
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

async function start(shell: Shell, command: readonly string[], tty: boolean): ShellSession['ended'] {
  const [program = ''] = command;
  if (isProgram(program)) return { exitCode: await runProgram(shell, command, tty) };
  const missing = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  const asked = `${shell.pod.metadata.uid} ${command.join(' ')}`;
  const id = createHash('sha256').update(asked).digest('hex');
  const runtime = `exec failed: unable to start container process: exec: "${program}": ${missing}`;
  const told = `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: ${runtime}`;
  return { error: `Internal error occurred: error executing command in container: ${told}` };
}
