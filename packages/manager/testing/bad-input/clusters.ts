/** Clusters that cannot be registered: most of it is what the kubeconfig must be, since it is used unseen later. */
import { clusterBody, kubeconfigBase64 } from '../world.ts';
import { type BadInput, badInputOf, uuidLike } from './operation.ts';

const register = (change: object) => ({ ...clusterBody('south'), ...change });

export const badClusters: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/clusters' }, [
    { reason: 'a zone that looks like an id', body: register({ zone: uuidLike }), pointer: '/zone', says: /UUID/ },
    {
      reason: 'a second cluster of a name',
      body: register({ name: 'north' }),
      status: 409,
      says: /cluster named north exists already/,
    },
    {
      reason: 'a second cluster for a zone',
      body: register({ zone: 'zone-north' }),
      status: 409,
      says: /Zone zone-north has a cluster already: north/,
    },
    {
      reason: 'a kubeconfig that is not base64',
      body: register({ kubeconfig: 'apiVersion: v1' }),
      pointer: '/kubeconfig',
      says: /base64/,
    },
    {
      reason: 'a kubeconfig that is no kubeconfig',
      body: register({ kubeconfig: Buffer.from('hello').toString('base64') }),
      pointer: '/kubeconfig',
      says: /kubeconfig/,
    },
    {
      reason: 'a kubeconfig of bytes',
      body: register({ kubeconfig: Buffer.from([255, 254, 0]).toString('base64') }),
      pointer: '/kubeconfig',
      says: /base64 of a text/,
    },
    {
      reason: 'a kubeconfig without TLS',
      body: register({ kubeconfig: kubeconfigBase64({ server: 'http://x:8080' }) }),
      pointer: '/kubeconfig',
      says: /https/,
    },
    {
      reason: 'a kubeconfig without a server',
      body: register({ kubeconfig: kubeconfigBase64({ server: '' }) }),
      pointer: '/kubeconfig',
      says: /server/,
    },
    {
      reason: 'a proxy without TLS',
      body: register({ capsuleProxyUrl: 'http://proxy' }),
      pointer: '/capsuleProxyUrl',
      says: /https:\/\//,
    },
    {
      reason: 'a CA that is not PEM',
      body: register({ capsuleProxyCa: 'MIIB' }),
      pointer: '/capsuleProxyCa',
      says: /PEM/,
    },
    {
      reason: 'a cluster into which people get in no known way',
      body: register({ auth: 'certificates' }),
      pointer: '/auth',
      says: /oidc, serviceAccount/,
    },
  ]),
  ...badInputOf({ method: 'PATCH', path: '/api/v1/clusters/north' }, [
    { reason: 'a change of nothing', body: {}, pointer: '', says: /at least 1 field/ },
  ]),
];
