import { existsSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, componentFolder, withLock } from './build/cache.ts';
import { buildComponent } from './build/component.ts';
import type { Component, ComponentName } from './build/components.ts';
import { components } from './build/components.ts';
import { checkGo } from './build/toolchain.ts';

export type { ComponentName } from './build/components.ts';
export { BuildError } from './build/toolchain.ts';

/** Where the programs and the data of a real cluster are; every value is an absolute path. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubectl: string;
  readonly kwok: string;
  /** Folder with kwok's own Stages, as `pod/fast` and `node/fast`. */
  readonly kwokStages: string;
  readonly capsule: string;
  /** Folder of Capsule's chart. */
  readonly capsuleChart: string;
  readonly helm: string;
  /** Folders of the podinfo charts, by their versions. */
  readonly podinfoCharts: { readonly current: string; readonly older: string };
  /** Folder of podinfo's kustomization. */
  readonly podinfoKustomize: string;
}

/** One step of a build, as it is told to whoever waits for it. */
export interface BuildProgress {
  readonly component: ComponentName;
  /** Counts from 1. */
  readonly index: number;
  readonly total: number;
  /** Seconds since the whole build began. */
  readonly elapsedSeconds: number;
  readonly state: 'cached' | 'building' | 'built';
}

export interface BuildOptions {
  /** The cache folder, when not the one that the environment names. */
  readonly cache?: string;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Builds what is missing of a real cluster and says where everything is. When all is cached it
 * takes milliseconds and needs neither go nor a network; an empty cache takes ten minutes of two
 * cores.
 *
 * @throws BuildError that says what to install, or shows the last lines of a failed build
 */
export async function ensureBinaries(options: BuildOptions = {}): Promise<Binaries> {
  const found = await ensureAll(
    components.map((component) => component.name),
    options,
  );
  const program = (name: ComponentName) => path.join(found(name), name);
  return {
    etcd: program('etcd'),
    kubeApiserver: program('kube-apiserver'),
    kubeControllerManager: program('kube-controller-manager'),
    kubeScheduler: program('kube-scheduler'),
    kubectl: program('kubectl'),
    kwok: program('kwok'),
    kwokStages: path.join(found('kwok'), 'stages'),
    capsule: program('capsule'),
    capsuleChart: path.join(found('capsule'), 'chart'),
    helm: program('helm'),
    podinfoCharts: {
      current: path.join(found('podinfo'), 'chart'),
      older: path.join(found('podinfo-older'), 'chart'),
    },
    podinfoKustomize: path.join(found('podinfo'), 'kustomize'),
  };
}

/**
 * Builds one program, such as `kubectl` or `helm`, unless it is cached.
 *
 * @returns its absolute path
 * @throws BuildError
 */
export async function ensureProgram(
  name: Exclude<ComponentName, 'podinfo' | 'podinfo-older'>,
  options: BuildOptions = {},
): Promise<string> {
  const found = await ensureAll([name], options);
  return path.join(found(name), name);
}

async function ensureAll(
  names: readonly ComponentName[],
  options: BuildOptions,
): Promise<(name: ComponentName) => string> {
  const cache = options.cache ?? cacheFolder();
  const began = performance.now();
  const folders = new Map<ComponentName, string>();
  const wanted = components.filter((component) => names.includes(component.name));
  let checked = false;
  for (const [position, component] of wanted.entries()) {
    const folder = componentFolder(cache, component);
    folders.set(component.name, folder);
    const tell = (state: BuildProgress['state']) =>
      options.onProgress?.({
        component: component.name,
        index: position + 1,
        total: wanted.length,
        elapsedSeconds: (performance.now() - began) / 1000,
        state,
      });
    if (existsSync(folder)) {
      tell('cached');
      continue;
    }
    tell('building');
    if (!checked) await checkGo(path.join(cache, 'log', 'go.log'));
    checked = true;
    await buildOnce(cache, component, folder);
    tell('built');
  }
  return (name) => folders.get(name) ?? missing(name);
}

async function buildOnce(cache: string, component: Component, folder: string): Promise<void> {
  await withLock(path.join(cache, 'lock', path.basename(folder)), async () => {
    if (existsSync(folder)) return;
    await buildComponent(component, folder, path.join(cache, 'log', `${component.name}.log`));
  });
}

function missing(name: string): never {
  throw new Error(`There is no component ${name} in e2e/real/build/components.ts.`);
}

if (import.meta.main) {
  await ensureBinaries({
    onProgress: ({ component, index, total, elapsedSeconds, state }) => {
      process.stdout.write(`${index}/${total} ${component} ${state} (${elapsedSeconds.toFixed(1)} s)\n`);
    },
  });
}
