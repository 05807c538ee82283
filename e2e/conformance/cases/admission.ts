/** Webhooks, the plugins that every pod meets, and the product's own policies. */
import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import { expect } from 'vitest';
import { application } from '../../real/stand-ins-applications.ts';
import { type Body, casesOf, type PersonName, type Scope } from '../case.ts';
import {
  configMap,
  configMaps,
  del,
  deployment,
  deployments,
  patch,
  pod,
  pods,
  post,
  put,
  secrets,
  told,
} from '../requests.ts';
import { startWebhook } from '../webhook-server.ts';

const api = '/apis/admissionregistration.k8s.io/v1';

/** Only in the case's own namespace, whose name its label repeats. */
const here = (s: Scope) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': s.ns } } });
const probe = post(`${configMaps}?dryRun=All`, configMap('probe'));
const denied = ({ code }: { code: number }) => code === 422 || code === 403;
const masters = (user: string): PersonName => ({ user, groups: ['system:masters'] });
const accountOf = (namespace: string, name: string) => `system:serviceaccount:${namespace}:${name}`;

/** The product's policies, under names of the case's own and for its namespace only. */
async function ownPolicies(s: Scope): Promise<void> {
  for (const { apiVersion: _, metadata, spec, kind } of admissionPolicies()) {
    const plural =
      kind === 'ValidatingAdmissionPolicy' ? 'validatingadmissionpolicies' : 'validatingadmissionpolicybindings';
    const name = `${s.unique}-${metadata.name}`;
    const own =
      kind === 'ValidatingAdmissionPolicy' ? spec : { ...(spec as Body), policyName: name, matchResources: here(s) };
    s.keep(`${api}/${plural}/${name}`);
    await s.do(post(`${api}/${plural}`, { metadata: { name }, spec: own }));
  }
  const labelled = configMap('probe', {}, { labels: { 'kubenova.io/managed-by': 'vela' } });
  const tokenSecret = {
    metadata: { name: 'probe', annotations: { 'kubernetes.io/service-account.name': 'kubenova-deployer' } },
    type: 'kubernetes.io/service-account-token',
  };
  const requests = [
    post(`${configMaps}?dryRun=All`, labelled),
    post(`${secrets}?dryRun=All`, tokenSecret),
    post(`${applications}?dryRun=All`, application('probe', [], { namespace: s.ns })),
  ];
  await s.until('the policies to be in force', async () => {
    const answers = await Promise.all(requests.map((request) => s.send(request)));
    return answers.every(denied);
  });
}

