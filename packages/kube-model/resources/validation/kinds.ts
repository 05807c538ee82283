/** What people get wrong in kinds other than pods and workloads, by structure. Source: `pkg/apis/<group>/validation`. */
import { BlockList, isIP } from 'node:net';
import { type Fields, fields, isFields, list, strings } from '../../schema/fields.ts';
import { compareQuantities } from '../../schema/quantity.ts';
import { configKey, dnsSubdomain, qualifiedName, type Report, wildcardSubdomain } from './report.ts';
import type { Check } from './walk.ts';

const RBAC = 'rbac.authorization.k8s.io';
const DATA_LIMIT = 1_048_576;
const RULE_WITH = 'resource rules must supply at least one';

function checkData(data: unknown, encoded: boolean, field: string, report: Report): number {
  let size = 0;
  for (const [key, value] of Object.entries(fields(data))) {
    report.by(configKey, `${field}[${key}]`, key);
    size += Buffer.byteLength(String(value), encoded ? 'base64' : 'utf8');
  }
  return size;
}

const tooLong = (report: Report, field: string) =>
  void report.errors.push({ kind: 'TooLong', field, detail: `may not be more than ${DATA_LIMIT} bytes` });

/** What a Secret of a type must hold. */
const SECRET_DATA: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

const QUOTA_NAMES = new Set(
  `cpu memory ephemeral-storage requests.cpu requests.memory requests.storage requests.ephemeral-storage limits.cpu
  limits.memory limits.ephemeral-storage pods services replicationcontrollers resourcequotas secrets configmaps
  persistentvolumeclaims services.nodeports services.loadbalancers`.split(/\s+/),
);
const WHOLE =
  /^(pods|services.*|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|count\/.*)$/;

