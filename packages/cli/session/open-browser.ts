/** Opens an address in the browser of this machine, if it has one. */
import { spawn } from 'node:child_process';

/** Answers whether a browser was started; whether it shows the page nobody can know. */
export function openBrowser(url: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  const command = browserCommand(environment);
  if (command === undefined) return false;
  const [program = '', ...given] = command;
  // As an argument and never through a shell: the address comes from a server.
  const child = spawn(program, [...given, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return true;
}

function browserCommand(environment: NodeJS.ProcessEnv): string[] | undefined {
  if (environment.BROWSER) return environment.BROWSER === 'none' ? undefined : [environment.BROWSER];
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}
