/** Which container of a pod is meant, and what it sees: its environment, and files that ConfigMaps and Secrets put there. */
import { ConfigMap, Secret } from '@kubenova/kube/kinds/core.ts';
import type { Container, ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import { badRequest } from '../api/api-error.ts';
import type { LocalClient } from '../api/local-client.ts';

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
  const value = path
    .split('.')
    .reduce<unknown>((at, field) => (at as Record<string, unknown> | undefined)?.[field], pod);
  return typeof value === 'object'
    ? Object.entries(value ?? {})
        .map(([name, one]) => `${name}="${one}"`)
        .join('\n')
    : String(value ?? '');
}

export function environmentOf(client: LocalClient, pod: Pod, container: Container): Map<string, string> {
  const { name, namespace } = pod.metadata;
  const configMap = (ref: string) => client.find(ConfigMap, { name: ref, namespace })?.data ?? {};
  const secret = (ref: string) => plain(client.find(Secret, { name: ref, namespace })?.data);
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
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    const data = configMapRef ? configMap(configMapRef.name) : secretRef ? secret(secretRef.name) : {};
    for (const [key, value] of Object.entries(data)) env.set(`${prefix}${key}`, value);
  }
  for (const { name: variable, value = '', valueFrom } of container.env ?? []) {
    const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom ?? {};
    const found = configMapKeyRef
      ? configMap(configMapKeyRef.name)[configMapKeyRef.key]
      : secretKeyRef
        ? secret(secretKeyRef.name)[secretKeyRef.key]
        : fieldRef
          ? fieldAt(pod, fieldRef.fieldPath)
          : value.replace(/\$\(([\w.-]+)\)/g, (whole, other) => env.get(other) ?? whole);
    if (found !== undefined) env.set(variable, found);
  }
  return env;
}

interface Source {
  configMap?: { name: string; items?: { key: string; path: string }[] };
  secret?: { secretName?: string; name?: string; items?: { key: string; path: string }[] };
  downwardAPI?: { items?: { path: string; fieldRef?: { fieldPath: string } }[] };
}

/** Absolute path → content. */
export function filesOf(client: LocalClient, pod: Pod, container: Container): Map<string, string> {
  const { name, namespace } = pod.metadata;
  const files = new Map([
    ['/etc/hostname', `${name}\n`],
    ['/etc/hosts', `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${pod.status?.podIP ?? ''}\t${name}\n`],
    ['/etc/os-release', 'NAME="kube-sim"\nID=kube-sim\nPRETTY_NAME="A simulated container"\n'],
    ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'],
  ]);
  for (const { name: volumeName, mountPath, subPath } of container.volumeMounts ?? []) {
    const volume = (pod.spec?.volumes ?? []).find((one) => one.name === volumeName) as
      | (Source & { projected?: { sources?: Source[] } })
      | undefined;
    for (const { configMap, secret, downwardAPI } of volume ? [volume, ...(volume.projected?.sources ?? [])] : []) {
      const ref = configMap?.name ?? secret?.secretName ?? secret?.name ?? '';
      const data = configMap
        ? (client.find(ConfigMap, { name: ref, namespace })?.data ?? {})
        : secret
          ? plain(client.find(Secret, { name: ref, namespace })?.data)
          : {};
      const { items } = configMap ?? secret ?? {};
      const chosen = items?.map(({ key, path }) => [path, data[key]] as const) ?? Object.entries(data);
      const fields = downwardAPI?.items?.map(
        ({ path, fieldRef }) => [path, fieldAt(pod, fieldRef?.fieldPath ?? '')] as const,
      );
      for (const [path, content] of [...chosen, ...(fields ?? [])]) {
        if (content === undefined) continue;
        if (subPath === undefined) files.set(`${mountPath.replace(/\/$/, '')}/${path}`, content);
        else if (subPath === path) files.set(mountPath, content);
      }
    }
  }
  return files;
}
