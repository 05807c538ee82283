/**
 * The account that a developer signs in with: `admin`, with the role of that name and a password that is made at the first
 * start and kept in the data folder, for its owner only.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createClient } from '@kubenova/knapi/client.ts';
import type { Problem } from '@kubenova/knapi/schemas.ts';
import { CommandFailure } from '../output/failure.ts';
import type { DataFolder } from './data-folder.ts';

export interface DevAccount {
  name: string;
  /** Mode 0600, with the password and nothing else. */
  passwordFile: string;
}

const NAME = 'admin';

/**
 * Makes the account, unless an earlier start did. Where the file is gone, the account gets a new password.
 *
 * @throws CommandFailure with the Manager's problem
 */
export async function ensureAccount(manager: { url: string; token: string }, data: DataFolder): Promise<DevAccount> {
  const client = createClient({ managerUrl: manager.url, token: manager.token });
  const passwordFile = data.file('admin.password');
  const path = { account: NAME };
  const known = await client.GET('/api/v1/accounts/{account}', { params: { path } });
  if (known.data !== undefined && existsSync(passwordFile)) return { name: NAME, passwordFile };

  const password = randomBytes(18).toString('base64url');
  const made =
    known.data === undefined
      ? await client.POST('/api/v1/accounts', { body: { name: NAME, displayName: 'Developer', password } })
      : await client.PATCH('/api/v1/accounts/{account}', { params: { path }, body: { password } });
  if (made.data === undefined) throw failure(made.error);
  const bound = await client.POST('/api/v1/role-bindings', {
    body: { subject: { kind: 'User', name: made.data.subject }, role: 'admin' },
  });
  if (bound.error !== undefined && bound.response.status !== 409) throw failure(bound.error);
  // Last, so that a file means an account that can sign in with it.
  writeFileSync(`${passwordFile}.tmp`, `${password}\n`, { mode: 0o600 });
  renameSync(`${passwordFile}.tmp`, passwordFile);
  return { name: NAME, passwordFile };
}

function failure(problem: Problem): CommandFailure {
  return new CommandFailure(`making the account ${NAME}: ${problem.detail}`);
}
