import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { sql } from 'kysely';
import { type Context, ok } from '../../app/context.ts';
import type { Metrics } from '../metrics.ts';
import type { Handlers } from './handler.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const CONTRACT_YAML = join(ROOT, 'docs', 'openapi', 'openapi.yaml');
const CONTRACT_JSON = join(ROOT, 'packages', 'knapi', 'generated', 'contract.json');

export function systemHandlers(
  metrics: Metrics,
  isStopping: () => boolean,
): Handlers<
  | 'getHealth'
  | 'getApiHealth'
  | 'getReadiness'
  | 'getApiReadiness'
  | 'getMetrics'
  | 'getContractJson'
  | 'getContractYaml'
  | 'getVersion'
> {
  const getHealth = async () => ok({ status: 'ok' as const });
  const getReadiness = async (context: Context) => {
    if (isStopping()) throw new ApiError('KN-503', 'This Manager is stopping.');
    await sql`select 1`.execute(context.services.db);
    return ok({ status: 'ok' as const });
  };
  return {
    getHealth,
    getApiHealth: getHealth,
    getReadiness,
    getApiReadiness: getReadiness,
    getMetrics: async () => text('text/plain; version=0.0.4; charset=utf-8', await metrics.text()),
    getContractJson: async () => text('application/json; charset=utf-8', readFileSync(CONTRACT_JSON, 'utf8')),
    getContractYaml: async () => text('application/yaml; charset=utf-8', readFileSync(CONTRACT_YAML, 'utf8')),
    getVersion: async (context) => ok({ version: context.services.version, node: process.version, api: 'v1' }),
  };
}

function text(contentType: string, body: string) {
  return { kind: 'ok' as const, body, contentType };
}
