import type { KubeObject } from '@kubenova/kube/object.ts';
import { installDefinitions, readManifests } from '@kubenova/testkit/definitions.ts';
import { administrators, serviceAccountKubeconfig, usersGroup, webhooksAnswer } from './capsule.ts';
import { standInManifests, standInProgram } from './component-programs.ts';
import type { StackContext } from './context.ts';

/**
 * Starts the stand-in for Capsule instead of Capsule, with the identity, the address and the
 * configuration that the true one would have, and resolves when its webhooks stand before the
 * namespaces.
 */
export async function startCapsuleStandIn(context: StackContext): Promise<void> {
  const { apply, pki, ports, supervisor } = context;
  const manifests = readManifests(standInManifests('capsule'));
  const of = (...kinds: string[]) => manifests.filter(({ kind }) => kinds.includes(kind));
  await Promise.all([installDefinitions(context, of('CustomResourceDefinition')), apply(of('Namespace'))]);
  await apply(of('ServiceAccount', 'ClusterRoleBinding'));
  const users = [{ kind: 'Group', name: usersGroup }];
  const configuration = ({ spec, ...rest }: KubeObject): KubeObject => ({
    ...rest,
    spec: { ...(spec as object), users, administrators },
  });
  await apply(of('CapsuleConfiguration').map(configuration));
  const { certFile, keyFile } = await pki.server('capsule-webhook');
  const program = await supervisor.start({
    name: 'capsule',
    command: process.execPath,
    arguments: [
      standInProgram('capsule'),
      '--kubeconfig',
      await serviceAccountKubeconfig(context),
      '--listen',
      `127.0.0.1:${ports.capsuleWebhook}`,
      '--tls-cert',
      certFile,
      '--tls-key',
      keyFile,
      '--ca',
      pki.caFile,
    ],
  });
  await webhooksAnswer(context, program);
}
