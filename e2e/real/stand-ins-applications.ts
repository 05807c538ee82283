/** Applications for the tests of KubeVela and capsule-proxy, and what to wait for. */
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { Person, ReadObject } from './stand-ins-scene.ts';

interface AppOptions {
  namespace?: string;
  version?: string;
  annotations?: Record<string, string>;
  /** Policies and a workflow. */
  spec?: Record<string, unknown>;
}

export function application(name: string, components: object[], options: AppOptions = {}): object {
  const { namespace = 'acme-shop', version = 'r1', annotations, spec } = options;
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels: { 'kubenova.io/managed-by': 'vela' },
      annotations: {
        'app.oam.dev/publishVersion': version,
        ...(annotations ?? { 'app.oam.dev/service-account-name': 'kubenova-deployer' }),
      },
    },
    spec: { components, ...spec },
  };
}

export const webservice = (replicas: number, ...traits: object[]) => ({
  name: 'web',
  type: 'webservice',
  properties: { image: 'web:1', ports: [{ port: 9898 }] },
  traits: [{ type: 'scaler', properties: { replicas } }, ...traits],
});

export const gateway = { type: 'gateway', properties: { domain: 'shop.test', classInSpec: true, http: { '/': 9898 } } };

export const objects = (...list: object[]) => ({ name: 'objects', type: 'k8s-objects', properties: { objects: list } });

export const configMap = (name: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { k: 'v' },
});

export const runs = (version: string) => (status: ReadObject) =>
  status.status === 'running' && status.workflow?.appRevision === version && status.workflow.finished;

/** `wait suspending`, for each step. */
export const phasesOf = (status: ReadObject): string[] =>
  (status.workflow?.steps ?? []).map(({ name, phase }: ReadObject) => `${name} ${phase}`);

export const stepOf = (status: ReadObject) => status.workflow?.steps?.[0] ?? {};

/** What `vela workflow resume` and `terminate` write into a status. */
export function operated(workflow: ReadObject, operation: 'resume' | 'terminate'): object {
  const ended = operation === 'terminate';
  const change = ended ? { phase: 'failed', reason: 'Terminate' } : { phase: 'running' };
  const steps = workflow.steps.map((step: ReadObject) => (step.phase === 'suspending' ? { ...step, ...change } : step));
  return { status: { workflow: { ...workflow, suspend: false, steps, ...(ended && { terminated: true }) } } };
}

/** Looks at a cluster with one person's eyes. */
export function lookingAs(person: Person) {
  const read = (kind: string, name: string, namespace = 'acme-shop') =>
    person.read(kind, name, `--namespace=${namespace}`);

  async function names(kind: string, ...words: string[]): Promise<string[]> {
    const { items } = await person.read(kind, ...words);
    return items.map((item: ReadObject) => item.metadata.name).sort();
  }

  /** Waits until an Application's status is as wanted. */
  function until(name: string, what: string, test: (status: ReadObject) => boolean, namespace = 'acme-shop') {
    return waitFor({
      what: `Application ${name} to be ${what}`,
      timeoutMs: 90_000,
      everyMs: 200,
      async look() {
        const status = (await read('application', name, namespace)).status ?? {};
        if (test(status)) return status;
        throw new Error(JSON.stringify(status));
      },
    });
  }

  function gone(kind: string, name: string, namespace = 'acme-shop') {
    return waitFor({
      what: `${kind} ${name} to be gone`,
      timeoutMs: 60_000,
      everyMs: 200,
      look: async () => (await names(kind, `--namespace=${namespace}`)).includes(name) === false || undefined,
    });
  }

  return { read, names, until, gone };
}
