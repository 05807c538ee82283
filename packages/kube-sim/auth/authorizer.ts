import type { UserInfo } from './user.ts';

/** What somebody wants to do: either with a resource or with a path that is none. */
export interface AccessAttributes {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`, `bind`, `escalate`, … */
  readonly verb: string;
  readonly group?: string;
  readonly version?: string;
  /** Plural. */
  readonly resource?: string;
  readonly subresource?: string;
  /** '' or absent: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string;
  readonly name?: string;
  /** `/healthz`; set when it is no resource. */
  readonly path?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** As RBAC tells it; '' where it says nothing. */
  readonly reason: string;
}

export interface Authorizer {
  authorize(user: UserInfo, attributes: AccessAttributes): Decision;
}
