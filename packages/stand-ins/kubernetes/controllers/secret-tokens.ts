/** Fills Secrets of the type `kubernetes.io/service-account-token`, as kube-controller-manager's tokens-controller does. */
import { Secret, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Controller } from './controller.ts';
import { keyOf, refOf } from './owned.ts';

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
      if (storage === 'secrets') return entry.object.type === TYPE ? [keyOf(entry)] : [];
      // An account that is gone takes its tokens with it; one that has come was waited for.
      if (type === 'MODIFIED') return [];
      return client
        .list(Secret, entry.namespace)
        .filter((secret) => secret.type === TYPE && secret.metadata.annotations?.[ACCOUNT] === entry.name)
        .map(({ metadata }) => keyOf(metadata));
    },
    async reconcile(key, { client }) {
      const ref = refOf(key);
      const secret = client.find(Secret, ref);
      if (secret?.type !== TYPE) return;
      const { annotations = {}, uid, resourceVersion } = secret.metadata;
      const account = client.find(ServiceAccount, { ...ref, name: annotations[ACCOUNT] ?? '' });
      const known = annotations[ACCOUNT_UID] ?? account?.metadata.uid;
      if (account === undefined || known !== account.metadata.uid) return client.delete(Secret, ref, { uid });
      if (secret.data?.token) return;
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      const token = base64(await sign(account, ref.name));
      await client.patch(Secret, ref, {
        metadata: { resourceVersion, annotations: { [ACCOUNT_UID]: known } },
        data: { namespace: base64(ref.namespace), token, 'ca.crt': base64(rootCa ?? '') },
      });
    },
  };
}
