/** Apps that cannot be delivered, as far as that can be seen without a cluster. */
import { imageSource } from '../world.ts';
import { type BadInput, badInputOf, shop, uuidLike } from './operation.ts';

const yaml = (text: string) => ({ name: 'a', source: { kind: 'kubeManifest', kubeManifest: { yaml: text } } });

export const badApps: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: `${shop}/apps` }, [
    {
      reason: 'an app that looks like an id',
      body: { name: uuidLike, source: imageSource('1') },
      pointer: '/name',
      says: /UUID/,
    },
    {
      reason: 'an unknown kind of source',
      body: { name: 'a', source: { kind: 'zip' } },
      pointer: '/source/kind',
      says: /must be one of: containerImage/,
    },
    {
      reason: 'a kind that cannot be deployed yet',
      body: { name: 'a', source: { kind: 'gitRepo', gitRepo: { url: 'https://x', revision: 'main' } } },
      pointer: '/source/kind',
      says: /cannot be deployed yet/,
    },
    {
      reason: 'a tag and a digest',
      body: {
        name: 'a',
        source: {
          kind: 'containerImage',
          containerImage: { image: 'x', tag: '1', digest: `sha256:${'0'.repeat(64)}` },
        },
      },
      says: /tag/,
    },
    { reason: 'YAML that does not parse', body: yaml('a: [b'), pointer: '/source/kubeManifest/yaml', says: /YAML/ },
    {
      reason: 'a cluster-scoped object',
      body: yaml('apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}'),
      pointer: '/source/kubeManifest/yaml',
      says: /ClusterRoleBinding/,
    },
    {
      reason: 'an object in another namespace',
      body: yaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-system}'),
      pointer: '/source/kubeManifest/yaml',
      says: /kube-system|own namespace/,
    },
  ]),
];
