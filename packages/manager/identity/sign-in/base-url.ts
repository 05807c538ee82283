/**
 * Where the sign-in's pages and endpoints are for a request.
 *
 * They are at the issuer's address, whatever the headers `Host` and `X-Forwarded-*` of a request say: a link in a page or
 * a device's verification address must never lead where a stranger wants. One exception makes an installation on one
 * machine pleasant: where the issuer itself is on loopback, they are at whichever loopback address was called. So `dev`
 * signs people in over plain http, without a warning of the browser about its private certificate authority.
 */
export function baseUrl(issuerUrl: string, calledAt: string): string {
  const called = URL.canParse(calledAt) ? new URL(calledAt) : undefined;
  const isOnOneMachine = called !== undefined && isLoopback(called.hostname) && isLoopback(new URL(issuerUrl).hostname);
  return isOnOneMachine ? called.origin : issuerUrl;
}

/** RFC 8252, section 7.3, and the name that stands for it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
