/** What the Agent keeps of a ConfigMap in its cache. */
import { APP_STATE_KEY } from '@kubenova/domain/app-state.ts';
import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';

/** A desired state larger than this is read again when it is needed, instead of being kept for every App. */
const KEPT_STATE_CHARACTERS = 64 * 1024;

/** For the informer on ConfigMaps. */
export function configMapView(configMap: ConfigMap): ConfigMap {
  const { name, namespace, uid, resourceVersion, labels, deletionTimestamp } = configMap.metadata;
  const { data } = configMap;
  const large = (data?.[APP_STATE_KEY]?.length ?? 0) > KEPT_STATE_CHARACTERS;
  return {
    apiVersion: configMap.apiVersion,
    kind: configMap.kind,
    metadata: { name, namespace, uid, resourceVersion, labels, deletionTimestamp },
    ...(large || data === undefined ? {} : { data }),
  };
}
