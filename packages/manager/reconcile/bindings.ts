/**
 * The RoleBindings of a namespace: those that are desired are there, those that bear our labels and are not desired go.
 * That is how a member, a role or a project loses its access: not by an event that could be missed, but because whoever
 * looks next does not find it among what is desired.
 *
 * What somebody else has bound is not ours to take away. It is told, since it lets people do what KubeNova knows nothing of.
 */
import { MANAGED_BY, MANAGED_BY_KUBENOVA } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import type { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { settleAll } from './apply.ts';
import type { Mender } from './mender.ts';

/**
 * @param observed all RoleBindings of the namespace
 * @param wasThere whether all that is desired is known to have been there
 */
export async function settleBindings(
  mender: Mender,
  observed: readonly RoleBinding[],
  desired: readonly Manifest[],
  wasThere: boolean,
): Promise<void> {
  const byName = new Map(observed.map((binding) => [binding.metadata.name, binding]));
  const wanted = new Set(desired.map(({ metadata }) => metadata.name));
  const strays = observed.filter(
    (binding) => isOurs(binding) && !wanted.has(binding.metadata.name) && !isGoing(binding),
  );
  await settleAll([
    ...desired.map((binding) => mender.settle(byName.get(binding.metadata.name), binding, wasThere)),
    ...strays.map((binding) => mender.remove(binding)),
  ]);
}

/** Who else lets people into the namespace, as a sentence; undefined when nobody does. */
export function foreignAccess(observed: readonly RoleBinding[], desired: readonly Manifest[]): string | undefined {
  const wanted = new Set(desired.map(({ metadata }) => metadata.name));
  const told = observed
    .filter((binding) => !isOurs(binding) && !wanted.has(binding.metadata.name) && !isCapsules(binding))
    .flatMap(({ metadata, roleRef, subjects = [] }) => {
      const people = subjects.filter(({ kind }) => kind === 'User' || kind === 'Group');
      if (people.length === 0) return [];
      const names = people.slice(0, 3).map(({ kind, name }) => `${kind} ${name}`);
      if (people.length > 3) names.push(`${people.length - 3} more`);
      return [`RoleBinding ${metadata.name} gives ${roleRef.kind} ${roleRef.name} to ${names.join(', ')}`];
    })
    .sort();
  if (told.length === 0) return undefined;
  const more = told.length > 3 ? `; and ${told.length - 3} more` : '';
  return `Beside KubeNova's, somebody else has bound people here: ${told.slice(0, 3).join('; ')}${more}.`;
}

function isOurs({ metadata: { labels = {} } }: RoleBinding): boolean {
  return labels[MANAGED_BY] === MANAGED_BY_KUBENOVA;
}

/** What Capsule keeps for its administrators and a Tenant's `additionalRoleBindings`; nobody else may mark a thing so. */
function isCapsules({ metadata: { name, labels = {} } }: RoleBinding): boolean {
  return name.startsWith('capsule:managed:') && labels['projectcapsule.dev/managed-by'] === 'controller';
}

function isGoing({ metadata }: RoleBinding): boolean {
  return metadata.deletionTimestamp !== undefined;
}
