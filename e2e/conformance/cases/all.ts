/** The list. */
import type { Case } from '../case.ts';
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
import { rbacCases } from './rbac.ts';
import { watchCases } from './watch.ts';

export const allCases: readonly Case[] = [
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
  ...rbacCases,
  ...watchCases,
];
