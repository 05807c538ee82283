/**
 * Reads kubeconfigs. Two kinds of reader are kept apart:
 *
 * - `parseKubeconfig` takes text from a stranger, who registers a cluster. Everything must be inline. A kubeconfig can name programs
 *   to run (`exec`), files to read (`tokenFile`, `client-key`, …) and proxies to go through; each would act on *our* machine, so each
 *   is refused with a code and a message that says what to send instead.
 * - `loadKubeconfigFile` and `inClusterConnection` are for our own processes, whose files are ours; programs are refused there too.
 *
 * No error quotes the document: it holds credentials.
 * Source: `client-go/tools/clientcmd/api/v1`.
 */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { KubeConnection, KubeCredential } from './connection.ts';
import { checkCertificates, checkClientCertificate, checkToken } from './credential-check.ts';
import { KubeconfigError } from './kubeconfig-error.ts';

export type { KubeConnection, KubeCredential } from './connection.ts';
export { KubeconfigError, type KubeconfigErrorCode } from './kubeconfig-error.ts';

/** A kubeconfig with an embedded certificate chain is some 10 kB; this leaves room for many contexts. */
const SIZE_LIMIT = 512 * 1024;

export interface ParseKubeconfigOptions {
  /** Context to use instead of `current-context`. */
  context?: string;
  /** Time to judge expiry by, ms since the epoch. */
  now?: number;
}

/**
 * Reads a kubeconfig from outside.
 * @throws KubeconfigError
 */
export function parseKubeconfig(text: string, options: ParseKubeconfigOptions = {}): KubeConnection {
  const { cluster, user, namespace } = select(parse(text), options.context);
  refuseFile(cluster, 'certificate-authority', 'certificate-authority-data');
  refuseFile(user, 'tokenFile', 'token');
  refuseFile(user, 'client-certificate', 'client-certificate-data');
  refuseFile(user, 'client-key', 'client-key-data');
  return connectionOf({ cluster, user, namespace }, options.now ?? Date.now());
}

/**
 * Reads a kubeconfig file of our own, in which files may be referred to; they are relative to the kubeconfig's folder.
 * @throws KubeconfigError, also when a file cannot be read
 */
export async function loadKubeconfigFile(path: string, options: ParseKubeconfigOptions = {}): Promise<KubeConnection> {
  const { cluster, user, namespace } = select(parse(await readOwnFile(path, 'kubeconfig')), options.context);
  const at = (file: string) => (isAbsolute(file) ? file : resolve(dirname(path), file));
  await inlineFile(cluster, 'certificate-authority', at);
  await inlineFile(user, 'client-certificate', at);
  await inlineFile(user, 'client-key', at);
  const tokenFile = text(user, 'tokenFile');
  if (tokenFile !== undefined) {
    user.tokenFile = at(tokenFile);
  }
  return connectionOf({ cluster, user, namespace }, options.now ?? Date.now());
}

/**
 * The connection of a process in a pod: its ServiceAccount's mounted token and CA.
 * @throws KubeconfigError `not-in-cluster`
 */
export async function inClusterConnection(
  environment: Record<string, string | undefined> = process.env,
  folder = '/var/run/secrets/kubernetes.io/serviceaccount',
): Promise<KubeConnection> {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT;
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new KubeconfigError(
      'not-in-cluster',
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this process does not run in a pod. Give it a kubeconfig file.',
    );
  }
  const ca = await readOwnFile(`${folder}/ca.crt`, 'CA of the ServiceAccount');
  const path = `${folder}/token`;
  await readOwnFile(path, 'token of the ServiceAccount');
  const namespace = await readOwnFile(`${folder}/namespace`, 'namespace of the ServiceAccount').then(
    (value) => value.trim(),
    () => undefined,
  );
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { server, ca, credential: { kind: 'tokenFile', path }, namespace };
}

type Fields = Record<string, unknown>;
interface Selected {
  cluster: Fields;
  user: Fields;
  namespace?: string;
}

function parse(source: string): Fields {
  if (source.length > SIZE_LIMIT) {
    throw new KubeconfigError(
      'too-large',
      `The kubeconfig is larger than ${SIZE_LIMIT / 1024} KiB. Send only the one context.`,
    );
  }
  let value: unknown;
  try {
    // prettyErrors would quote the offending line, which can hold a token.
    const document = parseDocument(source, { prettyErrors: false, strict: true, uniqueKeys: true });
    if (document.errors.length > 0) {
      throw new Error('syntax');
    }
    value = document.toJS({ maxAliasCount: 20 });
  } catch {
    throw new KubeconfigError(
      'not-yaml',
      'The kubeconfig is neither YAML nor JSON. Send the file as `kubectl config view --raw --minify --flatten` prints it.',
    );
  }
  if (!isFields(value) || (!('clusters' in value) && !('contexts' in value))) {
    throw new KubeconfigError(
      'not-kubeconfig',
      'This is not a kubeconfig: it has neither clusters nor contexts. Send what `kubectl config view --raw --minify --flatten` prints.',
    );
  }
  return value;
}

