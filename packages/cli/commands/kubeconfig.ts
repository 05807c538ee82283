/** `kubenova kubeconfig`: kubectl for everything that one may use, or for a part of it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@kubenova/knapi/client.ts';
import type { Kubeconfig, Problem } from '@kubenova/knapi/schemas.ts';
import { kubectlsFile, localKubeconfig, mergeKubeconfig, rewriteFile } from '../kubectl/kubeconfig-file.ts';
import { openTokenCache, tokenFolder } from '../kubectl/token-cache.ts';
import { CommandFailure } from '../output/failure.ts';
import { projectRoot } from '../project.ts';
import { openSession } from '../session/session.ts';

export interface KubeconfigOptions {
  server?: string;
  tenant?: string[];
  cluster?: string[];
  project?: string;
  role?: 'projectDev' | 'readOnly';
  mode?: 'exec' | 'token';
  ttl?: string;
  merge?: boolean;
  output?: string;
}

/** Passed on to the plugin where they are set: where the session is, and whom to trust. */
const PASSED_ON = ['KUBENOVA_CONFIG', 'KUBENOVA_CA_FILE'] as const;

/**
 * Prints the kubeconfig, writes it to a new file, or merges it into one that is there.
 *
 * @throws CommandFailure when an option is wrong, the Manager refuses, or the file is not to be touched
 */
export async function kubeconfig(options: KubeconfigOptions): Promise<void> {
  const { merge = false, output } = options;
  if (output !== undefined && !merge && existsSync(output)) {
    throw new CommandFailure(`${output} is there already: add --merge to merge into it, or remove it first`);
  }
  const session = await openSession({ server: options.server });
  // Whoever asks anew may have reason to: nothing of before is used again.
  openTokenCache(tokenFolder()).clear();
  const issued = await issue(session.managerUrl, await session.bearer(), options);
  const environment = Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, resolve(value)]] : [];
    }),
  );
  const command = join(projectRoot, 'kubenova');
  const ours = localKubeconfig(issued.kubeconfig, { command, managerUrl: session.managerUrl, environment });
  if (output === undefined && !merge) {
    process.stdout.write(ours.toString({ lineWidth: 0 }));
    return;
  }
  const file = resolve(output ?? kubectlsFile(process.env, homedir()));
  rewriteFile(file, (before) => mergeKubeconfig(before, ours, file));
  const contexts = (ours.toJS() as { contexts: { name: string }[] }).contexts.map(({ name }) => name);
  const end = issued.expiresAt === null ? '' : `, until ${issued.expiresAt}`;
  process.stderr.write(`wrote ${file}${end}: ${contexts.join(', ')}\n`);
  if (issued.expiresAt !== null && endsEarly(issued.expiresAt, options.ttl)) {
    process.stderr.write(
      'it ends with what you are signed in with; for a longer one use an API token (KUBENOVA_TOKEN)\n',
    );
  }
  process.stderr.write(`kubectl --kubeconfig ${file} --context '${contexts[0]}' get namespaces\n`);
}

async function issue(managerUrl: string, token: string, options: KubeconfigOptions): Promise<Kubeconfig> {
  const { tenant: tenants, cluster: clusters, project, role, mode = 'exec' } = options;
  if (mode !== 'exec' && mode !== 'token') throw new CommandFailure(`--mode is exec or token, not '${mode}'`);
  const ttlSeconds = options.ttl === undefined ? undefined : seconds(options.ttl);
  const client = createClient({ managerUrl, token });
  const body = { clusters, role, mode, ttlSeconds };
  const call = () => {
    if (project === undefined) return client.POST('/api/v1/kubeconfig', { body: { tenants, ...body } });
    const [tenant, ...others] = tenants ?? [];
    if (tenant === undefined || others.length > 0) {
      throw new CommandFailure('--project needs --tenant, the one that the project is of');
    }
    return client.POST('/api/v1/tenants/{tenant}/kubeconfig', {
      params: { path: { tenant } },
      body: { project, ...body },
    });
  };
  const { data, error, response } = await call().catch((failure: unknown) => {
    if (failure instanceof CommandFailure) throw failure;
    const { cause } = failure as Error;
    throw new CommandFailure(`${managerUrl} cannot be reached: ${cause instanceof Error ? cause.message : failure}`);
  });
  if (data !== undefined) return data;
  const { detail } = (error ?? {}) as Partial<Problem>;
  const advice = response.status === 401 ? ` Sign in: kubenova login --server ${managerUrl}` : '';
  throw new CommandFailure(`${detail ?? `${managerUrl} answers ${response.status}`}${advice}`);
}

function endsEarly(expiresAt: string, ttl: string | undefined): boolean {
  return ttl !== undefined && Date.parse(expiresAt) - Date.now() < seconds(ttl) * 1000 - 60_000;
}

/** `3600`, `90m`, `8h`. */
function seconds(text: string): number {
  const match = /^(\d+)(s|m|h)?$/.exec(text);
  const value = Number(match?.[1]) * ({ s: 1, m: 60, h: 3600 }[match?.[2] ?? 's'] ?? Number.NaN);
  if (!Number.isSafeInteger(value))
    throw new CommandFailure(`--ttl takes a time such as 3600, 90m or 8h, not '${text}'`);
  return value;
}
