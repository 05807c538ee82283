import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { StackContext } from './context.ts';

/** An OIDC issuer whose tokens a cluster accepts. */
export interface OidcTrust {
  /** Must be https; must equal the tokens' `iss`. */
  readonly issuerUrl: string;
  /** Signs the certificate under which the issuer serves its keys. */
  readonly caPem: string;
  readonly audience: string;
  /** `sub` unless said otherwise. */
  readonly usernameClaim?: string;
  /** `groups` unless said otherwise. */
  readonly groupsClaim?: string;
}

/**
 * Writes the API server's structured authentication configuration, which it reloads by itself when
 * the file changes. Names are taken as the token has them, without a prefix.
 *
 * @returns the path of the file, and the hash by which the API server's metrics name this text
 */
export function writeAuthentication(dataDir: string, oidc: OidcTrust | undefined): { file: string; hash: string } {
  const file = path.join(dataDir, 'authentication.json');
  const text = `${JSON.stringify(
    {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: oidc === undefined ? [] : [jwtAuthenticator(oidc)],
      anonymous: {
        enabled: true,
        conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }],
      },
    },
    null,
    2,
  )}\n`;
  // The API server may read the file at any moment: it must never see half of it.
  const draft = `${file}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
  return { file, hash: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}

function jwtAuthenticator(oidc: OidcTrust) {
  return {
    issuer: {
      url: oidc.issuerUrl,
      certificateAuthority: oidc.caPem,
      audiences: [oidc.audience],
    },
    claimMappings: {
      username: { claim: oidc.usernameClaim ?? 'sub', prefix: '' },
      groups: { claim: oidc.groupsClaim ?? 'groups', prefix: '' },
    },
    // A name is taken as it stands in the token, so it must never be one of Kubernetes' own: whatever the issuer may be
    // brought to sign, nobody becomes `system:masters` or an account by it. An empty name would be accepted, too.
    userValidationRules: [
      { expression: "user.username != ''", message: 'a token has to name somebody' },
      { expression: "!user.username.startsWith('system:')", message: 'names of the system are not for people' },
      { expression: "user.groups.all(group, !group.startsWith('system:'))", message: 'nor are its groups' },
    ],
  };
}

/** Waits until the API server has taken up the configuration of this hash. */
export async function authenticationReloaded(context: StackContext, hash: string): Promise<void> {
  await waitFor({
    what: `the API server of ${context.name} to take up its new authentication configuration`,
    // It looks once a minute when the file system does not tell it.
    timeoutMs: 90_000,
    everyMs: 200,
    look: async () => String(await context.client.request('GET', '/metrics')).includes(hash) || undefined,
  });
}
