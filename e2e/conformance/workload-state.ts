/** What cases of workloads wait for. */
import type { Body, Scope } from './case.ts';
import { deployments, get, pods } from './requests.ts';

export const apps = (plural: string) => `/apis/apps/v1/namespaces/{ns}/${plural}`;
export const batch = (plural: string) => `/apis/batch/v1/namespaces/{ns}/${plural}`;
export const d = `${deployments}/d`;

export const settled = (s: Scope, path: string, replicas: number) =>
  s.until(`${path} to be available`, async () => {
    const { metadata, spec, status } = await s.do(get(path));
    const seen = status?.observedGeneration === metadata.generation && spec.replicas === replicas;
    const ready = (status?.readyReplicas ?? 0) === replicas && (status?.replicas ?? 0) === replicas;
    return seen && ready && (status.updatedReplicas ?? 0) === replicas ? { metadata, spec, status } : undefined;
  });

export const running = (s: Scope, name: string) =>
  s.until(`${name} to run`, async () => {
    const read = await s.do(get(`${pods}/${name}`));
    return read.status.phase === 'Running' && read.status.containerStatuses?.every(({ ready }: Body) => ready)
      ? read
      : undefined;
  });

export const condition = (of: Body, wanted: string) => of.status.conditions?.find(({ type }: Body) => type === wanted);
export const gone = (s: Scope, path: string) =>
  s.until(`${path} to be gone`, async () => (await s.send(get(path))).code === 404);
export const podsOf = async (s: Scope, app: string): Promise<Body[]> =>
  (await s.do(get(`${pods}?labelSelector=app%3D${app}`))).items;
