/** The paths that webhooks are called under, and what each does. */
import type { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Standing, standingOf } from '../identity.ts';
import { label } from '../vocabulary.ts';
import { mutateNamespace, validateNamespace } from './namespaces.ts';
import { type AdmissionRequest, Refusal, type Verdict } from './review.ts';

/** What handlers know of the cluster. */
export interface Facts {
  configuration(): CapsuleConfiguration | undefined;
  /** As the API server has it now: a tenant that was just made must not be unknown. */
  findTenant(name: string): Promise<Tenant | undefined>;
  namespace(name: string): KubeObject | undefined;
}

/** @throws Refusal */
export type Handler = (request: AdmissionRequest, facts: Facts) => Verdict | Promise<Verdict>;

const standing = ({ userInfo }: AdmissionRequest, facts: Facts): Standing =>
  standingOf(userInfo, facts.configuration());

const rulesFor = (request: AdmissionRequest, facts: Facts) => ({
  standing: standing(request, facts),
  configuration: facts.configuration(),
  findTenant: facts.findTenant,
});

export const handlers: Readonly<Record<string, Handler>> = {
  '/namespaces/mutating': (request, facts) => mutateNamespace(request, rulesFor(request, facts)),
  '/namespaces/validating': (request, facts) => validateNamespace(request, rulesFor(request, facts)),

  /** Marks everything in a tenant's namespace as the tenant's; capsule-proxy lists by this mark. */
  '/generic/metadata': ({ object, namespace = '' }, facts) => {
    const tenant = facts.namespace(namespace)?.metadata.labels?.[label.tenant];
    if (!tenant || !object) return {};
    return {
      metadata: { labels: { ...object.metadata.labels, [label.managedBy]: tenant, [label.objectTenant]: tenant } },
    };
  },

  /** What Capsule keeps in namespaces is changed by Capsule and administrators; a namespace that goes takes it along. */
  '/generic/managed': (request, facts) => {
    if (standing(request, facts) === 'administrator') return {};
    const namespace = facts.namespace(request.namespace ?? '');
    const going = !namespace || namespace.metadata.deletionTimestamp !== undefined;
    if (request.operation === 'DELETE' && request.namespace && going) return {};
    throw new Refusal('Labeling resources as controller managed can only be done by the controller or administrators');
  },

  '/generic/cordoning': (request, facts) => {
    if (standing(request, facts) !== 'user') return {};
    const { namespace, operation, name = '', requestKind } = request;
    const what = `${requestKind.group}/${requestKind.version}/${requestKind.kind}/${name}`;
    throw new Refusal(
      `The current namespace '${namespace}' is cordoned. The attempted operation ${operation} for ${what} is not permitted during cordoning status.`,
    );
  },

  '/tenants/mutating': ({ object, operation }) => {
    if (!object || operation === 'DELETE') return {};
    return { metadata: { labels: { ...object.metadata.labels, [label.namespaceName]: object.metadata.name } } };
  },

  '/tenants/validating': ({ object, oldObject, operation }) => {
    if (operation !== 'DELETE') return { warnings: deprecations(object as Tenant) };
    if ((oldObject as Tenant | null)?.spec?.preventDeletion) {
      throw new Refusal('tenant is protected and cannot be deleted');
    }
    return {};
  },
};

function deprecations({ spec = {} }: Tenant): string[] {
  const told = (field: string, instead: string) =>
    `The field \`${field}\` is deprecated and will be removed in a future release. Please migrate to ${instead}.`;
  return [
    ...(spec.resourceQuotas ? [told('resourceQuotas', 'rules quotas')] : []),
    ...(spec.limitRanges?.items?.length ? [told('limitRanges', 'TenantReplications')] : []),
    ...(spec.networkPolicies?.items?.length ? [told('networkPolicies', 'TenantReplications')] : []),
  ];
}
