/** What a cluster serves: the built-in kinds, and what its CRDs add. */
import { ascending } from '../ascending.ts';
import type { ResourceRegistry, ResourceType, TypeName } from './resource-type.ts';

const byPlural = ({ group, version, plural }: TypeName): string => `${group}/${version}/${plural}`;

export function createRegistry(builtin: readonly ResourceType[]): ResourceRegistry {
  const custom = new Map<string, readonly ResourceType[]>();
  let plurals = new Map<string, ResourceType>();
  let kinds = new Map<string, ResourceType>();
  let storages = new Map<string, ResourceType>();
  let sorted: readonly ResourceType[] = [];
  let version = 0;

  function index(): void {
    sorted = [...builtin, ...[...custom.values()].flat()].sort(
      (a, b) => ascending(a.group, b.group) || ascending(a.version, b.version) || ascending(a.plural, b.plural),
    );
    plurals = new Map(sorted.map((type) => [byPlural(type), type]));
    kinds = new Map(sorted.map((type) => [`${type.group}/${type.version}/${type.kind}`, type]));
    storages = new Map(sorted.map((type) => [type.storage, type]));
    version += 1;
  }
  index();

  return {
    find: (name) => plurals.get(byPlural(name)),
    byKind: (group, itsVersion, kind) => kinds.get(`${group}/${itsVersion}/${kind}`),
    all: () => sorted,
    byStorage: (storage) => storages.get(storage),
    setCustom(crd, types) {
      if (types.length === 0) custom.delete(crd);
      else custom.set(crd, types);
      index();
    },
    get version() {
      return version;
    },
  };
}
