/** The kinds that Kubernetes itself serves, from facts that were read off a real API server (`e2e/real/kube-sim-facts`). */
import { componentSchema } from '../schema/load.ts';
import resources from './generated/resources.json' with { type: 'json' };
import type { ResourceType, SubresourceType } from './resource-type.ts';

/** A line of `generated/resources.json`, whose key is `<apiVersion>/<plural>`. */
export interface ResourceFacts {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly component: string;
  subresources?: Record<string, { verbs: string; group?: string; version?: string; kind?: string }>;
}

/** Field selectors beside name and namespace, which discovery does not tell. Source: `pkg/apis/<group>/v1/conversion.go`. */
const SELECTABLE: Readonly<Record<string, string>> = {
  pods: `spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork
    status.phase status.podIP status.nominatedNodeName`,
  nodes: 'spec.unschedulable',
  namespaces: 'status.phase',
  secrets: 'type',
  services: 'spec.clusterIP spec.type',
  replicationcontrollers: 'status.replicas',
  events: `involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid
    involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath
    reason reportingComponent source type`,
  'jobs.batch': 'status.successful',
  'certificatesigningrequests.certificates.k8s.io': 'spec.signerName',
};

/** Every built-in kind; each call answers new objects that share their schemas. */
export function builtinTypes(): ResourceType[] {
  return Object.entries(resources as Readonly<Record<string, ResourceFacts>>).map(([key, facts]) => typeOf(key, facts));
}

function typeOf(key: string, facts: ResourceFacts): ResourceType {
  const parts = key.split('/');
  const [plural = '', version = '', group = ''] = parts.reverse();
  const storage = group === '' ? plural : `${plural}.${group}`;
  const verbs = facts.verbs.split(' ');
  return {
    group,
    version,
    kind: facts.kind,
    plural,
    namespaced: facts.namespaced,
    singular: facts.singular,
    listKind: `${facts.kind}List`,
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    verbs,
    subresources: Object.fromEntries(
      Object.entries(facts.subresources ?? {}).map(([name, { verbs: words, ...body }]): [string, SubresourceType] => [
        name,
        { name, verbs: words.split(' '), ...body },
      ]),
    ),
    storage,
    ...(!verbs.includes('get') && { virtual: true }),
    schema: componentSchema(facts.component),
    selectableFields: SELECTABLE[storage]?.split(/\s+/) ?? [],
  };
}
