/** What is wrong with a `containerImage` beyond its schema: what the API server would refuse only after the answer. */
import type { ContainerImage, ProblemError } from '@kubenova/knapi/schemas.ts';
import { parseQuantity } from './quantity.ts';
import { containerPorts } from './render/container-image.ts';

const AT = '/source/containerImage';

/** Every problem of a container. */
export function containerProblems(source: ContainerImage): ProblemError[] {
  return [
    ...imageProblems(source),
    ...portProblems(source),
    ...hostProblems(source),
    ...envProblems(source),
    ...resourceProblems(source),
    ...probeProblems(source, 'liveness'),
    ...probeProblems(source, 'readiness'),
  ];
}

function imageProblems(source: ContainerImage): ProblemError[] {
  const problems: ProblemError[] = [];
  if (source.tag !== undefined && source.digest !== undefined) {
    problems.push({ pointer: `${AT}/digest`, detail: 'Give either a tag or a digest, not both.' });
  }
  const slash = source.image.lastIndexOf('/');
  const last = source.image.slice(slash + 1);
  if (last.includes(':')) {
    problems.push({ pointer: `${AT}/image`, detail: `Put «${last.slice(last.indexOf(':') + 1)}» into tag.` });
  }
  if (source.image.includes('//') || !/^[a-z0-9._:/-]+$/.test(source.image.slice(source.image.indexOf('/') + 1))) {
    problems.push({
      pointer: `${AT}/image`,
      detail: 'A repository is written in lower case, its parts divided by one slash.',
    });
  }
  return problems;
}

function portProblems(source: ContainerImage): ProblemError[] {
  const problems: ProblemError[] = [];
  const numbers = new Set<string>();
  const names = new Set<string>();
  for (const [index, port] of containerPorts(source).entries()) {
    const pointer = `${AT}/ports/${index}`;
    const key = `${port.port}/${port.protocol}`;
    if (numbers.has(key)) problems.push({ pointer, detail: `Port ${key} is given twice.` });
    numbers.add(key);
    const { name } = port;
    if (name === undefined) continue;
    if (names.has(name)) problems.push({ pointer: `${pointer}/name`, detail: `Two ports are named ${name}.` });
    names.add(name);
    if (!/[a-z]/.test(name) || name.includes('--')) {
      const detail = 'The name of a port has at least one letter and no two hyphens in a row.';
      problems.push({ pointer: `${pointer}/name`, detail });
    }
  }
  return problems;
}

function hostProblems(source: ContainerImage): ProblemError[] {
  if (source.host === undefined) return [];
  const first = containerPorts(source)[0];
  const pointer = `${AT}/host`;
  if (first === undefined) return [{ pointer, detail: 'A host needs a port to lead to; list it first in ports.' }];
  if (!first.expose || first.protocol !== 'TCP') {
    return [{ pointer, detail: `A host leads to the first port (${first.port}), which has to be TCP and exposed.` }];
  }
  return [];
}

function envProblems(source: ContainerImage): ProblemError[] {
  const seen = new Set<string>();
  const problems: ProblemError[] = [];
  for (const [index, { name }] of (source.env ?? []).entries()) {
    if (seen.has(name)) problems.push({ pointer: `${AT}/env/${index}/name`, detail: `${name} is given twice.` });
    seen.add(name);
  }
  return problems;
}

function resourceProblems(source: ContainerImage): ProblemError[] {
  const { requests = {}, limits = {} } = source.resources ?? {};
  const problems: ProblemError[] = [];
  for (const key of ['cpu', 'memory'] as const) {
    const request = requests[key];
    const limit = limits[key];
    if (request === undefined || limit === undefined) continue;
    if ((parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0)) {
      problems.push({
        pointer: `${AT}/resources/requests/${key}`,
        detail: `The request (${request}) is more than the limit (${limit}).`,
      });
    }
  }
  return problems;
}

function probeProblems(source: ContainerImage, which: 'liveness' | 'readiness'): ProblemError[] {
  const probe = source.probes?.[which];
  if (probe === undefined) return [];
  const pointer = `${AT}/probes/${which}`;
  const problems: ProblemError[] = [];
  const handlers = [probe.httpGet, probe.tcpSocket, probe.exec].filter((handler) => handler !== undefined);
  if (handlers.length !== 1) {
    problems.push({ pointer, detail: 'A probe has exactly one of httpGet, tcpSocket and exec.' });
  }
  if (which === 'liveness' && (probe.successThreshold ?? 1) !== 1) {
    problems.push({
      pointer: `${pointer}/successThreshold`,
      detail: 'A liveness probe succeeds at the first success: 1.',
    });
  }
  return problems;
}
