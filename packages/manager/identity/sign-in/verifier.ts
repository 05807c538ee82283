/** What the Manager needs to know of whoever signed in: the seam between the edge and the OpenID Connect issuer. */

/** A person as an ID token of the sign-in issuer names it. */
export interface SignedIn {
  /** `sub` as the provider gives it; `account:<name>` for KubeNova's own accounts. */
  subject: string;
  /** The groups that the token names. Those of an own account are read from the account itself, so that they are today's. */
  groups: readonly string[];
  /** `iat`. What was issued before an own account's sessions were ended is refused by whoever asks the database. */
  issuedAt: Date;
  expiresAt: Date;
}

export interface SignInVerifier {
  /**
   * Who issues the ID tokens that are accepted. Only the embedded provider may speak of own accounts: a subject of an
   * external one that begins with `account:` is nobody.
   */
  readonly provider: 'embedded' | 'external';
  /**
   * Who the ID token stands for; undefined when it is not one of the sign-in issuer's for this client, or has ended.
   * Whether the account still is there, is enabled and has not ended its sessions since is not asked here: the edge reads
   * that together with the grants, in one statement.
   */
  verify(idToken: string): Promise<SignedIn | undefined>;
}
