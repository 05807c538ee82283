/** The Manager's configuration, from the environment. Every variable is checked at the start, and all that is wrong is said at once. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { DEFAULT_LIMITS, type LimitSettings } from './http/limits.ts';
import { isLoopback } from './identity/sign-in/base-url.ts';
import type { ExternalSignInConfig, SignInConfig } from './identity/sign-in/sign-in.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

export interface Config {
  listen: ListenAddress;
  /** Where people find the Manager; written into the kubeconfigs that it hands out. */
  publicUrl?: string;
  /** An outside Postgres, or the folder for an embedded one. */
  database: { kind: 'url'; url: string } | { kind: 'embedded'; folder: string };
  issuer: {
    url: string;
    /** A second listener, with TLS, that serves the same operations; API servers accept only https issuers. */
    tls?: { listen: ListenAddress; certFile: string; keyFile: string };
  };
  /** Where people sign in. */
  signIn: SignInConfig;
  sealingKeyFile: string;
  adminTokenFile: string;
  limits: LimitSettings;
  /** Proxies in front of the Manager, whose word on the caller's address is taken. */
  trustedProxies: readonly string[];
  logLevel: LogLevel;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that is wrong with the environment. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError */
export function readConfig(environment: Environment): Config {
  const problems: string[] = [];
  const read = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  const data = read('KUBENOVA_DATA');
  const databaseUrl = read('DATABASE_URL');
  if (data === undefined && databaseUrl === undefined) {
    problems.push(
      'Set DATABASE_URL (postgres://…) or KUBENOVA_DATA (a folder, in which an embedded Postgres is kept).',
    );
  }
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    problems.push('DATABASE_URL must begin with postgres://.');
  }
  const fileIn = (name: string, file: string): string => {
    const given = read(name);
    if (given !== undefined) return resolve(given);
    if (data !== undefined) return resolve(data, file);
    if (databaseUrl !== undefined) problems.push(`Set ${name} (a file, made where there is none) or KUBENOVA_DATA.`);
    return '';
  };
  const readCount = (name: string, fallback: number): number => {
    const text = read(name) ?? String(fallback);
    if (!/^\d{1,9}$/.test(text)) problems.push(`${name} must be a whole number; 0 is without a limit.`);
    return Number(text);
  };
  const listen = readAddress('KUBENOVA_LISTEN', read('KUBENOVA_LISTEN') ?? '127.0.0.1:8080', problems);
  const config: Config = {
    listen,
    publicUrl: readPublicUrl(read('KUBENOVA_URL'), problems),
    database:
      databaseUrl === undefined
        ? { kind: 'embedded', folder: resolve(data ?? '.', 'postgres') }
        : { kind: 'url', url: databaseUrl },
    issuer: readIssuer(read, listen, problems),
    signIn: readSignIn(read, problems),
    sealingKeyFile: fileIn('KUBENOVA_SEALING_KEY_FILE', 'sealing.key'),
    adminTokenFile: fileIn('KUBENOVA_ADMIN_TOKEN_FILE', 'admin.token'),
    limits: {
      requests: readCount('KUBENOVA_LIMIT_REQUESTS', DEFAULT_LIMITS.requests),
      failures: readCount('KUBENOVA_LIMIT_FAILURES', DEFAULT_LIMITS.failures),
      signIns: readCount('KUBENOVA_LIMIT_SIGN_INS', DEFAULT_LIMITS.signIns),
    },
    trustedProxies: readNetworks('KUBENOVA_TRUSTED_PROXIES', read('KUBENOVA_TRUSTED_PROXIES'), problems),
    logLevel: readLogLevel(read('KUBENOVA_LOG_LEVEL') ?? 'info', problems),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function readIssuer(
  read: (name: string) => string | undefined,
  listen: ListenAddress,
  problems: string[],
): Config['issuer'] {
  const url = read('KUBENOVA_ISSUER_URL');
  if (url !== undefined && !(/^https?:\/\/[^\s/]+/.test(url) && URL.canParse(url)))
    problems.push('KUBENOVA_ISSUER_URL must be an https:// address.');
  const address = read('KUBENOVA_ISSUER_LISTEN');
  const certFile = read('KUBENOVA_TLS_CERT');
  const keyFile = read('KUBENOVA_TLS_KEY');
  const given = [address, certFile, keyFile].filter((value) => value !== undefined).length;
  if (given > 0 && given < 3) {
    problems.push(
      'KUBENOVA_ISSUER_LISTEN, KUBENOVA_TLS_CERT and KUBENOVA_TLS_KEY belong together: set all three, or none.',
    );
  }
  const tls =
    address === undefined || certFile === undefined || keyFile === undefined
      ? undefined
      : { listen: readAddress('KUBENOVA_ISSUER_LISTEN', address, problems), certFile, keyFile };
  const fallback = tls === undefined ? `http://${formatAddress(listen)}` : `https://${formatAddress(tls.listen)}`;
  return { url: (url ?? fallback).replace(/\/+$/, ''), ...(tls === undefined ? {} : { tls }) };
}

/** Without OIDC_ISSUER people sign in at the Manager itself, with accounts of its own. */
function readSignIn(read: (name: string) => string | undefined, problems: string[]): SignInConfig {
  const issuer = read('OIDC_ISSUER');
  const clientId = read('OIDC_CLIENT_ID');
  const names = ['OIDC_CLIENT_ID', 'OIDC_GROUPS_CLAIM', 'OIDC_USERNAME_CLAIM', 'OIDC_SCOPES', 'OIDC_CA_FILE'];
  if (issuer === undefined) {
    const alone = names.filter((name) => read(name) !== undefined);
    if (alone.length > 0) problems.push(`Set OIDC_ISSUER as well: ${alone.join(', ')} alone says nothing.`);
    return { kind: 'embedded' };
  }
  if (!isIssuer(issuer)) {
    problems.push('OIDC_ISSUER must be the https:// address that the provider calls itself, without ? and #.');
  }
  if (clientId === undefined) problems.push('Set OIDC_CLIENT_ID: the client that the provider knows KubeNova as.');
  const scopes = (read('OIDC_SCOPES') ?? 'openid profile email offline_access')
    .split(/[\s,]+/)
    .filter((scope) => scope !== '');
  if (!scopes.includes('openid')) problems.push('OIDC_SCOPES must contain openid; without it there is no ID token.');
  const caFile = read('OIDC_CA_FILE');
  if (caFile !== undefined && !existsSync(caFile)) problems.push('OIDC_CA_FILE must be a file of certificates in PEM.');
  const config: ExternalSignInConfig = {
    kind: 'external',
    issuer,
    clientId: clientId ?? '',
    scopes,
    usernameClaim: read('OIDC_USERNAME_CLAIM') ?? 'sub',
    groupsClaim: read('OIDC_GROUPS_CLAIM') ?? 'groups',
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
  };
  for (const [name, claim] of [
    ['OIDC_USERNAME_CLAIM', config.usernameClaim],
    ['OIDC_GROUPS_CLAIM', config.groupsClaim],
  ] as const) {
    if (!/^\S{1,100}$/.test(claim)) problems.push(`${name} must be the name of a claim, such as sub or groups.`);
  }
  return config;
}

/** Keys that came over plain http would be anybody's; on one machine there is nobody in between. */
function isIssuer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function readPublicUrl(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    problems.push('KUBENOVA_URL must be the https:// address under which people find the Manager.');
  }
  return text.replace(/\/+$/, '');
}

function readAddress(name: string, text: string, problems: string[]): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    problems.push(`${name} must be host:port, such as 127.0.0.1:8080 or [::1]:8080.`);
    return { host: '127.0.0.1', port: 0 };
  }
  return { host, port };
}

/** Addresses or CIDR ranges, joined by commas. */
function readNetworks(name: string, text: string | undefined, problems: string[]): string[] {
  const networks = (text ?? '').split(',').map((part) => part.trim());
  const named = networks.filter((part) => part !== '');
  const isNetwork = (network: string) => {
    const [address = '', bits, ...more] = network.split('/');
    const longest = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return (
      more.length === 0 && longest > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
    );
  };
  for (const network of named.filter((candidate) => !isNetwork(candidate))) {
    problems.push(`${name} names ${network}, which is no address and no network such as 10.0.0.0/8.`);
  }
  return named;
}

function readLogLevel(text: string, problems: string[]): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === text);
  if (level === undefined) problems.push(`KUBENOVA_LOG_LEVEL must be one of: ${LOG_LEVELS.join(', ')}.`);
  return level ?? 'info';
}

export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
