/** Paths that name no resource: health, version, discovery, OpenAPI, and the keys of the ServiceAccount issuer. */
import type { IncomingHttpHeaders } from 'node:http';
import { unknownPath } from '@kubenova/kube-model/api-error.ts';
import { discoveryAnswer } from '@kubenova/kube-model/discovery/discovery.ts';
import { openApiAnswer } from '@kubenova/kube-model/discovery/openapi.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Route } from './route.ts';

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
  readonly etag?: string;
  readonly warnings?: readonly string[];
}

const JSON_TYPE = 'application/json';
const HEALTH = /^\/(healthz|livez|readyz)(\/(ping|log|etcd))?\/?$/;

/** Says that it is a simulator where that hurts nobody: semver ignores what follows the plus. */
export const KUBERNETES_VERSION = 'v1.37.2+kubesim';
const VERSION = {
  major: '1',
  minor: '37',
  emulationMajor: '1',
  emulationMinor: '37',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '36',
  gitVersion: KUBERNETES_VERSION,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

export async function plainAnswer(
  parts: { resources: ResourceRegistry; keys: () => Promise<object>; issuer: string },
  { path }: Route,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { resources } = parts;
  const { accept = '', host = '' } = headers;
  if (HEALTH.test(path)) return text(200, 'ok');
  const known = discoveryAnswer(path, accept, resources, host) ?? openApiAnswer(path, resources);
  if (known !== undefined) return { code: 200, ...known };
  if (path === '/version' || path === '/version/') return json(VERSION);
  if (path === '/openid/v1/jwks') return { ...json(await parts.keys()), contentType: 'application/jwk-set+json' };
  if (path === '/.well-known/openid-configuration') return json(issuerDocument(parts.issuer, host));
  if (path === '/') return json({ paths: pathsOf(resources) });
  const [, root, group = ''] = path.split('/');
  const built = root === 'api' || resources.all().some((type) => type.crd === undefined && type.group === group);
  if (built && group !== '') throw unknownPath();
  return text(404, '404 page not found\n');
}

const json = (value: object): Answer => ({ code: 200, contentType: JSON_TYPE, body: JSON.stringify(value) });
const text = (code: number, body: string): Answer => ({ code, contentType: 'text/plain; charset=utf-8', body });

/** The keys are to be had from the server itself, whatever its issuer is called. */
function issuerDocument(issuer: string, host: string): object {
  return {
    issuer,
    jwks_uri: `https://${host}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}

function pathsOf(resources: ResourceRegistry): string[] {
  const paths = ['/api', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'];
  const versions = resources
    .all()
    .map(({ group, version }) => `${group === '' ? '/api' : `/apis/${group}`}/${version}`);
  return [...new Set([...paths, ...versions])].sort();
}