/** Of a LimitRange: the lower and the upper bound, which of them is blamed, and whose value is shown. */
const LIMITS = [
  ['min', 'max', 'min', 'min', 'min < max'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min < default request'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request < max'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request < default limit'],
  ['min', 'default', 'default', 'min', 'min < default'],
  ['default', 'max', 'default', 'max', 'default < max'],
] as const;

export const KIND_CHECKS: Readonly<Record<string, Check>> = {
  'core.v1.ConfigMap'(object, _, report) {
    const data = fields(object.data);
    for (const key in data) {
      if (isFields(object.binaryData) && key in object.binaryData) {
        report.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
      }
    }
    const size = checkData(data, false, 'data', report) + checkData(object.binaryData, true, 'binaryData', report);
    if (size > DATA_LIMIT) tooLong(report, '[]');
  },
  'core.v1.Secret'(secret, _, report) {
    const data = fields(secret.data);
    if (checkData(data, true, 'data', report) > DATA_LIMIT) tooLong(report, 'data');
    const type = String(secret.type);
    for (const key of SECRET_DATA[type] ?? []) {
      if (data[key] === undefined) report.required(`data[${key}]`);
    }
    if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
      for (const key of ['username', 'password']) report.required(`data[${key}]`);
    }
    const account = 'kubernetes.io/service-account.name';
    if (type === 'kubernetes.io/service-account-token' && !fields(fields(secret.metadata).annotations)[account]) {
      report.required(`metadata.annotations[${account}]`);
    }
  },
  'core.v1.ServiceSpec'(spec, at, report) {
    const ports = list(spec.ports);
    const headless = spec.clusterIP === 'None';
    if (ports.length === 0 && !headless && spec.type !== 'ExternalName') report.required(`${at}.ports`);
    if (spec.type === 'ExternalName') {
      const name = String(spec.externalName ?? '').replace(/\.$/, '');
      if (name === '') report.required(`${at}.externalName`);
      else report.by(dnsSubdomain, `${at}.externalName`, name);
    } else if (!headless && typeof spec.clusterIP === 'string' && !isIP(spec.clusterIP)) {
      const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
      report.invalid(`${at}.clusterIPs[0]`, spec.clusterIP, detail);
    }
    const seen = new Set<string>();
    for (const [index, port] of ports.entries()) {
      const field = `${at}.ports[${index}]`;
      if (ports.length > 1 && !port.name) report.required(`${field}.name`);
      const key = `${port.protocol}/${port.port}`;
      if (seen.has(key)) {
        const { protocol: Protocol, port: Port } = port;
        const same = { Name: '', Protocol, AppProtocol: null, Port, TargetPort: 0, NodePort: 0 };
        report.duplicate(field, same);
      }
      seen.add(key);
    }
  },
  'core.v1.ResourceQuotaSpec'(spec, at, report) {
    for (const [name, quantity] of Object.entries(fields(spec.hard))) {
      const field = `${at}.hard[${name}]`;
      report.by(qualifiedName, field, name);
      if (!name.includes('/') && !QUOTA_NAMES.has(name) && !name.includes('hugepages-')) {
        if (qualifiedName(name).length === 0)
          report.invalid(field, name, 'must be a standard resource type or fully qualified');
        report.invalid(field, name, 'must be a standard resource for quota');
      }
      if (compareQuantities(quantity, 0) < 0) report.invalid(field, quantity, 'must be greater than or equal to 0');
      if (WHOLE.test(name) && /[mun]$/.test(String(quantity))) report.invalid(field, quantity, 'must be an integer');
    }
    const known =
      /^(Terminating|NotTerminating|BestEffort|NotBestEffort|PriorityClass|CrossNamespacePodAffinity|VolumeAttributesClass)$/;
    if (strings(spec.scopes).some((scope) => !known.test(scope)))
      report.invalid(`${at}.scopes`, spec.scopes, 'unsupported scope');
  },
  'core.v1.LimitRangeItem'(item, at, report) {
    if (item.type === 'Pod') {
      for (const key of ['default', 'defaultRequest']) {
        if (item[key] !== undefined) report.forbidden(`${at}.${key}`, "may not be specified when `type` is 'Pod'");
      }
    }
    for (const name of new Set(LIMITS.flatMap(([low]) => Object.keys(fields(item[low]))))) {
      for (const [low, high, field, shown, words] of LIMITS) {
        const [less, more] = [fields(item[low])[name], fields(item[high])[name]];
        if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) continue;
        const [first, second] = words.split(' < ');
        const detail = `${first} value ${less} is greater than ${second} value ${more}`;
        report.invalid(`${at}.${field}[${name}]`, fields(item[shown])[name], detail);
      }
    }
  },
  'core.v1.PersistentVolumeClaimSpec'(spec, at, report) {
    if (strings(spec.accessModes).length === 0)
      report.required(`${at}.accessModes`, 'at least 1 access mode is required');
    if (fields(fields(spec.resources).requests).storage === undefined) report.required(`${at}.resources[storage]`);
  },
  'networking.v1.IngressSpec'(spec, at, report) {
    if (spec.rules === undefined && spec.defaultBackend === undefined) {
      report.invalid(at, null, 'either `defaultBackend` or `rules` must be specified');
    }
  },
  'networking.v1.IngressRule'({ host }, at, report) {
    if (typeof host !== 'string' || host === '') return;
    if (isIP(host)) report.invalid(`${at}.host`, host, 'must be a DNS name, not an IP address');
    else report.by(host.includes('*') ? wildcardSubdomain : dnsSubdomain, `${at}.host`, host);
  },
  'networking.v1.HTTPIngressPath'({ path = '', pathType, backend }, at, report) {
    if (pathType === undefined) return report.required(`${at}.pathType`, 'pathType must be specified');
    if (!PATH_TYPES.includes(String(pathType))) report.unsupported(`${at}.pathType`, pathType, PATH_TYPES);
    checkBackend(fields(backend), `${at}.backend`, report);
    const text = String(path);
    if (pathType === 'ImplementationSpecific' && text === '') return;
    if (!text.startsWith('/')) report.invalid(`${at}.path`, text, 'must be an absolute path');
  },
  'networking.v1.IngressBackend': checkBackend,
  'networking.v1.NetworkPolicyPeer'(peer, at, report) {
    if (Object.keys(peer).length === 0) report.required(at, 'must specify a peer');
  },
  'networking.v1.IPBlock'({ cidr, except }, at, report) {
    const block = new BlockList();
    const [start = '', bits = ''] = String(cidr).split('/');
    if (isIP(start) === 0 || bits === '') {
      const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
      return report.invalid(`${at}.cidr`, cidr, detail);
    }
    const family = isIP(start) === 4 ? 'ipv4' : 'ipv6';
    block.addSubnet(start, Number(bits), family);
    for (const [index, each] of strings(except).entries()) {
      const [inner = '', innerBits] = each.split('/');
      if (block.check(inner, family) && Number(innerBits) > Number(bits)) continue;
      report.invalid(`${at}.except[${index}]`, each, 'must be a strict subset of `cidr`');
    }
  },
  'rbac.v1.Role'({ rules }, _, report) {
    for (const [index, rule] of list(rules).entries()) checkRule(rule, `rules[${index}]`, report, true);
  },
  'rbac.v1.ClusterRole'({ rules }, _, report) {
    for (const [index, rule] of list(rules).entries()) checkRule(rule, `rules[${index}]`, report, false);
  },
  'rbac.v1.RoleBinding': (binding, _, report) => checkBinding(binding, report, ['Role', 'ClusterRole']),
  'rbac.v1.ClusterRoleBinding': (binding, _, report) => checkBinding(binding, report, ['ClusterRole']),
  'autoscaling.v2.CrossVersionObjectReference'({ apiVersion }, at, report) {
    if (!apiVersion) report.invalid(`${at}.apiVersion`, '', 'apiVersion must specify API group');
  },
  'autoscaling.v2.HorizontalPodAutoscalerSpec'({ minReplicas, maxReplicas = 0 }, at, report) {
    if (minReplicas === 0) {
      const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
      report.forbidden(`${at}.metrics`, detail);
    }
    if (Number(maxReplicas) < Number(minReplicas)) {
      report.invalid(`${at}.maxReplicas`, maxReplicas, 'must be greater than or equal to `minReplicas`');
    }
  },
  'policy.v1.PodDisruptionBudgetSpec'(spec, at, report) {
    const { minAvailable, maxUnavailable, selector = null } = spec;
    for (const key of ['minAvailable', 'maxUnavailable']) {
      const share = typeof spec[key] === 'string' && Number.parseInt(spec[key], 10);
      if (share && share > 100) report.invalid(`${at}.${key}`, spec[key], 'must not be greater than 100%');
    }
    if (minAvailable === undefined || maxUnavailable === undefined) return;
    const both = { MinAvailable: minAvailable, Selector: selector, MaxUnavailable: maxUnavailable };
    const shown = { ...both, UnhealthyPodEvictionPolicy: null };
    report.invalid(at, shown, 'minAvailable and maxUnavailable cannot be both set');
  },
};

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function checkBackend({ service, resource }: Fields, at: string, report: Report): void {
  if (!isFields(service)) {
    if (!isFields(resource)) report.invalid(at, '', 'resource or service backend is required');
    return;
  }
  const { name, number } = fields(service.port);
  if (service.name && !name && !number) report.required(at, 'port name or number is required');
  if (!service.name) report.required(`${at}.service.name`);
}

