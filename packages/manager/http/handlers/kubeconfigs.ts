import {
  createKubeconfig,
  createOwnKubeconfig,
  createSandboxKubeconfig,
  getProjectKubeconfig,
} from '../../app/kubeconfigs.ts';
import { createKubernetesToken } from '../../app/kubernetes-tokens.ts';
import { type Handlers, plain, withBody } from './handler.ts';

export const kubeconfigHandlers: Handlers<
  | 'createKubeconfig'
  | 'createOwnKubeconfig'
  | 'createSandboxKubeconfig'
  | 'getProjectKubeconfig'
  | 'createKubernetesToken'
> = {
  createKubeconfig: withBody(createKubeconfig),
  createOwnKubeconfig: withBody(createOwnKubeconfig),
  createSandboxKubeconfig: withBody(createSandboxKubeconfig),
  getProjectKubeconfig: plain(getProjectKubeconfig),
  createKubernetesToken: withBody(createKubernetesToken),
};
