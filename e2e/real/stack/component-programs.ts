import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * What a component of a real cluster is: the true program, our stand-in for it, or nothing, when
 * the cluster was asked to do without.
 */
export type ComponentKind = 'true' | 'stand-in' | 'off';

/** True programs that someone has on the machine; without one, its stand-in runs. */
export interface TruePrograms {
  /** Path of the true capsule-proxy, 0.14 or newer. */
  readonly capsuleProxyBin?: string;
  /** Path of the true vela-core, 1.10 or newer. */
  readonly velaCoreBin?: string;
  /**
   * Folder with the objects that they need: `kubevela/crds/*.yaml`, `kubevela/definitions/*.yaml`
   * and `capsule-proxy/crds/*.yaml`.
   */
  readonly componentManifests?: string;
}

/**
 * The true programs that the environment names: `KUBENOVA_CAPSULE_PROXY_BIN`,
 * `KUBENOVA_VELA_CORE_BIN` and `KUBENOVA_COMPONENT_MANIFESTS`.
 *
 * @throws Error when a name leads nowhere, or the manifests are missing that a program needs
 */
export function trueProgramsOf(environment: NodeJS.ProcessEnv = process.env): TruePrograms {
  const named = (variable: string) => {
    const value = environment[variable];
    if (!value) return undefined;
    const file = path.resolve(value);
    if (!existsSync(file)) throw new Error(`${variable} names ${file}, which does not exist.`);
    return file;
  };
  const capsuleProxyBin = named('KUBENOVA_CAPSULE_PROXY_BIN');
  const velaCoreBin = named('KUBENOVA_VELA_CORE_BIN');
  const componentManifests = named('KUBENOVA_COMPONENT_MANIFESTS');
  if ((capsuleProxyBin || velaCoreBin) && !componentManifests) {
    throw new Error(
      'A true capsule-proxy or vela-core also needs KUBENOVA_COMPONENT_MANIFESTS: the folder with its definitions (see e2e/real/README.md).',
    );
  }
  return {
    ...(capsuleProxyBin && { capsuleProxyBin }),
    ...(velaCoreBin && { velaCoreBin }),
    ...(componentManifests && { componentManifests }),
  };
}

const standIns = path.join(import.meta.dirname, '..', '..', '..', 'packages', 'stand-ins');

/**
 * The main program of a stand-in.
 *
 * @throws Error when the checkout lacks it
 */
export function standInProgram(name: 'capsule' | 'capsule-proxy' | 'kubevela'): string {
  const file = path.join(standIns, name, 'main.ts');
  if (existsSync(file)) return file;
  throw new Error(`There is no stand-in at packages/stand-ins/${name}/main.ts in this checkout.`);
}

/** Folder with the definitions that a stand-in needs in the cluster. */
export function standInManifests(name: 'capsule' | 'kubevela'): string {
  return path.join(standIns, name, 'manifests');
}