function checkRule(rule: Fields, at: string, report: Report, namespaced: boolean): void {
  if (strings(rule.verbs).length === 0) report.required(`${at}.verbs`);
  const paths = strings(rule.nonResourceURLs);
  const field = `${at}.nonResourceURLs`;
  if (paths.length > 0) {
    const isBoth = strings(rule.apiGroups).length > 0 || strings(rule.resources).length > 0;
    const both = 'rules cannot apply to both regular resources and non-resource URLs';
    if (namespaced) report.invalid(field, paths, 'namespaced rules cannot apply to non-resource URLs');
    else if (isBoth) report.invalid(field, paths, both);
    return;
  }
  if (strings(rule.apiGroups).length === 0) report.required(`${at}.apiGroups`, `${RULE_WITH} api group`);
  if (strings(rule.resources).length === 0) report.required(`${at}.resources`, `${RULE_WITH} resource`);
}

function checkBinding(binding: Fields, report: Report, kinds: readonly string[]): void {
  const { apiGroup, kind } = fields(binding.roleRef);
  if (apiGroup !== RBAC) report.unsupported('roleRef.apiGroup', apiGroup, [RBAC]);
  if (!kinds.includes(String(kind))) report.unsupported('roleRef.kind', kind, kinds);
  for (const [index, subject] of list(binding.subjects).entries()) {
    const at = `subjects[${index}]`;
    if (subject.kind === 'ServiceAccount') {
      if (subject.name) report.by(dnsSubdomain, `${at}.name`, subject.name);
      if (subject.apiGroup) report.unsupported(`${at}.apiGroup`, subject.apiGroup, ['']);
      if (!subject.namespace && kinds.length === 1) report.required(`${at}.namespace`);
    } else if (subject.kind !== 'User' && subject.kind !== 'Group') {
      report.unsupported(`${at}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']);
    } else if (subject.apiGroup !== RBAC) report.unsupported(`${at}.apiGroup`, subject.apiGroup, [RBAC]);
  }
}
