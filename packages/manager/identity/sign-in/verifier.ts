/** What the Manager needs to know of whoever signed in: the seam between the edge and the OpenID Connect issuer. */

/** A person as an ID token of the sign-in issuer names it. */
export interface SignedIn {
  /** `sub` as the provider gives it; `account:<name>` for KubeNova's own accounts. */
  subject: string;
  groups: readonly string[];
  expiresAt: Date;
}

export interface SignInVerifier {
  /** Who the ID token stands for; undefined when it is not one of the sign-in issuer's, has ended, or its session has. */
  verify(idToken: string): Promise<SignedIn | undefined>;
}
