/** All that is refused, in a world with the cluster north, the tenant acme on it and the project shop. */

import { badAccounts } from './accounts.ts';
import { badAddresses } from './addresses.ts';
import { badApps } from './apps.ts';
import { badBodies } from './bodies.ts';
import { badClusters } from './clusters.ts';
import { badKubernetesAccess } from './kubernetes-access.ts';
import type { BadInput } from './operation.ts';
import { badParameters } from './parameters.ts';
import { badPlans } from './plans.ts';
import { badProjects } from './projects.ts';
import { badRoleBindings } from './role-bindings.ts';
import { badSandboxes } from './sandboxes.ts';
import { badSettings } from './settings.ts';
import { badTenants } from './tenants.ts';
import { badTokens } from './tokens.ts';
import { badUsage } from './usage.ts';

export const badInput: readonly BadInput[] = [
  ...badBodies,
  ...badAddresses,
  ...badParameters,
  ...badTenants,
  ...badSettings,
  ...badPlans,
  ...badProjects,
  ...badSandboxes,
  ...badApps,
  ...badClusters,
  ...badAccounts,
  ...badTokens,
  ...badRoleBindings,
  ...badKubernetesAccess,
  ...badUsage,
];
