/** The catalogue of policies, by type and in the order in which it is shown. */
import { allowedRegistries } from './allowed-registries.ts';
import { imagePullPolicy } from './image-pull-policy.ts';
import { ingressClasses } from './ingress-classes.ts';
import { ingressHosts } from './ingress-hosts.ts';
import { kyverno } from './kyverno.ts';
import { maxReplicas } from './max-replicas.ts';
import { noLatestTag } from './no-latest-tag.ts';
import { noPrivilegedPods } from './no-privileged-pods.ts';
import { podSecurity } from './pod-security.ts';
import type { CatalogueEntry } from './policy-type.ts';
import { priorityClasses } from './priority-classes.ts';
import { readOnlyRootFilesystem } from './read-only-root-filesystem.ts';
import { requiredLabels } from './required-labels.ts';
import { requiredResources } from './required-resources.ts';
import { runAsNonRoot } from './run-as-non-root.ts';
import { serviceTypes } from './service-types.ts';
import { storageClasses } from './storage-classes.ts';

const entries: readonly CatalogueEntry[] = [
  allowedRegistries,
  imagePullPolicy,
  noLatestTag,
  podSecurity,
  noPrivilegedPods,
  runAsNonRoot,
  readOnlyRootFilesystem,
  requiredResources,
  requiredLabels,
  maxReplicas,
  priorityClasses,
  serviceTypes,
  ingressHosts,
  ingressClasses,
  storageClasses,
  kyverno,
];

export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(entries.map((entry) => [entry.type, entry]));
