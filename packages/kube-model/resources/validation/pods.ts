/** What people get wrong in pods and pod templates. Source: `pkg/apis/core/validation`. */

import { fields, isFields, list } from '../../schema/fields.ts';
import { compareQuantities } from '../../schema/quantity.ts';
import { qualifiedName } from './report.ts';
import type { Check } from './walk.ts';

const ENV_FIELDS =
  /^(metadata\.(name|namespace|uid|(labels|annotations)\['.+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/;
const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+|storage|.+\/.+)$/;
const SOURCES = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';

/** Of a container's security context, in Go's names and order. */
const SECURITY_FIELDS = `Capabilities Privileged SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot
  ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile AppArmorProfile`.split(/\s+/);

export const POD_CHECKS: Readonly<Record<string, Check>> = {
  'core.v1.PodSpec'(spec, at, report) {
    const containers = list(spec.containers);
    report.volumes = new Set([...list(spec.volumes).map(({ name }) => name), ...report.claims]);
    const names = new Set(containers.map(({ name }) => name));
    for (const [index, { name }] of list(spec.initContainers).entries()) {
      if (names.has(name)) report.duplicate(`${at}.initContainers[${index}].name`, name);
      names.add(name);
    }
    for (const [index, container] of spec.hostNetwork === true ? containers.entries() : []) {
      for (const [port, { hostPort, containerPort }] of list(container.ports).entries()) {
        if (hostPort === containerPort) continue;
        const field = `${at}.containers[${index}].ports[${port}].hostPort`;
        report.invalid(field, hostPort, 'must match `containerPort` when `hostNetwork` is true');
      }
    }
  },
  'core.v1.Container'(container, at, report) {
    const image = String(container.image ?? '');
    if (image.trim() !== image) report.invalid(`${at}.image`, image, 'must not have leading or trailing whitespace');
    const paths = new Set<unknown>();
    for (const [index, { mountPath }] of list(container.volumeMounts).entries()) {
      if (paths.has(mountPath)) report.invalid(`${at}.volumeMounts[${index}].mountPath`, mountPath, 'must be unique');
      paths.add(mountPath);
    }
  },
  'core.v1.EnvVar'(env, at, report) {
    const name = String(env.name ?? '');
    if (name !== '' && !/^[ -<>-~]+$/.test(name)) {
      const detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
      report.invalid(`${at}.name`, name, detail);
    }
    if (!isFields(env.valueFrom)) return;
    const field = `${at}.valueFrom`;
    const sources = Object.keys(env.valueFrom).length;
    if (sources === 0) report.invalid(field, '', `must specify one of: ${SOURCES}`);
    else if (env.value) report.invalid(field, '', 'may not be specified when `value` is not empty');
    else if (sources > 1) report.invalid(field, '', 'may not have more than one field specified at a time');
    const { fieldPath } = fields(env.valueFrom.fieldRef);
    if (typeof fieldPath !== 'string' || ENV_FIELDS.test(fieldPath)) return;
    const detail = `error converting fieldPath: field label not supported: ${fieldPath}`;
    report.invalid(`${field}.fieldRef.fieldPath`, fieldPath, detail);
  },
  'core.v1.SecurityContext'({ privileged, allowPrivilegeEscalation, ...context }, at, report) {
    if (privileged !== true) return;
    // As an API server without --allow-privileged has it.
    report.forbidden(`${at}.privileged`, 'disallowed by cluster policy');
    if (allowPrivilegeEscalation !== false) return;
    const unset = Object.fromEntries(SECURITY_FIELDS.map((name) => [name, null]));
    const given = { Privileged: true, AllowPrivilegeEscalation: false, Capabilities: context.capabilities ?? null };
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    report.invalid(at, { ...unset, ...given }, detail);
  },
  'core.v1.ResourceRequirements'(resources, at, report) {
    const limits = fields(resources.limits);
    for (const kind of ['limits', 'requests'] as const) {
      for (const [name, quantity] of Object.entries(fields(resources[kind]))) {
        const field = `${at}.${kind}[${name}]`;
        report.by(qualifiedName, field, name);
        if (!STANDARD.test(name)) {
          if (qualifiedName(name).length === 0)
            report.invalid(field, name, 'must be a standard resource type or fully qualified');
          report.invalid(field, name, 'must be a standard resource for containers');
        }
        if (compareQuantities(quantity, 0) < 0) report.invalid(field, quantity, 'must be greater than or equal to 0');
        if (kind === 'requests' && limits[name] !== undefined && compareQuantities(quantity, limits[name]) > 0) {
          report.invalid(`${at}.requests`, quantity, `must be less than or equal to ${name} limit of ${limits[name]}`);
        }
      }
    }
  },
  'core.v1.VolumeMount'(mount, at, report) {
    if (mount.name && !report.volumes.has(mount.name)) {
      report.errors.push({ kind: 'NotFound', field: `${at}.name`, value: mount.name, detail: '' });
    }
  },
  'core.v1.Volume'(volume, at, report) {
    const sources = Object.keys(volume)
      .filter((key) => key !== 'name')
      .sort();
    for (const source of sources.filter((each) => each !== 'emptyDir').slice(sources.includes('emptyDir') ? 0 : 1)) {
      report.forbidden(`${at}.${source}`, 'may not specify more than 1 volume type');
    }
  },
  'core.v1.Probe'(probe, at, report) {
    const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((name) => probe[name] !== undefined);
    if (handlers.length === 0) report.required(at, 'must specify a handler type');
    for (const name of handlers.slice(1)) report.forbidden(`${at}.${name}`, 'may not specify more than 1 handler type');
  },
  'core.v1.Toleration'(toleration, at, report) {
    if (toleration.operator === 'Exists' && toleration.value) {
      report.invalid(`${at}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'");
    }
  },
};
