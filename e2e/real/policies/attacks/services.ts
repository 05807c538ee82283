/** Services and Ingresses: how a tenant is reached, and under which names. */
import type { Attack, Fields } from './attack.ts';

const ingress = (spec: Fields, annotations: Record<string, string> = {}): Fields => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'try', annotations },
  spec,
});
const backend = { service: { name: 'web', port: { number: 80 } } };
const route = (host: string | undefined): Fields => ({
  ...(host !== undefined && { host }),
  http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
});
const service = (spec: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'try' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});

export const serviceAttacks: readonly Attack[] = [
  {
    type: 'service-types',
    parameters: {},
    objects: {
      allowed: [
        ['inside', service({})],
        ['headless', service({ clusterIP: 'None' })],
      ],
      refused: [
        ['a port of every node', service({ type: 'NodePort' }), 'type NodePort is not allowed. Allowed: ClusterIP'],
        ['a load balancer', service({ type: 'LoadBalancer' }), 'Allowed: ClusterIP'],
        ['a name elsewhere', service({ type: 'ExternalName', externalName: 'evil.example.com' }), 'Allowed: ClusterIP'],
        ['addresses of others', service({ externalIPs: ['203.0.113.7'] }), 'externalIPs is not allowed'],
      ],
    },
  },
  {
    type: 'ingress-hosts',
    parameters: { hosts: ['*.acme.example.com', 'acme.example.com'] },
    objects: {
      allowed: [
        ['the host', ingress({ rules: [route('acme.example.com')] })],
        [
          'below it, with tls',
          ingress({ rules: [route('a.acme.example.com')], tls: [{ hosts: ['a.acme.example.com'], secretName: 's' }] }),
        ],
        ['deeper', ingress({ rules: [route('a.b.acme.example.com')] })],
        ['a wildcard below', ingress({ rules: [route('*.b.acme.example.com')] })],
      ],
      refused: [
        [
          'another host',
          ingress({ rules: [route('evil.example.com')] }),
          'Allowed hosts: *.acme.example.com, acme.example.com',
        ],
        ['one that ends alike', ingress({ rules: [route('evilacme.example.com')] }), 'may not serve evilacme'],
        [
          'a second rule',
          ingress({ rules: [route('acme.example.com'), route('evil.example.com')] }),
          'evil.example.com',
        ],
        ['every host', ingress({ rules: [route(undefined)] }), 'a rule without a host'],
        ['what nobody else serves', ingress({ defaultBackend: backend }), 'a default backend'],
        [
          'that beside a rule',
          ingress({ rules: [route('acme.example.com')], defaultBackend: backend }),
          'a default backend',
        ],
        [
          'by tls',
          ingress({ rules: [route('acme.example.com')], tls: [{ hosts: ['evil.example.com'], secretName: 's' }] }),
          'evil.example.com',
        ],
        ['a wildcard above', ingress({ rules: [route('*.example.com')] }), 'may not serve'],
        [
          'by an alias of the controller',
          ingress(
            { rules: [route('acme.example.com')] },
            { 'nginx.ingress.kubernetes.io/server-alias': 'a.acme.example.com, evil.example.com' },
          ),
          'evil.example.com',
        ],
      ],
    },
  },
  {
    type: 'ingress-classes',
    parameters: { classes: ['public'] },
    objects: {
      allowed: [
        ['the class', ingress({ ingressClassName: 'public', rules: [route('a.example.com')] })],
        [
          'as it was written before',
          ingress({ rules: [route('a.example.com')] }, { 'kubernetes.io/ingress.class': 'public' }),
        ],
      ],
      refused: [
        ['another', ingress({ ingressClassName: 'internal', rules: [route('a.example.com')] }), 'Allowed: public'],
        ['none', ingress({ rules: [route('a.example.com')] }), 'needs a class'],
        [
          'as it was written before',
          ingress({ rules: [route('a.example.com')] }, { 'kubernetes.io/ingress.class': 'internal' }),
          'internal',
        ],
      ],
    },
  },
];
