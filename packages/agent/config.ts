/** The Agent's configuration: environment variables, read once at the start, with messages that name the variable. */
import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { type AddressPolicy, parseNetworks } from './resolve/address-policy.ts';

export interface AgentConfig {
  /** A kubeconfig file; the pod's own ServiceAccount when absent. */
  readonly kubeconfig: string | undefined;
  /** The cluster's name, for logs. */
  readonly cluster: string;
  /** Path of helm; undefined when there is none, which fails charts and nothing else. */
  readonly helm: string | undefined;
  readonly healthListen: { readonly host: string; readonly port: number };
  readonly cacheFolder: string;
  readonly addressPolicy: AddressPolicy;
  readonly logLevel: string;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the configuration.
 *
 * @throws ConfigError that names the variable and what it should look like
 */
export function readConfig(environment: NodeJS.ProcessEnv): AgentConfig {
  return {
    kubeconfig: environment.KUBENOVA_KUBECONFIG || undefined,
    cluster: environment.KUBENOVA_CLUSTER || 'unnamed',
    helm: findHelm(environment),
    healthListen: readListen(environment.KUBENOVA_HEALTH_LISTEN || '127.0.0.1:8090'),
    cacheFolder: cacheFolder(environment),
    addressPolicy: {
      allowLoopback: environment.KUBENOVA_ALLOW_LOOPBACK_SOURCES === 'true',
      allowed: readNetworks(environment, 'KUBENOVA_ALLOWED_SOURCE_NETWORKS'),
      denied: readNetworks(environment, 'KUBENOVA_DENIED_SOURCE_NETWORKS'),
    },
    logLevel: readLevel(environment.KUBENOVA_LOG_LEVEL || 'info'),
  };
}

/** Not in a folder for everybody's temporary files, where another user of the machine could be there first. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return path.resolve(environment.KUBENOVA_CACHE_DIR || path.join(base, 'kubenova', 'agent'));
}

function findHelm(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment.KUBENOVA_HELM;
  if (named) {
    if (!isExecutable(named))
      throw new ConfigError(`KUBENOVA_HELM is ${named}, which is not a program that can be run.`);
    return path.resolve(named);
  }
  const folders = (environment.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, 'helm')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match === null || (isIP(host) === 0 && host !== 'localhost') || port > 65_535) {
    throw new ConfigError(`KUBENOVA_HEALTH_LISTEN is ${text}; it takes an address and a port, such as 127.0.0.1:8090.`);
  }
  return { host, port };
}

function readNetworks(environment: NodeJS.ProcessEnv, name: string): string[] {
  try {
    return parseNetworks(environment[name]);
  } catch (error) {
    throw new ConfigError(`${name}: ${(error as Error).message}.`);
  }
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function readLevel(text: string): string {
  if (!LEVELS.includes(text))
    throw new ConfigError(`KUBENOVA_LOG_LEVEL is ${text}; it takes one of ${LEVELS.join(', ')}.`);
  return text;
}
