import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { sql } from 'kysely';
import { ok } from '../../app/context.ts';
import type { Metrics } from '../metrics.ts';
import type { Handlers } from './handler.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const CONTRACT_YAML = join(ROOT, 'docs', 'openapi', 'openapi.yaml');
const CONTRACT_JSON = join(ROOT, 'packages', 'knapi', 'generated', 'contract.json');

export function systemHandlers(
  metrics: Metrics,
  isStopping: () => boolean,
): Handlers<'getHealth' | 'getReadiness' | 'getMetrics' | 'getContractJson' | 'getContractYaml' | 'getVersion'> {
  return {
    getHealth: async () => ok({ status: 'ok' }),
    getReadiness: async (context) => {
      if (isStopping()) throw new ApiError('KN-503', 'This Manager is stopping.');
      await sql`select 1`.execute(context.services.db);
      return ok({ status: 'ok' });
    },
    getMetrics: async () => text('text/plain; version=0.0.4; charset=utf-8', await metrics.text()),
    getContractJson: async () => text('application/json; charset=utf-8', readFileSync(CONTRACT_JSON, 'utf8')),
    getContractYaml: async () => text('application/yaml; charset=utf-8', readFileSync(CONTRACT_YAML, 'utf8')),
    getVersion: async (context) => ok({ version: context.services.version, node: process.version, api: 'v1' }),
  };
}

function text(contentType: string, body: string) {
  return { kind: 'ok' as const, body, contentType };
}