/** Follows the context to its cluster and user. */
function select(config: Fields, wanted: string | undefined): Selected {
  const name = wanted ?? text(config, 'current-context') ?? onlyName(config.contexts);
  const context = name === undefined ? undefined : named(config.contexts, name, 'context');
  if (context === undefined) {
    throw new KubeconfigError(
      'no-context',
      name === undefined
        ? 'The kubeconfig has no current-context: set one with `kubectl config use-context`.'
        : 'The kubeconfig does not hold the context that is asked for: set current-context to one that it has.',
    );
  }
  const cluster = named(config.clusters, text(context, 'cluster'), 'cluster');
  if (cluster === undefined) {
    throw new KubeconfigError(
      'no-cluster',
      "The context's cluster is not in the kubeconfig: print it with `kubectl config view --raw --minify --flatten`.",
    );
  }
  const user = named(config.users, text(context, 'user'), 'user');
  if (user === undefined) {
    throw new KubeconfigError(
      'no-credential',
      "The context's user is not in the kubeconfig: print it with `kubectl config view --raw --minify --flatten`.",
    );
  }
  return { cluster: { ...cluster }, user: { ...user }, namespace: text(context, 'namespace') };
}

function connectionOf({ cluster, user, namespace }: Selected, now: number): KubeConnection {
  const server = checkServer(text(cluster, 'server'));
  if (cluster['insecure-skip-tls-verify'] === true) {
    throw new KubeconfigError(
      'insecure-refused',
      'insecure-skip-tls-verify is refused, since anybody between here and the cluster could then read its credential. Put the CA into certificate-authority-data.',
    );
  }
  if (text(cluster, 'proxy-url') !== undefined) {
    throw new KubeconfigError(
      'proxy-refused',
      'proxy-url is refused. Give an address that can be reached from here without a proxy.',
    );
  }
  const ca = decode(cluster, 'certificate-authority-data');
  if (ca !== undefined) {
    checkCertificates(ca, 'certificate-authority-data', now);
  }
  const tlsServerName = text(cluster, 'tls-server-name');
  return { server, ca, credential: credentialOf(user, now), tlsServerName, namespace };
}

function checkServer(server: string | undefined): string {
  if (server === undefined) {
    throw new KubeconfigError(
      'no-server',
      'The cluster has no server. Set its address, e.g. https://api.example.org:6443.',
    );
  }
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || url.hostname === '' || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new KubeconfigError('bad-server', 'The server is not a URL. Write it like https://api.example.org:6443.');
  }
  if (url.protocol !== 'https:') {
    throw new KubeconfigError(
      'not-https',
      'The server is not https, so that its credential would travel in the clear. Use the https address.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new KubeconfigError(
      'bad-server',
      'The server address may hold host, port and path only, no user, query or fragment.',
    );
  }
  return url.href.replace(/\/+$/, '');
}

function credentialOf(user: Fields, now: number): KubeCredential {
  if (isFields(user.exec) || isFields(user['auth-provider'])) {
    throw new KubeconfigError(
      'exec-refused',
      'The user signs in by a program (exec or auth-provider), which is never run here. Make a ServiceAccount for KubeNova and use its token.',
    );
  }
  if (text(user, 'username') !== undefined || text(user, 'password') !== undefined) {
    throw new KubeconfigError(
      'password-refused',
      'Kubernetes no longer takes user names and passwords. Use a token or a client certificate.',
    );
  }
  if (user.as !== undefined || user['as-groups'] !== undefined || user['as-uid'] !== undefined) {
    throw new KubeconfigError(
      'impersonation-refused',
      'A kubeconfig that acts as somebody else is refused. Use a credential of its own.',
    );
  }
  const token = text(user, 'token');
  if (token !== undefined) {
    checkToken(token, now);
    return { kind: 'token', token };
  }
  const tokenFile = text(user, 'tokenFile');
  if (tokenFile !== undefined) {
    return { kind: 'tokenFile', path: tokenFile };
  }
  const cert = decode(user, 'client-certificate-data');
  const key = decode(user, 'client-key-data');
  if (cert !== undefined && key !== undefined) {
    checkClientCertificate(cert, key, now);
    return { kind: 'certificate', cert, key };
  }
  throw new KubeconfigError(
    'no-credential',
    'The user has neither a token nor a client certificate with its key. Put one of them inline.',
  );
}

function refuseFile(fields: Fields, field: string, instead: string): void {
  if (fields[field] !== undefined && fields[field] !== '') {
    throw new KubeconfigError(
      'file-refused',
      `${field} names a file, which is not here. Put its content into ${instead} (\`kubectl config view --raw --minify --flatten\` does).`,
    );
  }
}

/** Replaces a file reference by the `-data` field, as base64 since that is how it is read next. */
async function inlineFile(fields: Fields, field: string, at: (file: string) => string): Promise<void> {
  const file = text(fields, field);
  if (file !== undefined && text(fields, `${field}-data`) === undefined) {
    fields[`${field}-data`] = Buffer.from(await readOwnFile(at(file), field)).toString('base64');
  }
}

async function readOwnFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new KubeconfigError('file-unreadable', `The ${what} at ${path} cannot be read (${code}).`);
  }
}

function decode(fields: Fields, field: string): string | undefined {
  const value = text(fields, field);
  if (value === undefined) {
    return undefined;
  }
  const compact = value.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new KubeconfigError('bad-base64', `${field} is not base64.`);
  }
  return Buffer.from(compact, 'base64').toString('utf8');
}

function named(list: unknown, name: string | undefined, member: string): Fields | undefined {
  if (!Array.isArray(list) || name === undefined) {
    return undefined;
  }
  const entry = list.find((item) => isFields(item) && item.name === name) as Fields | undefined;
  const value = entry?.[member];
  return isFields(value) ? value : undefined;
}

function onlyName(list: unknown): string | undefined {
  return Array.isArray(list) && list.length === 1 && isFields(list[0]) ? text(list[0], 'name') : undefined;
}

function text(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
