/** Who makes a request. Source: `authentication.k8s.io/v1.UserInfo`. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** @param credential by which it is known who it is, shown in the user's `extra` */
export function authenticated(username: string, groups: readonly string[], credential?: string): UserInfo {
  return {
    username,
    groups: [...new Set([...groups, 'system:authenticated'])],
    ...(credential && { extra: { 'authentication.kubernetes.io/credential-id': [credential] } }),
  };
}

/** A user of the cluster's own machinery, such as `system:kube-scheduler`. */
export const machinery = (username: string): UserInfo => authenticated(username, []);

/** A ServiceAccount as the API server knows it; the built-in controllers have theirs in `kube-system`. */
export function serviceAccountUser(namespace: string, name: string, uid?: string, credential?: string): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return {
    ...authenticated(`system:serviceaccount:${namespace}:${name}`, groups, credential),
    ...(uid !== undefined && { uid }),
  };
}
