/** Kinds of `authentication.k8s.io/v1`. All are asked by `create` and never stored. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped, namespaced } from './define.ts';

const GROUP = 'authentication.k8s.io';

export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export interface TokenReview extends KubeObject {
  spec: { token: string; audiences?: string[] };
  status?: { authenticated?: boolean; user?: UserInfo; audiences?: string[]; error?: string };
}
export const TokenReview: Resource<TokenReview> = clusterScoped(GROUP, 'v1', 'TokenReview', 'tokenreviews');

/** Asked as the subresource `token` of a ServiceAccount: see `requestServiceAccountToken`. */
export interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
  status?: { token: string; expirationTimestamp: string };
}
export const TokenRequest: Resource<TokenRequest> = namespaced(GROUP, 'v1', 'TokenRequest', 'tokenrequests');

export interface SelfSubjectReview extends KubeObject {
  status?: { userInfo?: UserInfo };
}
export const SelfSubjectReview: Resource<SelfSubjectReview> = clusterScoped(
  GROUP,
  'v1',
  'SelfSubjectReview',
  'selfsubjectreviews',
);
