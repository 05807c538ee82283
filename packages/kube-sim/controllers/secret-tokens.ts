/** Fills Secrets of the type `kubernetes.io/service-account-token`, as kube-controller-manager's tokens-controller does. */
import { Secret, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Controller } from './controller.ts';

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/**
 * @param sign makes the token of an account that lies in a Secret of this name
 * @param rootCa PEM that goes along as `ca.crt`
 */
export function secretTokens(
  sign: (account: KubeObject, secret: string) => Promise<string>,
  rootCa: string | undefined,
): Controller {
  return {
    name: 'token-controller',
    watches: ['secrets', 'serviceaccounts'],
    keysOf({ storage, entry, type }, { client }) {
      if (storage === 'secrets') return entry.object.type === TYPE ? [`${entry.namespace}/${entry.name}`] : [];
      // An account that is gone takes its tokens with it; one that has come was waited for.
      if (type === 'MODIFIED') return [];
      return client
        .list(Secret, entry.namespace)
        .filter((secret) => secret.type === TYPE && secret.metadata.annotations?.[ACCOUNT] === entry.name)
        .map(({ metadata }) => `${entry.namespace}/${metadata.name}`);
    },
    async reconcile(key, { client }) {
      const [namespace = '', name = ''] = key.split('/');
      const secret = client.find(Secret, { namespace, name });
      if (secret?.type !== TYPE) return;
      const { annotations = {}, uid, resourceVersion } = secret.metadata;
      const account = client.find(ServiceAccount, { namespace, name: annotations[ACCOUNT] ?? '' });
      const known = annotations[ACCOUNT_UID];
      if (account === undefined || (known !== undefined && known !== account.metadata.uid)) {
        await client.delete(Secret, { namespace, name }, { uid });
        return;
      }
      if (secret.data?.token) return;
      const data: Record<string, string> = { namespace, token: await sign(account, name), 'ca.crt': rootCa ?? '' };
      const encoded = Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString('base64')]);
      await client.patch(
        Secret,
        { namespace, name },
        {
          metadata: { resourceVersion, annotations: { [ACCOUNT_UID]: account.metadata.uid } },
          data: Object.fromEntries(encoded),
        },
      );
    },
  };
}
