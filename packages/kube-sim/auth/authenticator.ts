import type { UserInfo } from './user.ts';

/** What a request proves itself with. */
export interface Credentials {
  /** The Authorization header as it came. */
  readonly authorization?: string;
  /** Subject of a client certificate that chains to the cluster's CA. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] };
}

export interface Authenticator {
  /**
   * Who it is; `ANONYMOUS` when nothing is shown at all, undefined when what is shown is no good (401).
   *
   * @param audiences that a token must be for; the API server's own unless said otherwise
   */
  authenticate(credentials: Credentials, audiences?: readonly string[]): Promise<UserInfo | undefined>;
}
