/**
 * The traits that an App may list. Traits are patches on what KubeVela makes, and some can do what an App must not (run
 * its pods as another account, add a privileged container), so only those that were looked at are taken, with only the
 * properties that were looked at.
 */
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import type { AppSpec } from './app-spec.ts';
import { isRecord } from './manifest.ts';
import { isDnsLabel } from './names.ts';
import { containerPorts } from './render/container-image.ts';

/** Types of trait that an App may list. */
export const ALLOWED_TRAITS = ['scaler', 'gateway'] as const;

const MAX_REPLICAS = 1_000;
const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SECRET_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const PATH_TYPES: readonly unknown[] = ['Exact', 'Prefix', 'ImplementationSpecific'];

/** Every problem of an App's traits. */
export function traitProblems(spec: AppSpec): ProblemError[] {
  const { source, traits } = spec;
  if (traits.length === 0) return [];
  if (source.kind !== 'containerImage') {
    return [{ pointer: '/traits', detail: `Traits go with the source kind containerImage, not with ${source.kind}.` }];
  }
  const problems: ProblemError[] = [];
  const scalers =
    traits.filter(({ type }) => type === 'scaler').length + (source.containerImage.replicas === undefined ? 0 : 1);
  if (scalers > 1) {
    problems.push({
      pointer: '/traits',
      detail: 'Give the number of replicas once: as replicas or as a trait scaler.',
    });
  }
  const names = new Set<unknown>(source.containerImage.host === undefined ? [] : [undefined]);
  const exposed = new Set(
    containerPorts(source.containerImage)
      .filter((port) => port.expose)
      .map((port) => port.port),
  );
  for (const [index, trait] of traits.entries()) {
    const pointer = `/traits/${index}`;
    const properties = trait.properties ?? {};
    if (trait.type === 'scaler') problems.push(...scalerProblems(properties, pointer));
    else if (trait.type === 'gateway') {
      problems.push(...gatewayProblems(properties, exposed, pointer));
      if (names.has(properties.name)) {
        const detail = 'Two gateways need a name each, and host counts as the one without a name.';
        problems.push({ pointer: `${pointer}/properties/name`, detail });
      }
      names.add(properties.name);
    } else {
      const detail = `A trait ${trait.type} is not taken; use one of ${ALLOWED_TRAITS.join(', ')}.`;
      problems.push({ pointer: `${pointer}/type`, detail });
    }
  }
  return problems;
}

function scalerProblems(properties: Record<string, unknown>, pointer: string): ProblemError[] {
  const { replicas } = properties;
  const problems = unknownKeys(properties, ['replicas'], pointer);
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0 || replicas > MAX_REPLICAS) {
    problems.push({
      pointer: `${pointer}/properties/replicas`,
      detail: `Replicas are an integer from 0 to ${MAX_REPLICAS}.`,
    });
  }
  return problems;
}

function gatewayProblems(
  properties: Record<string, unknown>,
  exposed: ReadonlySet<number>,
  pointer: string,
): ProblemError[] {
  const at = `${pointer}/properties`;
  const known = ['domain', 'http', 'class', 'classInSpec', 'secretName', 'pathType', 'name'];
  const problems = unknownKeys(properties, known, pointer);
  const say = (field: string, detail: string): void => {
    problems.push({ pointer: `${at}/${field}`, detail });
  };
  const { domain, http, class: ingressClass, classInSpec, secretName, pathType, name } = properties;
  if (typeof domain !== 'string' || domain.length > 253 || !HOST.test(domain)) {
    say('domain', 'A gateway needs the host name that it serves as its domain.');
  }
  const paths = isRecord(http) ? Object.entries(http) : [];
  if (paths.length === 0) say('http', 'A gateway needs at least one path, such as {"/": 8080}.');
  for (const [path, port] of paths) {
    if (!path.startsWith('/')) say('http', `The path «${path}» has to begin with a slash.`);
    if (typeof port !== 'number' || !exposed.has(port))
      say('http', `${String(port)} is not an exposed port of the App.`);
  }
  if (ingressClass !== undefined && !isDnsName(ingressClass)) say('class', 'The class is the name of an IngressClass.');
  if (classInSpec !== undefined && typeof classInSpec !== 'boolean') say('classInSpec', 'It is true or false.');
  if (secretName !== undefined && !isDnsName(secretName)) say('secretName', 'It is the name of a Secret.');
  if (pathType !== undefined && !PATH_TYPES.includes(pathType)) say('pathType', `One of ${PATH_TYPES.join(', ')}.`);
  if (name !== undefined && !(typeof name === 'string' && name.length <= 20 && isDnsLabel(name))) {
    say('name', 'A DNS-1123 label of at most 20 characters.');
  }
  return problems;
}

function isDnsName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 253 && SECRET_NAME.test(value);
}

function unknownKeys(properties: Record<string, unknown>, known: readonly string[], pointer: string): ProblemError[] {
  return Object.keys(properties)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      pointer: `${pointer}/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: `This property is not taken; known are ${known.join(', ')}.`,
    }));
}
