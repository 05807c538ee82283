/** Acting as somebody else, with that one's rights only; our own credential needs the verb `impersonate` for it. */
export interface ImpersonatedUser {
  username: string;
  groups?: readonly string[];
  uid?: string;
}

/** Source: Kubernetes authentication, "User impersonation". Header values are bytes, so UTF-8 is sent as such. */
export function impersonationHeaders(user: ImpersonatedUser): Record<string, string | string[]> {
  const value = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
  const headers: Record<string, string | string[]> = { 'Impersonate-User': value(user.username) };
  if (user.groups !== undefined && user.groups.length > 0) {
    headers['Impersonate-Group'] = user.groups.map(value);
  }
  if (user.uid !== undefined) {
    headers['Impersonate-Uid'] = value(user.uid);
  }
  return headers;
}
