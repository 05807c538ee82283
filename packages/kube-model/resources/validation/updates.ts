/** What an update may not change. Source: `ValidateUpdate` of `pkg/registry/<group>/<kind>/strategy.go`. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Fields, fields, list } from '../../schema/fields.ts';
import type { Report } from './report.ts';

const IMMUTABLE = 'field is immutable';
const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const SET_UPDATE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const SET_OPEN = [
  ...['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'minReadySeconds'],
  'persistentVolumeClaimRetentionPolicy',
];

type UpdateCheck = (object: KubeObject, old: KubeObject, report: Report) => void;

/** By path: what may not change at all. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  'deployments.apps': ['spec.selector'],
  'replicasets.apps': ['spec.selector'],
  'daemonsets.apps': ['spec.selector'],
  'statefulsets.apps': ['spec.serviceName', 'spec.podManagementPolicy', 'spec.selector'],
  'jobs.batch': ['spec.completionMode', 'spec.selector'],
  'customresourcedefinitions.apiextensions.k8s.io': [
    'spec.group',
    'spec.scope',
    'spec.names.kind',
    'spec.names.plural',
  ],
  secrets: ['type'],
  'rolebindings.rbac.authorization.k8s.io': ['roleRef'],
  'clusterrolebindings.rbac.authorization.k8s.io': ['roleRef'],
};

const UPDATE_CHECKS: Readonly<Record<string, UpdateCheck>> = {
  configmaps: (object, old, report) => checkSealed(object, old, report, ['data', 'binaryData']),
  secrets: (object, old, report) => checkSealed(object, old, report, ['data']),
  pods(object, old, report) {
    if (!isDeepStrictEqual(withoutOpen(fields(object.spec), fields(old.spec)), fields(old.spec)))
      report.forbidden('spec', POD_UPDATE);
  },
  services(object, old, report) {
    const [spec, was] = [fields(object.spec), fields(old.spec)];
    if (spec.type !== 'ExternalName' && was.clusterIP && spec.clusterIP !== was.clusterIP) {
      report.invalid('spec.clusterIPs[0]', spec.clusterIPs, 'may not change once set');
    }
  },
  'statefulsets.apps'(object, old, report) {
    const told = FIXED['statefulsets.apps']?.map((path) => path.slice('spec.'.length)) ?? [];
    const open = Object.fromEntries([...SET_OPEN, ...told].map((key) => [key, undefined]));
    if (!isDeepStrictEqual({ ...fields(object.spec), ...open }, { ...fields(old.spec), ...open })) {
      report.forbidden('spec', SET_UPDATE);
    }
  },
  'jobs.batch'(object, old, report) {
    const { template } = fields(object.spec);
    if (!isDeepStrictEqual(template, fields(old.spec).template) && fields(old.spec).suspend !== true) {
      report.invalid('spec.template', template, IMMUTABLE);
    }
  },
};

export function checkUpdate(storage: string, object: KubeObject, old: KubeObject, report: Report): void {
  UPDATE_CHECKS[storage]?.(object, old, report);
  for (const path of FIXED[storage] ?? []) {
    const [value, was] = [object, old].map((each) =>
      path.split('.').reduce<unknown>((at, key) => fields(at)[key], each),
    );
    if (isDeepStrictEqual(value, was)) continue;
    report.invalid(path, path === 'roleRef' ? goRoleRef(fields(value)) : value, IMMUTABLE);
  }
}

/** Printed as the internal struct. */
const goRoleRef = ({ apiGroup, kind, name }: Fields) => ({ APIGroup: apiGroup, Kind: kind, Name: name });

function checkSealed(object: KubeObject, old: KubeObject, report: Report, keys: readonly string[]): void {
  if (old.immutable !== true) return;
  const detail = 'field is immutable when `immutable` is set';
  if (object.immutable !== true) report.forbidden('immutable', detail);
  for (const key of keys) if (!isDeepStrictEqual(object[key] ?? {}, old[key] ?? {})) report.forbidden(key, detail);
}

/** The spec with what a Pod may change as it was. */
function withoutOpen(spec: Fields, old: Fields): Fields {
  const result = { ...spec };
  for (const key of ['activeDeadlineSeconds', 'tolerations']) {
    if (old[key] === undefined) delete result[key];
    else result[key] = old[key];
  }
  for (const key of ['containers', 'initContainers']) {
    const was = list(old[key]);
    if (spec[key]) result[key] = list(spec[key]).map((each, at) => ({ ...each, image: was[at]?.image }));
  }
  return result;
}
