/** The machinery of a cluster: its controllers, and the containers that its kubelets would run. */
import type { Machinery, MachineryHost } from '@kubenova/kube-sim/machinery.ts';
import { type BuiltInControllerOptions, builtInControllers, controllerUser } from './controllers/all.ts';
import { startControllers } from './controllers/run.ts';
import { checkContainer } from './pods/containers.ts';
import { startShell } from './pods/exec.ts';
import { readLogs } from './pods/logs.ts';

export type MachineryOptions = Pick<BuiltInControllerOptions, 'podStartMs' | 'podRunMs' | 'eventsPerNamespace'>;

/** To be given to `startSimCluster`. */
export function kubernetesMachinery(options: MachineryOptions = {}): (host: MachineryHost) => Machinery {
  return (host) => {
    const { clientFor, store, resources, clock, rootCa, signForSecret, onError } = host;
    const controllers = startControllers(
      builtInControllers({ ...options, clientFor, rootCa, signForSecret }),
      (name) => ({ client: clientFor(controllerUser(name)), store, resources, clock }),
      { onError: (name, key, error) => onError(`${name} ${key}`, error) },
    );
    return { ...controllers, checkContainer, readLogs, startShell };
  };
}
