/** The kind of Kyverno (`kyverno.io/v1`) that is written into namespaces. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';

export interface Policy extends KubeObject {
  spec?: { rules?: Record<string, unknown>[]; [field: string]: unknown };
}

export const Policy: Resource<Policy> = namespaced('kyverno.io', 'v1', 'Policy', 'policies');
