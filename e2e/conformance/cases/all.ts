/** The list. */
import type { Case } from '../case.ts';
import { admissionCases } from './admission.ts';
import { admissionPolicyCases } from './admission-policies.ts';
import { apiCases } from './api.ts';
import { apiDeletionCases } from './api-deletion.ts';
import { apiDiscoveryCases } from './api-discovery.ts';
import { apiKindCases } from './api-kinds.ts';
import { apiQuotaCases } from './api-quota.ts';
import { apiTableCases } from './api-tables.ts';
import { applyCases } from './apply.ts';
import { badCustomCases } from './bad-custom.ts';
import { badInputCases } from './bad-input.ts';
import { badKindCases } from './bad-kinds.ts';
import { capsuleCases } from './capsule.ts';
import { deploymentCases } from './deployments.ts';
import { identityCases } from './identity.ts';
import { patchCases } from './patch.ts';
import { podCases } from './pods.ts';
import { proxyCases } from './proxy.ts';
import { rbacCases } from './rbac.ts';
import { velaCases } from './vela.ts';
import { watchCases } from './watch.ts';
import { workloadCases } from './workloads.ts';

export const allCases: readonly Case[] = [
  ...admissionCases,
  ...admissionPolicyCases,
  ...apiCases,
  ...apiDeletionCases,
  ...apiDiscoveryCases,
  ...apiKindCases,
  ...apiQuotaCases,
  ...apiTableCases,
  ...applyCases,
  ...badCustomCases,
  ...badInputCases,
  ...badKindCases,
  ...capsuleCases,
  ...deploymentCases,
  ...identityCases,
  ...patchCases,
  ...podCases,
  ...proxyCases,
  ...rbacCases,
  ...velaCases,
  ...watchCases,
  ...workloadCases,
];
