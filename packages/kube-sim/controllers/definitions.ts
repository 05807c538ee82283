/**
 * Accepts the names of CustomResourceDefinitions, unless another of the group has them, and says so in their status; what
 * is established is served. With a definition go its objects, at once: their finalizers are not waited for.
 * Source: `k8s.io/apiextensions-apiserver/pkg/controller/status` and `…/finalizer`.
 */
import { CustomResourceDefinition } from '@kubenova/kube/kinds/extension.ts';
import type { Condition } from '@kubenova/kube/kinds/meta.ts';
import { timestamp } from '../clock.ts';
import type { ResourceRegistry } from '../resources/resource-type.ts';
import type { Controller } from './controller.ts';

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
    const wanted: Omit<Condition, 'lastTransitionTime'>[] = [
      conflict
        ? { type: 'NamesAccepted', status: 'False', reason: conflict.reason, message: conflict.message }
        : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      conflict && !wasEstablished
        ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
        : {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          },
    ];
    const now = timestamp(clock);
    const conditions = wanted.map((each): Condition => {
      const was = before.find(({ type }) => type === each.type);
      return { lastTransitionTime: was?.status === each.status ? (was.lastTransitionTime ?? now) : now, ...each };
    });
    // A write that changes nothing is none, so that this settles.
    const acceptedNames = conflict ? { plural: '', kind: '' } : spec.names;
    await client.update(
      CustomResourceDefinition,
      { ...definition, status: { ...status, conditions, acceptedNames } as typeof status },
      'status',
    );
  },
};

function conflictOf(
  name: string,
  { group, names }: CustomResourceDefinition['spec'],
  resources: ResourceRegistry,
): { reason: string; message: string } | undefined {
  const others = resources.all().filter((type) => type.group === group && type.crd !== name);
  const used = (value: string | undefined, of: (type: (typeof others)[number]) => readonly string[]) =>
    value !== undefined && others.some((type) => of(type).includes(value));
  const plain = (reason: string, value: string | undefined) => ({
    reason,
    message: `${JSON.stringify(value)} is already in use`,
  });
  const words = (type: (typeof others)[number]) => [type.plural, type.singular, ...type.shortNames];
  if (used(names.singular, words)) return plain('SingularConflict', names.singular);
  const shortName = names.shortNames?.find((each) => used(each, words));
  if (shortName !== undefined) return plain('ShortNamesConflict', shortName);
  if (used(names.kind, (type) => [type.kind, type.listKind])) return plain('KindConflict', names.kind);
  if (used(names.listKind, (type) => [type.kind, type.listKind])) return plain('ListKindConflict', names.listKind);
  return undefined;
}
