/** Who stands before Capsule: one who may do everything, a person of some tenant, or somebody it leaves to Kubernetes. */
import type { CapsuleConfiguration, CapsuleSubject } from '@kubenova/kube/kinds/capsule.ts';
import { CAPSULE_USER } from './vocabulary.ts';

export type Standing = 'administrator' | 'user' | 'other';

export interface UserInfo {
  readonly username?: string;
  readonly groups?: readonly string[];
}

/** Source: `ResolveAdmissionUser` and `IsCapsuleUser` of Capsule. */
export function standingOf(user: UserInfo, configuration: CapsuleConfiguration | undefined): Standing {
  if (user.username === CAPSULE_USER) return 'administrator';
  if (isAmong(user, configuration?.spec?.administrators ?? [])) return 'administrator';
  // Kubernetes' own controllers are nobody's people, even where everybody who is authenticated is a user.
  if (user.groups?.includes('system:serviceaccounts:kube-system')) return 'other';
  const { users = [] } = (configuration?.status ?? {}) as { users?: CapsuleSubject[] };
  return isAmong(user, users) ? 'user' : 'other';
}

function isAmong({ username, groups = [] }: UserInfo, subjects: readonly CapsuleSubject[]): boolean {
  return subjects.some(({ kind, name }) => (kind === 'Group' ? groups.includes(name) : name === username));
}
