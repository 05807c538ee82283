/** Who makes a request. Source: `authentication.k8s.io/v1.UserInfo`. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** A user of the cluster's own machinery, such as `system:kube-scheduler`. */
export function machinery(username: string): UserInfo {
  return { username, groups: ['system:authenticated'] };
}

/** A ServiceAccount as the API server knows it; the built-in controllers have theirs in `kube-system`. */
export function serviceAccountUser(namespace: string, name: string, uid?: string): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    ...(uid !== undefined && { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
