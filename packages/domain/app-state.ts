/**
 * An App's desired state, as the Manager leaves it for the Agent: the ConfigMap `app-<id>` in `kubenova-system`, JSON
 * under `app.json`. It lies there and not in the app namespace so that one watch and one narrow Role are enough, no
 * tenant can read or forge it, and it is still there while the app namespace goes.
 */
import { type AppSpec, SOURCE_KINDS } from './app-spec.ts';
import type { AppIdentity, NamedRef } from './identity.ts';
import { appLabels } from './labels.ts';
import { isRecord, type Manifest } from './manifest.ts';
import { appConfigMapName, isDnsLabel, isUuid, SYSTEM_NAMESPACE } from './names.ts';
import { failure, type Result, success } from './result.ts';

/** The key of the desired state in the ConfigMap's data. */
export const APP_STATE_KEY = 'app.json';

/**
 * How many bytes the JSON of an App's desired state may have. A ConfigMap holds 1 MiB, and the Agent's report lies in
 * the same one.
 */
export const MAX_APP_STATE_BYTES = 850_000;

/** What the Manager tells the Agent about one App. */
export interface AppState extends AppIdentity {
  /** Raised by every change of desired state. */
  generation: number;
  /** Raised by every change of the spec; a rollback raises it too. */
  revision: number;
  spec: AppSpec;
}

/** Why a ConfigMap is not an App's desired state. */
export interface AppStateError {
  code: 'no-data' | 'not-json' | 'not-an-app-state' | 'misplaced';
  message: string;
}

/** The ConfigMap to apply for an App, with the Manager's own fields only. */
export function appStateConfigMap(state: AppState): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: appConfigMapName(state.id),
      namespace: SYSTEM_NAMESPACE,
      labels: appLabels(state, state.spec.source.kind),
    },
    data: { [APP_STATE_KEY]: encodeAppState(state) },
  };
}

/** The JSON of an App's desired state, with its keys in one fixed order. */
export function encodeAppState(state: AppState): string {
  const { id, name, namespace, cluster, tenant, project, generation, revision, spec } = state;
  return JSON.stringify({
    id,
    name,
    namespace,
    cluster,
    tenant: { id: tenant.id, name: tenant.name },
    project: { id: project.id, name: project.name },
    generation,
    revision,
    spec: { description: spec.description, source: spec.source, traits: spec.traits, labels: spec.labels },
  });
}

/**
 * Reads an App's desired state out of its ConfigMap. The spec itself was checked by the Manager; what is checked here is
 * that the ConfigMap is one that the Manager made, so that a stray object never becomes an Application.
 */
export function readAppState(configMap: Manifest): Result<AppState, AppStateError> {
  const data = configMap.data;
  const text = isRecord(data) ? data[APP_STATE_KEY] : undefined;
  const title = `ConfigMap ${configMap.metadata.namespace ?? ''}/${configMap.metadata.name}`;
  if (typeof text !== 'string') {
    return failure({ code: 'no-data', message: `${title} has no ${APP_STATE_KEY}.` });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failure({ code: 'not-json', message: `${title}: ${APP_STATE_KEY} is not JSON.` });
  }
  if (!isAppState(value)) {
    return failure({ code: 'not-an-app-state', message: `${title}: ${APP_STATE_KEY} lacks a field of an App.` });
  }
  if (configMap.metadata.namespace !== SYSTEM_NAMESPACE || configMap.metadata.name !== appConfigMapName(value.id)) {
    return failure({
      code: 'misplaced',
      message: `${title} speaks of the App ${value.id}, whose state belongs into ${SYSTEM_NAMESPACE}/${appConfigMapName(value.id)}.`,
    });
  }
  return success(value);
}

function isAppState(value: unknown): value is AppState {
  if (!isRecord(value)) return false;
  return (
    typeof value.id === 'string' &&
    isUuid(value.id) &&
    isLabel(value.name) &&
    isLabel(value.namespace) &&
    typeof value.cluster === 'string' &&
    isNamedRef(value.tenant) &&
    isNamedRef(value.project) &&
    typeof value.generation === 'number' &&
    typeof value.revision === 'number' &&
    isAppSpec(value.spec)
  );
}

function isAppSpec(value: unknown): value is AppSpec {
  if (!isRecord(value)) return false;
  const { description, source, traits, labels } = value;
  if (typeof description !== 'string' || !Array.isArray(traits) || !isRecord(labels) || !isRecord(source)) return false;
  const kind = source.kind;
  return typeof kind === 'string' && SOURCE_KINDS.some((known) => known === kind) && isRecord(source[kind]);
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && isDnsLabel(value);
}

function isNamedRef(value: unknown): value is NamedRef {
  return isRecord(value) && typeof value.id === 'string' && typeof value.name === 'string';
}
