/** Kinds of `authorization.k8s.io/v1`. All are asked by `create` and never stored. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped } from './define.ts';

const GROUP = 'authorization.k8s.io';

export interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}

export interface AccessReviewStatus {
  allowed: boolean;
  denied?: boolean;
  reason?: string;
  evaluationError?: string;
}

export interface SubjectAccessReview extends KubeObject {
  spec: {
    user?: string;
    groups?: string[];
    uid?: string;
    resourceAttributes?: ResourceAttributes;
    nonResourceAttributes?: { path?: string; verb?: string };
  };
  status?: AccessReviewStatus;
}
export const SubjectAccessReview: Resource<SubjectAccessReview> = clusterScoped(
  GROUP,
  'v1',
  'SubjectAccessReview',
  'subjectaccessreviews',
);

export interface SelfSubjectAccessReview extends KubeObject {
  spec: { resourceAttributes?: ResourceAttributes; nonResourceAttributes?: { path?: string; verb?: string } };
  status?: AccessReviewStatus;
}
export const SelfSubjectAccessReview: Resource<SelfSubjectAccessReview> = clusterScoped(
  GROUP,
  'v1',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
);
