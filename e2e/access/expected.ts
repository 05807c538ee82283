/**
 * Who may do what, as the design says it (the table of roles in ARCHITECTURE.md), written out by hand: a resource, or
 * resources, and their verbs. It is data and is not derived from the roles that the product makes, so that a role that
 * grows shows here first, and somebody has to mean it.
 */
import type { PersonName } from './people.ts';
import type { Place } from './places.ts';

/** All of a tenant's people, in all of its namespaces: get, list, watch. */
const READ = 'get list watch';
const readable = `
  configmaps endpoints events limitranges persistentvolumeclaims pods pods/status replicationcontrollers resourcequotas
  serviceaccounts services services/status
  controllerrevisions.apps daemonsets.apps daemonsets.apps/status deployments.apps deployments.apps/status
  replicasets.apps replicasets.apps/status statefulsets.apps statefulsets.apps/status
  horizontalpodautoscalers.autoscaling horizontalpodautoscalers.autoscaling/status
  cronjobs.batch cronjobs.batch/status jobs.batch jobs.batch/status
  endpointslices.discovery.k8s.io events.events.k8s.io
  ingresses.networking.k8s.io ingresses.networking.k8s.io/status networkpolicies.networking.k8s.io
  poddisruptionbudgets.policy poddisruptionbudgets.policy/status`;

/** Developers in a sandbox, beside that. */
const EDIT = 'create delete deletecollection get list patch update watch';
const editable = `
  configmaps persistentvolumeclaims pods replicationcontrollers secrets serviceaccounts services
  daemonsets.apps deployments.apps deployments.apps/scale replicasets.apps replicasets.apps/scale
  statefulsets.apps statefulsets.apps/scale
  horizontalpodautoscalers.autoscaling cronjobs.batch jobs.batch
  ingresses.networking.k8s.io poddisruptionbudgets.policy`;

const sessions = 'pods/attach pods/exec pods/portforward';

type Rights = readonly (readonly [resources: string, verbs: string])[];

/** A reader, in any namespace of the tenant. */
const reader: Rights = [
  [readable, READ],
  ['pods/log', 'get'],
];

/** What each role is, in each kind of namespace of its own tenant. */
const roles: Readonly<Record<'dev' | 'viewer', Readonly<Record<'app' | 'sandbox', Rights>>>> = {
  dev: {
    app: [...reader, [sessions, 'create get']],
    sandbox: [
      ...reader,
      [sessions, 'create get'],
      [editable, EDIT],
      ['pods/eviction', 'create'],
      ['pods/ephemeralcontainers', 'get patch update'],
    ],
  },
  viewer: { app: reader, sandbox: reader },
};

/** Membership: of whom, as what, and in which projects where it is not all of them. */
const memberships: Readonly<Partial<Record<PersonName, { tenant: string; role: 'dev' | 'viewer'; project?: string }>>> =
  {
    'acme-devs': { tenant: 'acme', role: 'dev' },
    'acme-viewers': { tenant: 'acme', role: 'viewer' },
    'globex-devs': { tenant: 'globex', role: 'dev' },
    'shop-devs': { tenant: 'acme', role: 'dev', project: 'shop' },
    'shop-viewers': { tenant: 'acme', role: 'viewer', project: 'shop' },
  };

/** Kubernetes lets whoever it knows ask about themselves (`system:basic-user`). */
const aboutOneself = `
  selfsubjectaccessreviews.authorization.k8s.io selfsubjectreviews.authentication.k8s.io
  selfsubjectrulesreviews.authorization.k8s.io`;

/** `resource → verbs`, without what is not allowed at all. */
export type Allowed = ReadonlyMap<string, ReadonlySet<string>>;

/** What a person may do in a namespace. */
export function expectedIn(person: PersonName, place: Place): Allowed {
  const membership = memberships[person];
  if (membership === undefined || place.kind === 'system' || place.tenant !== membership.tenant) return allow([]);
  if (membership.project !== undefined && membership.project !== place.project) return allow([]);
  return allow(roles[membership.role][place.kind]);
}

/** What a person may do with what lies in no namespace. */
export function expectedOnCluster(person: PersonName): Allowed {
  if (person === 'anonymous') return allow([]);
  const all: Rights = [[aboutOneself, 'create']];
  if (person === 'groupless') return allow(all);
  // Capsule lets its users try to make and change namespaces, and its webhook then refuses all of ours:
  // `advisories.ts` shows that by real requests.
  return allow([...all, ['namespaces', 'create patch']]);
}

function allow(rights: Rights): Allowed {
  const found = new Map<string, Set<string>>();
  for (const [resources, verbs] of rights) {
    for (const resource of words(resources)) {
      const known = found.get(resource) ?? new Set();
      found.set(resource, known);
      for (const verb of words(verbs)) known.add(verb);
    }
  }
  return found;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
