/** Users as the API server sees them. An impersonated account is the account and not the impersonator. */
import { AGENT_ACCOUNT, MANAGER_ACCOUNT, SYSTEM_NAMESPACE, serviceAccountUser, VELA_NAMESPACE } from '../names.ts';

/** KubeVela's controller, as the official chart names it. */
export const VELA_CORE_USER: string = serviceAccountUser(VELA_NAMESPACE, 'kubevela-vela-core');
export const AGENT_USER: string = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);
export const MANAGER_USER: string = serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT);

/** An account of Kubernetes' own controllers. */
export function kubeSystemUser(account: string): string {
  return serviceAccountUser('kube-system', account);
}
