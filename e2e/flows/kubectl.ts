import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a kubectl call ended with. */
export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

export type Kubectl = (...args: string[]) => Promise<KubectlResult>;

/**
 * The real kubectl with one kubeconfig, in an empty home so that no setting of the machine's leaks in.
 *
 * @param kubeconfig YAML text; it is written into the folder under the given name
 */
export function kubectlWith(binary: string, folder: string, name: string, kubeconfig: string): Kubectl {
  const file = join(folder, `${name}.kubeconfig`);
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  return (...args) =>
    new Promise((resolve) => {
      const environment = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: file };
      execFile(binary, args, { env: environment, timeout: 60_000, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      });
    });
}
