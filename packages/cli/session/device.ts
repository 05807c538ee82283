/** Signing in on another device (RFC 8628), for machines without a browser. */
import * as oidc from 'openid-client';
import { CommandFailure } from '../output/failure.ts';
import type { SignInSession } from './session-file.ts';
import { failureOf, type SignInIssuer, sessionOf } from './sign-in.ts';

export interface DeviceOptions {
  /** Told what the person has to do. */
  onCode: (shown: { code: string; url: string; completeUrl?: string }) => void;
}

/** @throws CommandFailure when the person refuses, the code expires, or the issuer knows no device flow */
export async function signInByDevice(issuer: SignInIssuer, options: DeviceOptions): Promise<SignInSession> {
  const { config, signIn } = issuer;
  if (config.serverMetadata().device_authorization_endpoint === undefined) {
    throw new CommandFailure(`${signIn.issuer} signs nobody in by a device; run kubenova login without --device`);
  }
  try {
    const started = await oidc.initiateDeviceAuthorization(config, { scope: signIn.scopes.join(' ') });
    options.onCode({
      code: started.user_code,
      url: started.verification_uri,
      ...(started.verification_uri_complete === undefined ? {} : { completeUrl: started.verification_uri_complete }),
    });
    const signal = AbortSignal.timeout(started.expires_in * 1000);
    return sessionOf(await oidc.pollDeviceAuthorizationGrant(config, started, undefined, { signal }));
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError && error.error === 'access_denied') {
      throw new CommandFailure('the sign-in was refused on the other device');
    }
    if (error instanceof oidc.ResponseBodyError && error.error === 'expired_token') {
      throw new CommandFailure('nobody confirmed the code in time; run kubenova login --device again');
    }
    throw failureOf(issuer, error);
  }
}
