/**
 * Accepts the names of CustomResourceDefinitions, unless another of the group has them, and says so in their status; what
 * is established is served. With a definition go its objects, at once: their finalizers are not waited for.
 * Source: `k8s.io/apiextensions-apiserver/pkg/controller/status` and `…/finalizer`.
 */
import { CustomResourceDefinition } from '@kubenova/kube/kinds/extension.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Controller } from './controller.ts';
import { type Fact, withFacts } from './owned.ts';

const STORAGE = 'customresourcedefinitions.apiextensions.k8s.io';

export const definitionsController: Controller = {
  name: 'customresourcedefinition-controller',
  watches: [STORAGE],
  // A definition that goes may free names that others wait for.
  keysOf: ({ type, entry }, { store }) =>
    type === 'DELETED' ? [entry.name, ...store.list(STORAGE).entries.map(({ name }) => name)] : [entry.name],
  async reconcile(name, { client, store, resources, clock }) {
    const definition = client.find(CustomResourceDefinition, { name });
    if (definition === undefined) {
      for (const entry of store.list(name).entries) store.remove(name, entry);
      return;
    }
    const { spec, status } = definition;
    const before = status?.conditions ?? [];
    const conflict = conflictOf(name, spec, resources);
    const wasEstablished = before.some(({ type, status: value }) => type === 'Established' && value === 'True');
    const accepted: Fact = conflict
      ? ['NamesAccepted', false, conflict]
      : ['NamesAccepted', true, { reason: 'NoConflicts', message: 'no conflicts found' }];
    const established: Fact =
      conflict && !wasEstablished
        ? ['Established', false, { reason: 'NotAccepted', message: 'not all names are accepted' }]
        : ['Established', true, { reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }];
    const conditions = withFacts(before, [accepted, established], timestamp(clock));
    // A write that changes nothing is none, so that this settles.
    const acceptedNames = conflict ? { plural: '', kind: '' } : spec.names;
    await client.update(
      CustomResourceDefinition,
      { ...definition, status: { ...status, conditions, acceptedNames } as typeof status },
      'status',
    );
  },
};

/** Why its names cannot be accepted. */
function conflictOf(
  name: string,
  { group, names }: CustomResourceDefinition['spec'],
  resources: ResourceRegistry,
): { reason: string; message: string } | undefined {
  const others = resources.all().filter((type) => type.group === group && type.crd !== name);
  const words = new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]));
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]));
  const claims: [reason: string, name: string | undefined, used: Set<string>][] = [
    ['SingularConflict', names.singular, words],
    ...(names.shortNames ?? []).map((each) => ['ShortNamesConflict', each, words] as [string, string, Set<string>]),
    ['KindConflict', names.kind, kinds],
    ['ListKindConflict', names.listKind, kinds],
  ];
  const [reason, taken] = claims.find(([, wanted = '', used]) => used.has(wanted)) ?? [];
  return reason === undefined ? undefined : { reason, message: `${JSON.stringify(taken)} is already in use` };
}
