import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from '@kubenova/testkit/process/is-alive.ts';
import { pinFolder, publishFolder } from './cache.ts';
import type { Component } from './components.ts';
import { BuildError, runGo } from './toolchain.ts';

/**
 * Builds one component and publishes its folder: the program under the component's name, and the
 * data folders beside it.
 *
 * @throws BuildError when go fails, the module is not the pinned one, or a patch does not fit
 */
export async function buildComponent(component: Component, folder: string, log: string): Promise<void> {
  await rm(log, { force: true });
  const draft = `${folder}.${process.pid}.tmp`;
  await removeAbandoned(folder);
  await mkdir(draft, { recursive: true });
  try {
    const needsSource = component.patches !== undefined || component.data !== undefined;
    const source = needsSource ? await downloadModule(component, log) : undefined;
    if (component.package !== undefined) await buildProgram(component, draft, source, log);
    for (const [name, from] of Object.entries(component.data ?? {})) {
      await copyWritable(path.join(source ?? '', from), path.join(draft, name));
    }
    await publishFolder(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes the drafts of builds that were killed. */
async function removeAbandoned(folder: string): Promise<void> {
  const cache = path.dirname(folder);
  for (const name of await readdir(cache).catch(() => [])) {
    const pid = name.startsWith(`${path.basename(folder)}.`) ? /\.(\d+)\.tmp$/.exec(name)?.[1] : undefined;
    const isAbandoned = pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (isAbandoned) await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

async function buildProgram(
  component: Component,
  draft: string,
  source: string | undefined,
  log: string,
): Promise<void> {
  const variables = Object.entries(component.variables ?? {});
  const linker = ['-s -w', ...variables.map(([name, value]) => `-X ${name}=${value}`)].join(' ');
  const program = path.join(draft, component.name);
  const build = ['build', '-trimpath', '-ldflags', linker, '-o', program, component.package ?? '.'];
  if (component.patches === undefined || source === undefined) {
    await runGo({ arguments: build, cwd: pinFolder(component), log });
    return;
  }
  const copy = path.join(draft, 'source');
  await copyWritable(source, copy);
  for (const patch of component.patches) {
    const file = path.join(copy, patch.file);
    const text = await readFile(file, 'utf8');
    if (text.split(patch.find).length !== 2) {
      throw new BuildError(
        `The change to ${patch.file} of ${component.module}@${component.version} does not fit any more: its text must occur exactly once. Adapt it in e2e/real/build/components.ts.`,
      );
    }
    await writeFile(
      file,
      text.replace(patch.find, () => patch.replace),
    );
  }
  await runGo({ arguments: build, cwd: copy, log });
  await rm(copy, { recursive: true, force: true });
}

/**
 * The folder of a module's source in Go's module cache.
 *
 * The sum is compared with the pinned go.sum here because go does so only for modules of the
 * current build, which a module that is downloaded for its data is not.
 */
async function downloadModule(component: Component, log: string): Promise<string> {
  const identity = `${component.module}@${component.version}`;
  const answer = await runGo({
    arguments: ['mod', 'download', '-json', identity],
    cwd: pinFolder(component),
    log,
  });
  const found: { Dir?: string; Sum?: string; Error?: string } = JSON.parse(answer);
  if (found.Error || !found.Dir || !found.Sum) {
    throw new BuildError(`go could not download ${identity}: ${found.Error ?? 'no folder'}`);
  }
  const pins = await readFile(path.join(pinFolder(component), 'go.sum'), 'utf8');
  if (!pins.split('\n').includes(`${component.module} ${component.version} ${found.Sum}`)) {
    throw new BuildError(
      `${identity} has the sum ${found.Sum}, which e2e/real/modules/${component.pin}/go.sum does not list: do not use it before you know why.`,
    );
  }
  return found.Dir;
}

/** Copies a folder out of the module cache, where everything is read-only. */
async function copyWritable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyWritable(source, target);
    else if (entry.isFile()) {
      await copyFile(source, target);
      await chmod(target, 0o644);
    }
  }
}
