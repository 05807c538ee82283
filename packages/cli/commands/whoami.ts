/** `kubenova whoami`: whom the Manager takes the caller for, and what that may do. */
import { createClient } from '@kubenova/knapi/client.ts';
import type { Grant, Me } from '@kubenova/knapi/schemas.ts';
import { CommandFailure } from '../output/failure.ts';
import { openSession } from '../session/session.ts';

export interface WhoamiOptions {
  server?: string;
  output: string;
}

/** @throws CommandFailure when nobody is signed in, or the Manager does not know the token any more */
export async function whoami(options: WhoamiOptions): Promise<void> {
  if (!['text', 'json'].includes(options.output)) throw new CommandFailure('-o takes text or json');
  const session = await openSession(options.server === undefined ? {} : { server: options.server });
  const token = await session.bearer();
  const { data, error, response } = await createClient({ managerUrl: session.managerUrl, token })
    .GET('/api/v1/me')
    .catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CommandFailure(`${session.managerUrl} does not answer: ${why}`);
    });
  if (data === undefined) {
    throw new CommandFailure(`${session.managerUrl} answered ${response.status}: ${error?.detail ?? ''}`);
  }
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(data, null, 2)}\n` : describe(data, session.managerUrl),
  );
}

function describe(me: Me, managerUrl: string): string {
  const rows: [string, string][] = [
    ['who', me.subject],
    ['Manager', managerUrl],
    ['groups', me.groups.length === 0 ? 'none' : me.groups.join(', ')],
    ['roles', me.grants.length === 0 ? 'none yet' : me.grants.map(inWords).join(', ')],
    ['until', me.expiresAt ?? 'it is revoked'],
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}\n`).join('');
}

function inWords({ role, scope }: Grant): string {
  if (scope.tenant === undefined) return `${role} everywhere`;
  return `${role} in ${scope.tenant}${scope.project === undefined ? '' : `/${scope.project}`}`;
}
