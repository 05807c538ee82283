/** Kinds that extend an API server: `apiextensions.k8s.io/v1` and `admissionregistration.k8s.io/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped } from './define.ts';
import type { Condition } from './meta.ts';

const ADMISSION = 'admissionregistration.k8s.io';

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: { kind: string; plural: string; singular?: string; listKind?: string; shortNames?: string[] };
    scope: 'Namespaced' | 'Cluster';
    versions: { name: string; served: boolean; storage: boolean; schema?: unknown; subresources?: unknown }[];
  };
  status?: { conditions?: Condition[]; storedVersions?: string[] };
}
export const CustomResourceDefinition: Resource<CustomResourceDefinition> = clusterScoped(
  'apiextensions.k8s.io',
  'v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
);

export interface ValidatingAdmissionPolicy extends KubeObject {
  spec?: Record<string, unknown>;
  status?: { observedGeneration?: number; typeChecking?: unknown; conditions?: Condition[] };
}
export const ValidatingAdmissionPolicy: Resource<ValidatingAdmissionPolicy> = clusterScoped(
  ADMISSION,
  'v1',
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
);

export interface ValidatingAdmissionPolicyBinding extends KubeObject {
  spec?: Record<string, unknown>;
}
export const ValidatingAdmissionPolicyBinding: Resource<ValidatingAdmissionPolicyBinding> = clusterScoped(
  ADMISSION,
  'v1',
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
);

export interface WebhookConfiguration extends KubeObject {
  webhooks?: { name: string; clientConfig?: Record<string, unknown>; [field: string]: unknown }[];
}
export const ValidatingWebhookConfiguration: Resource<WebhookConfiguration> = clusterScoped(
  ADMISSION,
  'v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
);
export const MutatingWebhookConfiguration: Resource<WebhookConfiguration> = clusterScoped(
  ADMISSION,
  'v1',
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
);
