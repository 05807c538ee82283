/**
 * CapsuleReady: is Capsule there, does it know KubeNova's people and programs, and does its webhook stand before the
 * namespaces? The last is what keeps tenants apart, and it cannot be read off any object; so it is tried, by a
 * dry run that Capsule, and nobody else, refuses.
 */

import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { CAPSULE_TENANT } from '@kubenova/domain/labels.ts';
import type { ClusterAuth } from '@kubenova/domain/member-bindings.ts';
import {
  AGENT_ACCOUNT,
  MANAGER_ACCOUNT,
  MANAGER_FIELD_MANAGER,
  MEMBERS_NAMESPACE,
  SYSTEM_NAMESPACE,
  serviceAccountsGroup,
  serviceAccountUser,
  USERS_GROUP,
} from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { CapsuleConfiguration, type CapsuleSubject } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { no, yes } from '../reconcile/context.ts';

const TYPE = 'CapsuleReady';

/** People by the group of their tokens; where they come as ServiceAccounts, by the group of the namespace of those. */
function usersOf(auth: ClusterAuth): CapsuleSubject[] {
  const groups = [USERS_GROUP, ...(auth === 'serviceAccount' ? [serviceAccountsGroup(MEMBERS_NAMESPACE)] : [])];
  return groups.map((name) => ({ kind: 'Group', name }));
}

const ADMINISTRATORS: readonly CapsuleSubject[] = [MANAGER_ACCOUNT, AGENT_ACCOUNT].map((name) => ({
  kind: 'ServiceAccount',
  name: serviceAccountUser(SYSTEM_NAMESPACE, name),
}));

export interface CapsuleProbeOptions {
  auth: ClusterAuth;
  /** The identity in use may change CapsuleConfiguration, so what is missing in it is added. */
  mayConfigure: boolean;
  /** Try the webhook as well. */
  tryWebhook: boolean;
  signal: AbortSignal;
}

export async function probeCapsule(kube: KubeClient, options: CapsuleProbeOptions): Promise<ConditionInput> {
  const { signal } = options;
  let configurations: CapsuleConfiguration[];
  try {
    ({ items: configurations } = await kube.list(CapsuleConfiguration, { signal }));
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    return no(
      TYPE,
      'NotInstalled',
      'The cluster does not serve capsule.clastix.io/v1beta2. Install Capsule 0.13.8 or newer.',
    );
  }
  const configuration = configurations.find(({ metadata }) => metadata.name === 'default') ?? configurations[0];
  if (configuration === undefined) {
    return no(
      TYPE,
      'NotConfigured',
      'There is no CapsuleConfiguration. Install Capsule with its chart, which makes one.',
    );
  }
  const users = usersOf(options.auth);
  const missing = missingSubjects(configuration, users);
  if (missing.length > 0) {
    const told = missing.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    if (!options.mayConfigure) {
      return no(
        TYPE,
        'NotConfigured',
        `CapsuleConfiguration ${configuration.metadata.name} lacks ${told} among its users or administrators. Add them, or PATCH the cluster with an administrator's kubeconfig, and KubeNova does.`,
      );
    }
    await addSubjects(kube, configuration, users, signal);
  }
  return options.tryWebhook ? tryWebhook(kube, signal) : yes(TYPE, 'Guards', READY);
}

const READY = "Capsule is there, knows KubeNova's people and programs, and guards the namespaces.";

function missingSubjects({ spec = {} }: CapsuleConfiguration, wanted: readonly CapsuleSubject[]): CapsuleSubject[] {
  const users = [...(spec.users ?? []), ...(spec.userGroups ?? []).map((name) => ({ kind: 'Group' as const, name }))];
  return [...lacking(users, wanted), ...lacking(spec.administrators ?? [], ADMINISTRATORS)];
}

function lacking(present: readonly CapsuleSubject[], wanted: readonly CapsuleSubject[]): CapsuleSubject[] {
  return wanted.filter((one) => !present.some(({ kind, name }) => kind === one.kind && name === one.name));
}

/** Lists are replaced as a whole by a merge patch, so the version that they were read at goes with them. */
async function addSubjects(
  kube: KubeClient,
  { metadata, spec = {} }: CapsuleConfiguration,
  wanted: readonly CapsuleSubject[],
  signal: AbortSignal,
): Promise<void> {
  const users = spec.users ?? [];
  const administrators = spec.administrators ?? [];
  const patch = {
    metadata: { resourceVersion: metadata.resourceVersion },
    spec: {
      users: [...users, ...lacking(users, wanted)],
      administrators: [...administrators, ...lacking(administrators, ADMINISTRATORS)],
    },
  };
  await kube.patch(CapsuleConfiguration, { name: metadata.name }, patch, {
    type: 'merge',
    fieldManager: MANAGER_FIELD_MANAGER,
    signal,
  });
}

/** A namespace of a tenant that does not exist: Capsule refuses it, and without Capsule it would be let through. */
async function tryWebhook(kube: KubeClient, signal: AbortSignal): Promise<ConditionInput> {
  const name = 'kubenova-probe';
  const probe: Namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { [CAPSULE_TENANT]: name } },
  };
  try {
    await kube.create(Namespace, probe, { dryRun: true, signal });
  } catch (error) {
    if (!isKubeError(error)) throw error;
    if (error.message.includes('failed calling webhook')) {
      return no(
        TYPE,
        'WebhookUnreachable',
        `Capsule's webhook does not answer, so nothing can change in tenants' namespaces: ${error.message}`,
      );
    }
    if (/webhook .*(clastix|projectcapsule)\S* denied/.test(error.message)) return yes(TYPE, 'Guards', READY);
    if (error.reason === 'Forbidden') {
      return no(TYPE, 'Forbidden', `KubeNova may not make namespaces on this cluster: ${error.message}`);
    }
    throw error;
  }
  return no(
    TYPE,
    'NotGuarding',
    "Capsule lets a namespace of an unknown tenant through: its webhooks are not registered, or pass KubeNova's identity by. Reinstall Capsule's webhook configurations.",
  );
}
