/** What people get wrong in kinds other than pods and workloads, by structure. Source: `pkg/apis/<group>/validation`. */
import { isIP } from 'node:net';
import { compareQuantities } from '../../schema/quantity.ts';
import {
  configKey,
  dnsSubdomain,
  type Fields,
  fields,
  isFields,
  list,
  qualifiedName,
  type Report,
  strings,
  wildcardSubdomain,
} from './report.ts';
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
      const text = Buffer.from(String(data[key] ?? ''), 'base64').toString();
      if (data[key] === undefined) report.required(`data[${key}]`);
      else if (key.startsWith('.docker') && !isJson(text)) {
        const detail = `invalid character '${text.slice(0, 1)}' looking for beginning of value`;
        report.invalid(`data[${key}]`, '<secret contents redacted>', detail);
      }
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
    } else if (headless && spec.type !== 'ClusterIP') {
      report.invalid(`${at}.clusterIPs[0]`, 'None', `may not be set to 'None' for ${spec.type} services`);
    } else if (!headless && typeof spec.clusterIP === 'string' && !isIP(spec.clusterIP)) {
      const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
      report.invalid(`${at}.clusterIPs[0]`, spec.clusterIP, detail);
    }
    const seen = new Set<string>();
    for (const [index, port] of ports.entries()) {
      const field = `${at}.ports[${index}]`;
      if (ports.length > 1 && !port.name) report.required(`${field}.name`);
      const outside = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
      if (port.nodePort && !outside)
        report.forbidden(`${field}.nodePort`, `may not be used when \`type\` is '${spec.type}'`);
      const key = `${port.protocol}/${port.port}`;
      if (seen.has(key)) {
        const same = {
          Name: '',
          Protocol: port.protocol,
          AppProtocol: null,
          Port: port.port,
          TargetPort: 0,
          NodePort: 0,
        };
        report.duplicate(field, same);
      }
      seen.add(key);
    }
    if (spec.externalTrafficPolicy !== undefined && (spec.type === 'ClusterIP' || spec.type === 'ExternalName')) {
      const detail = 'may only be set for externally-accessible services';
      report.invalid(`${at}.externalTrafficPolicy`, spec.externalTrafficPolicy, detail);
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
    const sets = {
      min: fields(item.min),
      request: fields(item.defaultRequest),
      value: fields(item.default),
      max: fields(item.max),
    };
    for (const name of new Set(Object.values(sets).flatMap((set) => Object.keys(set)))) {
      const [min, request, value, max] = [sets.min[name], sets.request[name], sets.value[name], sets.max[name]];
      const order = (low: unknown, high: unknown, field: string, shown: unknown, words: string) => {
        if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return;
        report.invalid(`${at}.${field}[${name}]`, shown, words);
      };
      order(min, max, 'min', min, `min value ${min} is greater than max value ${max}`);
      order(
        min,
        request,
        'defaultRequest',
        request,
        `min value ${min} is greater than default request value ${request}`,
      );
      order(
        request,
        max,
        'defaultRequest',
        request,
        `default request value ${request} is greater than max value ${max}`,
      );
      order(
        request,
        value,
        'defaultRequest',
        request,
        `default request value ${request} is greater than default limit value ${value}`,
      );
      order(min, value, 'default', min, `min value ${min} is greater than default value ${value}`);
      order(value, max, 'default', max, `default value ${value} is greater than max value ${max}`);
    }
  },
  'core.v1.PersistentVolumeClaimSpec'(spec, at, report) {
    const modes = strings(spec.accessModes);
    const known = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
    if (modes.length === 0) report.required(`${at}.accessModes`, 'at least 1 access mode is required');
    for (const mode of modes) if (!known.includes(mode)) report.unsupported(`${at}.accessModes`, mode, known);
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
    else if (pathType !== 'ImplementationSpecific' && pathType !== undefined) {
      for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
        if (text.includes(part)) report.invalid(`${at}.path`, text, `must not contain '${part}'`);
      }
    }
  },
  'networking.v1.IngressBackend': checkBackend,
  'networking.v1.NetworkPolicyPeer'(peer, at, report) {
    if (Object.keys(peer).length === 0) report.required(at, 'must specify a peer');
    else if (peer.ipBlock && Object.keys(peer).length > 1)
      report.forbidden(at, 'may not specify both ipBlock and another peer');
  },
  'networking.v1.IPBlock'({ cidr, except }, at, report) {
    const block = parseBlock(String(cidr ?? ''));
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    if (cidr && !block) report.invalid(`${at}.cidr`, cidr, detail);
    for (const [index, each] of strings(except).entries()) {
      const inner = parseBlock(each);
      if (!inner) report.invalid(`${at}.except[${index}]`, each, detail);
      else if (block?.start !== undefined && inner.start !== undefined && !isWithin(inner, block)) {
        report.invalid(`${at}.except[${index}]`, each, 'must be a strict subset of `cidr`');
      }
    }
  },
  'networking.v1.NetworkPolicyPort'({ port, endPort }, at, report) {
    if (endPort === undefined) return;
    const field = `${at}.endPort`;
    if (port === undefined) report.invalid(field, endPort, 'may not be specified when `port` is not specified');
    else if (typeof port === 'string')
      report.invalid(field, endPort, 'may not be specified when `port` is non-numeric');
    else if (Number(endPort) < Number(port)) report.invalid(field, endPort, 'must be greater than or equal to `port`');
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
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: null,
    };
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
  if (name && number) report.invalid(at, '', 'cannot set both port name & port number');
  else if (service.name && !name && !number) report.required(at, 'port name or number is required');
  if (!service.name) report.required(`${at}.service.name`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseBlock(text: string): { start?: number; bits: number } | undefined {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return undefined;
  if (family === 6) return { bits: Number(bits) };
  return { start: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}

function isWithin(inner: { start?: number; bits: number }, outer: { start?: number; bits: number }): boolean {
  const size = 2 ** (32 - outer.bits);
  return inner.bits > outer.bits && Math.floor((inner.start ?? 0) / size) === Math.floor((outer.start ?? 0) / size);
}

function checkRule(rule: Fields, at: string, report: Report, namespaced: boolean): void {
  if (strings(rule.verbs).length === 0) report.required(`${at}.verbs`);
  const paths = strings(rule.nonResourceURLs);
  if (paths.length > 0) {
    const both = strings(rule.apiGroups).length > 0 || strings(rule.resources).length > 0;
    if (namespaced)
      report.invalid(`${at}.nonResourceURLs`, paths, 'namespaced rules cannot apply to non-resource URLs');
    else if (both) {
      report.invalid(
        `${at}.nonResourceURLs`,
        paths,
        'rules cannot apply to both regular resources and non-resource URLs',
      );
    }
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
