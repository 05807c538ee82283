/** The real kubectl, as anybody, in a home of its own so that no setting of the machine's leaks in. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { KubectlAnswer, KubectlOptions, World } from './case.ts';

export interface Kubectl {
  run(namespace: string, words: readonly string[], options: KubectlOptions): Promise<KubectlAnswer>;
  /** A kubeconfig of who the options name, for programs that are started by hand. */
  kubeconfigOf(namespace: string, options: KubectlOptions): Promise<string>;
  readonly home: string;
  close(): void;
}

export function openKubectl(world: World): Kubectl {
  const home = mkdtempSync(path.join(tmpdir(), 'kubenova-conformance-'));
  const files = new Map<string, Promise<string>>();

  function kubeconfigOf(namespace: string, { as, through, token }: KubectlOptions): Promise<string> {
    const key = JSON.stringify([namespace, as, through, token]);
    const known =
      files.get(key) ?? write(path.join(home, `${files.size}.kubeconfig`), namespace, { as, through, token });
    files.set(key, known);
    return known;
  }

  async function write(file: string, namespace: string, options: KubectlOptions): Promise<string> {
    const document = JSON.parse(kubeconfig('conformance', { ...(await connection(options)), namespace }));
    const { as, through } = options;
    if (as !== undefined && through === undefined) {
      Object.assign(document.users[0].user, { as: as.user, 'as-groups': as.groups ?? [] });
    }
    writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
    return file;
  }

  async function connection({ as, through, token }: KubectlOptions): Promise<KubeConnection> {
    if (through === undefined) {
      return token === undefined ? world.connection : { ...world.connection, credential: { kind: 'token', token } };
    }
    if (as === undefined || world.connectionOf === undefined)
      throw new Error('Nobody can be given a certificate here.');
    const certified = await world.connectionOf(as.user, as.groups ?? [], through);
    return token === undefined ? certified : { ...certified, credential: { kind: 'token', token } };
  }

  return {
    home,
    kubeconfigOf,
    async run(namespace, words, options) {
      const file = await kubeconfigOf(namespace, options);
      const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: file, ...options.environment };
      return new Promise((resolve) => {
        const limits = { env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
        const child = execFile(world.kubectl, words, limits, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
        );
        // A command that does not read its input may be gone before all of it is written.
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(options.input ?? '');
      });
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}
