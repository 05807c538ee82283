/** People who have signed in, without a provider: a verifier that knows them by the texts that it has handed out. */
import { randomUUID } from 'node:crypto';
import type { SignedIn, SignInVerifier } from '../identity/sign-in/verifier.ts';

export interface People {
  readonly verifier: SignInVerifier;
  /** An ID token of a person, which ends in an hour. */
  signIn(subject: string, options?: { groups?: string[]; issuedAt?: Date }): string;
}

export function createPeople(provider: SignInVerifier['provider']): People {
  const known = new Map<string, SignedIn>();
  return {
    verifier: { provider, verify: async (idToken) => known.get(idToken) },
    signIn(subject, { groups = [], issuedAt = new Date() } = {}) {
      const idToken = `e30.${Buffer.from(subject).toString('base64url')}.${randomUUID()}`;
      known.set(idToken, { subject, groups, issuedAt, expiresAt: new Date(issuedAt.getTime() + 3_600_000) });
      return idToken;
    },
  };
}
