/**
 * What may be kept and shown of an error: its name and message, without anything that looks like a credential, and
 * not longer than a person will read.
 */
const CREDENTIALS = [
  // A JSON Web Token (RFC 7519), whole or cut off.
  /eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,2}/g,
  /(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /-----BEGIN [^-]+-----[\s\S]*?(-----END [^-]+-----|$)/g,
  // userinfo of a URL (RFC 3986, section 3.2.1).
  /(?<=\/\/)[^\s/@]+@/g,
];
const LONGEST = 500;

export function errorText(error: unknown): string {
  let text = error instanceof Error ? error.message || error.name : String(error);
  for (const pattern of CREDENTIALS) text = text.replace(pattern, '[removed]');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
