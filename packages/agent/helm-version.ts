/** Asks helm for its version, once; what it says is part of the Agent's capabilities. */
import { tmpdir } from 'node:os';
import { runLimited } from './resolve/subprocess.ts';

const LIMITS = {
  timeoutMs: 10_000,
  stdoutBytes: 4_096,
  stderrBytes: 4_096,
  memoryBytes: 2 * 1024 * 1024 * 1024,
  cpuSeconds: 10,
  fileBytes: 1024,
};

/** @returns such as `v3.21.4`; undefined when there is no helm 3 or newer that can be run */
export async function helmVersion(helm: string | undefined): Promise<string | undefined> {
  if (helm === undefined) return undefined;
  const outcome = await runLimited(helm, ['version', '--template', '{{.Version}}'], {
    cwd: tmpdir(),
    environment: { HOME: '/nonexistent', PATH: '/nonexistent' },
    limits: LIMITS,
  });
  if (outcome.kind !== 'ended' || outcome.code !== 0) return undefined;
  return /v\d+\.\d+\.\d+\S*/.exec(outcome.stdout.toString('utf8'))?.[0];
}
