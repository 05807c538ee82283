import type { UserInfo } from './user.ts';

/** What a request proves itself with. */
export interface Credentials {
  /** The Authorization header as it came; the first when there are several. */
  readonly authorization?: string;
  /** Subject of a client certificate that chains to the cluster's CA. */
  readonly certificate?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** SHA-256 in hex, as `fingerprint256` of a TLS peer certificate; shown in the user's `extra`. */
    readonly fingerprint?: string;
  };
  /** Of the URL: only `/healthz`, `/livez` and `/readyz` are open to the anonymous. */
  readonly path?: string;
}

export interface Authenticator {
  /** Who it is; `ANONYMOUS` when nothing is shown at all, undefined when what is shown is no good (401). */
  authenticate(credentials: Credentials): Promise<UserInfo | undefined>;
}
