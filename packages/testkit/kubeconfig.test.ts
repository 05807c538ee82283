import { type KubeConnection, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { describe, expect, it } from 'vitest';
import { createAuthority } from './certificates.ts';
import { kubeconfig } from './kubeconfig.ts';

describe('a kubeconfig', () => {
  it('is read back as the connection that it was written from', async () => {
    const authority = await createAuthority('ca');
    const server = 'https://127.0.0.1:6443';
    const certificate = { kind: 'certificate', ...(await authority.issue({ commonName: 'ann' })) } as const;
    const connections: KubeConnection[] = [
      { server, ca: authority.cert, credential: { kind: 'token', token: 't' }, tlsServerName: 'api', namespace: 'n' },
      { server, ca: authority.cert, credential: certificate },
      { server, credential: { kind: 'token', token: 't' } },
    ];
    for (const connection of connections) expect(parseKubeconfig(kubeconfig('zone-a', connection))).toEqual(connection);
  });
});
