/** Which container of a pod is meant, and what it sees: its environment, and files that ConfigMaps and Secrets put there. */
import { ConfigMap, Secret } from '@kubenova/kube/kinds/core.ts';
import type { Container, ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import { badRequest } from '@kubenova/kube-model/api-error.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';

/** @throws ApiError 400 in the API server's words */
export function chooseContainer(pod: Pod, name = ''): Container {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const all = [...initContainers, ...containers];
  const [only, another] = containers;
  if (name === '' && only !== undefined && another === undefined) return only;
  const found = all.find((container) => container.name === name);
  if (found !== undefined) return found;
  if (name !== '') throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
  const names = all.map((container) => container.name).join(' ');
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names}]`);
}

/** The container of a session. @throws ApiError 400 also for a pod that is on no node yet */
export function checkContainer(pod: Pod, name = ''): Container {
  const container = chooseContainer(pod, name);
  if (pod.spec?.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return container;
}

export function statusOf({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find((one) => one.name === name);
}

type Data = Readonly<Record<string, string>>;
const plain = (data: Data = {}): Data =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));

/** What a field path of the downward API leads to. */
function fieldAt(pod: Pod, path: string): string {
  const [, of, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (of !== undefined) return pod.metadata[of as 'labels']?.[key ?? ''] ?? '';
  const value = path.split('.').reduce<unknown>((at, field) => (at as Data | undefined)?.[field], pod);
  return typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
}

type Finder = (source: Source) => Data;
interface Source {
  configMap?: { name: string; items?: Item[] };
  secret?: { secretName?: string; name?: string; items?: Item[] };
}
type Item = { key: string; path: string };

/** Answers the data of a ConfigMap or a Secret of a namespace; of one that is not there: nothing. */
function finder(client: LocalClient, namespace: string | undefined): Finder {
  return ({ configMap, secret }) => {
    if (configMap) return client.find(ConfigMap, { name: configMap.name, namespace })?.data ?? {};
    return plain(client.find(Secret, { name: secret?.secretName ?? secret?.name ?? '', namespace })?.data);
  };
}

export function environmentOf(client: LocalClient, pod: Pod, container: Container): Map<string, string> {
  const { name, namespace } = pod.metadata;
  const dataOf = finder(client, namespace);
  const env = new Map([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOSTNAME', name],
    ['KUBERNETES_SERVICE_HOST', '10.96.0.1'],
    ['KUBERNETES_SERVICE_PORT', '443'],
    ['HOME', '/root'],
  ]);
  const { envFrom = [] } = container as {
    envFrom?: { prefix?: string; configMapRef?: { name: string }; secretRef?: { name: string } }[];
  };
  for (const { prefix = '', configMapRef: configMap, secretRef: secret } of envFrom) {
    for (const [key, value] of Object.entries(dataOf({ configMap, secret }))) env.set(`${prefix}${key}`, value);
  }
  for (const { name: variable, value = '', valueFrom } of container.env ?? []) {
    const { configMapKeyRef: configMap, secretKeyRef: secret, fieldRef } = valueFrom ?? {};
    const key = configMap?.key ?? secret?.key;
    const given = value.replace(/\$\(([\w.-]+)\)/g, (whole, other) => env.get(other) ?? whole);
    const found = key ? dataOf({ configMap, secret })[key] : fieldRef ? fieldAt(pod, fieldRef.fieldPath) : given;
    if (found !== undefined) env.set(variable, found);
  }
  return env;
}

/** Absolute path → content. What the downward API puts into files is not there. */
export function filesOf(client: LocalClient, pod: Pod, container: Container): Map<string, string> {
  const { name, namespace } = pod.metadata;
  const dataOf = finder(client, namespace);
  const files = new Map([
    ['/etc/hostname', `${name}\n`],
    ['/etc/hosts', `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${pod.status?.podIP ?? ''}\t${name}\n`],
    ['/etc/os-release', 'NAME="kube-sim"\nID=kube-sim\nPRETTY_NAME="A simulated container"\n'],
    ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'],
  ]);
  for (const { name: volumeName, mountPath, subPath } of container.volumeMounts ?? []) {
    const volume: (Source & { projected?: { sources?: Source[] } }) | undefined = pod.spec?.volumes?.find(
      (one) => one.name === volumeName,
    );
    for (const source of volume ? [volume, ...(volume.projected?.sources ?? [])] : []) {
      const data = dataOf(source);
      const { items } = source.configMap ?? source.secret ?? {};
      const chosen = items?.map(({ key, path }) => [path, data[key]] as const) ?? Object.entries(data);
      for (const [path, content] of chosen) {
        if (content === undefined || (subPath ?? path) !== path) continue;
        files.set(subPath ? mountPath : `${mountPath.replace(/\/$/, '')}/${path}`, content);
      }
    }
  }
  return files;
}