const applications = '/apis/core.oam.dev/v1beta1/namespaces/{ns}/applications';
const agent = masters('system:serviceaccount:kubenova-system:kubenova-agent');
export const admissionCases = casesOf('admission', {
  'webhook-validates': [
    'a validating webhook is asked, and its refusal told',
    { needs: ['loopback'] },
    async (s) => {
      const webhook = await startWebhook(({ object }) =>
        object?.metadata.name === 'good'
          ? { allowed: true, warnings: ['but so so'] }
          : { allowed: false, status: { message: 'not good', code: 418 } },
      );
      await hook(s, 'validatingwebhookconfigurations', webhook.clientConfig, {});
      await s.until('the webhook to be asked', async () => !(await s.send(probe)).body.metadata?.uid);
      const refused = await s.send(post(configMaps, configMap('bad')));
      const good = await s.send(post(configMaps, configMap('good', { a: '1' })));
      await webhook.close();
      s.golden({ refused: told(refused), warnings: good.warnings });
      const asked = webhook.requests.at(-1);
      expect(asked).toMatchObject({
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { kind: 'ConfigMap' },
        name: 'good',
        namespace: s.ns,
        operation: 'CREATE',
        userInfo: { groups: expect.arrayContaining(['system:masters']) },
        object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'good', namespace: s.ns }, data: { a: '1' } },
        oldObject: null,
        dryRun: false,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
      });
    },
  ],
  'webhook-mutates': [
    'a mutating webhook changes the object, which is validated after it',
    { needs: ['loopback'] },
    async (s) => {
      const change = [{ op: 'add', path: '/metadata/labels', value: { touched: 'yes' } }];
      const webhook = await startWebhook(({ operation }) => ({
        allowed: true,
        ...(operation === 'CREATE' && {
          patchType: 'JSONPatch',
          patch: Buffer.from(JSON.stringify(change)).toString('base64'),
        }),
      }));
      await hook(s, 'mutatingwebhookconfigurations', webhook.clientConfig, {});
      await s.until('the webhook to be asked', async () => (await s.send(probe)).body.metadata.labels?.touched);
      const made = await s.do(post(configMaps, configMap('one')));
      await webhook.close();
      expect(made.metadata.labels).toEqual({ touched: 'yes' });
    },
  ],
  'webhook-down': [
    'a webhook that does not answer refuses, or is passed over, as its failure policy says',
    { needs: ['loopback'] },
    async (s) => {
      const clientConfig = { url: 'https://127.0.0.1:1/' };
      await hook(s, 'validatingwebhookconfigurations', clientConfig, { failurePolicy: 'Fail' });
      await s.until('the webhook to be asked', async () => (await s.send(probe)).code === 500);
      s.golden(told(await s.send(probe)));
      await s.do(
        patch('json', `${api}/validatingwebhookconfigurations/{u}`, [
          { op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' },
        ]),
      );
      await s.until('it to be passed over', async () => (await s.send(probe)).code === 201);
    },
  ],
  'default-account': [
    'a pod runs as the default account, with its token mounted',
    async (s) => {
      const made = await s.do(post(`${pods}?dryRun=All`, pod('p')));
      expect(made.spec.serviceAccountName).toBe('default');
      expect(made.spec.containers[0].volumeMounts[0].mountPath).toBe('/var/run/secrets/kubernetes.io/serviceaccount');
      const without = await s.do(post(`${pods}?dryRun=All`, pod('p', { automountServiceAccountToken: false })));
      expect(without.spec.volumes).toBeUndefined();
    },
  ],
  'default-tolerations': [
    'a pod bears a lost node for five minutes',
    async (s) => {
      const { spec } = await s.do(post(`${pods}?dryRun=All`, pod('p')));
      expect(spec.tolerations).toEqual(
        ['not-ready', 'unreachable'].map((key) => ({
          key: `node.kubernetes.io/${key}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        })),
      );
    },
  ],
  'node-selector-of-namespace': [
    'a namespace’s node selector holds for its pods',
    async (s) => {
      await s.do(
        patch('merge', '/api/v1/namespaces/{ns}', {
          metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': 'zone=a' } },
        }),
      );
      await s.until(
        'the selector to act',
        async () => (await s.do(post(`${pods}?dryRun=All`, pod('p')))).spec.nodeSelector?.zone === 'a',
      );
      s.golden(told(await s.send(post(`${pods}?dryRun=All`, pod('p', { nodeSelector: { zone: 'b' } })))));
    },
  ],
  'priority-class': [
    'a pod’s priority class must be there',
    async (s) => {
      s.golden(told(await s.send(post(pods, pod('p', { priorityClassName: 'nobody' })))));
      expect(
        (await s.do(post(`${pods}?dryRun=All`, pod('p', { priorityClassName: 'system-node-critical' })))).spec.priority,
      ).toBe(2_000_001_000);
    },
  ],
  'own-applications': [
    'the product’s policies: an Application is the Agent’s, acts as the deployer, and is in no sandbox',
    { needs: ['kubevela'] },
    async (s) => {
      await ownPolicies(s);
      const unlabelled = (annotations: Record<string, string>) => ({
        ...(application('a', [], { namespace: s.ns, annotations }) as Body),
        metadata: { name: 'a', annotations },
      });
      const account = { 'app.oam.dev/service-account-name': 'kubenova-deployer' };
      const make = (as: PersonName | undefined, annotations: Record<string, string>) =>
        post(`${applications}?dryRun=All`, unlabelled(annotations), { ...(as && { as }) });
      expect((await s.send(make(agent, account))).code).toBe(201);
      const answers = [
        told(await s.send(make(undefined, account))),
        told(await s.send(make(masters(accountOf(s.ns, 'kubenova-deployer')), account))),
        told(await s.send(make(agent, {}))),
        told(await s.send(make(agent, { ...account, 'app.oam.dev/group': 'system:masters' }))),
        told(await s.send(make(agent, { ...account, 'app.oam.dev/username': '' }))),
      ];
      // Nobody but the Manager makes a sandbox of it.
      const sandbox = { metadata: { labels: { 'kubenova.io/sandbox': 'true' } } };
      expect(denied(await s.send(patch('merge', '/api/v1/namespaces/{ns}', sandbox)))).toBe(true);
      const manager = masters(accountOf('kubenova-system', 'kubenova-manager'));
      await s.do(patch('merge', '/api/v1/namespaces/{ns}', sandbox, { as: manager }));
      const misplaced = await s.until('the sandbox to be known', async () => {
        const answer = await s.send(make(agent, account));
        return denied(answer) && answer;
      });
      s.golden([...answers, told(misplaced)]);
    },
  ],
  'own-delivered': [
    'the product’s policies: what KubeVela made is changed by the App’s account and the machinery only',
    { needs: ['kubevela'] },
    async (s) => {
      const labels = { 'kubenova.io/managed-by': 'vela' };
      await s.do(post(deployments, deployment('d', 0, { paused: true }, { labels })));
      await ownPolicies(s);
      const touch = (user?: string, groups = ['system:masters']) =>
        s.send(
          patch(
            'merge',
            `${deployments}/d?dryRun=All`,
            { metadata: { annotations: { a: 'b' } } },
            user === undefined ? {} : { as: { user, groups } },
          ),
        );
      s.golden([
        told(await touch()),
        told(await s.send(del(`${deployments}/d?dryRun=All`))),
        told(
          await s.send(
            patch('merge', `${deployments}/d?dryRun=All`, { metadata: { labels: { 'kubenova.io/managed-by': null } } }),
          ),
        ),
      ]);
      for (const user of [
        accountOf(s.ns, 'kubenova-deployer'),
        accountOf('vela-system', 'kubevela-vela-core'),
        accountOf('kube-system', 'deployment-controller'),
        'system:kube-scheduler',
      ]) {
        expect((await touch(user)).code, user).toBe(200);
      }
      expect((await touch('system:node:n', ['system:masters', 'system:nodes'])).code).toBe(200);
      expect((await touch(accountOf('elsewhere', 'kubenova-deployer'))).code).toBe(422);
    },
  ],
  'own-scale-and-deployer': [
    'the product’s policies: no scaling by hand in an App, and nobody runs as the deployer or has its token',
    { needs: ['kubevela'] },
    async (s) => {
      await s.do(post('/api/v1/namespaces/{ns}/serviceaccounts', { metadata: { name: 'kubenova-deployer' } }));
      await s.do(post(deployments, deployment('d', 0, { paused: true })));
      await s.do(patch('merge', '/api/v1/namespaces/{ns}', { metadata: { labels: { 'kubenova.io/app-id': 'x' } } }));
      await ownPolicies(s);
      const scale = (user?: string) =>
        s.send(
          patch(
            'merge',
            `${deployments}/d/scale?dryRun=All`,
            { spec: { replicas: 2 } },
            user === undefined ? {} : { as: masters(user) },
          ),
        );
      s.golden([
        told(await scale()),
        told(await s.send(post(`${pods}?dryRun=All`, pod('p', { serviceAccountName: 'kubenova-deployer' })))),
        told(await s.send(post('/api/v1/namespaces/{ns}/serviceaccounts/kubenova-deployer/token', { spec: {} }))),
      ]);
      expect((await scale(accountOf('kube-system', 'horizontal-pod-autoscaler'))).code).toBe(200);
      expect((await s.send(post(`${pods}?dryRun=All`, pod('p')))).code).toBe(201);
      expect((await s.send(post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', { spec: {} }))).code).toBe(
        201,
      );
      expect((await s.send(put(`${configMaps}/kube-root-ca.crt?dryRun=All`, configMap('kube-root-ca.crt')))).code).toBe(
        200,
      );
    },
  ],
});

async function hook(s: Scope, plural: string, clientConfig: object, more: object): Promise<void> {
  s.keep(`${api}/${plural}/{u}`);
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }];
  const webhook = {
    name: 'hook.example.com',
    clientConfig,
    rules,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...here(s),
    ...more,
  };
  await s.do(post(`${api}/${plural}`, { metadata: { name: '{u}' }, webhooks: [webhook] }));
}
