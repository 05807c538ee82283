import { allowedShown, allowedVariable, resources, sameSpec } from './admission-rule.ts';
import { allowedList, innermost, outermost } from './allowed-list.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'ingress-hosts';
/** By which ingress-nginx serves further hosts. */
const ALIAS = 'nginx.ingress.kubernetes.io/server-alias';

export type IngressHosts = {
  /** `shop.example.com`, or `*.example.com` for every host below. */
  hosts: string[];
};

const covers = (outer: string, inner: string): boolean => outer.startsWith('*.') && inner.endsWith(outer.slice(1));

const isAllowed = (host: string): string =>
  `variables.allowed.exists(p, p.startsWith('*.') ? ${host}.endsWith(p.substring(1)) : ${host} == p)`;
const aliasesOf = (object: string): string => `${object}.metadata.?annotations[?'${ALIAS}'].orValue('')`;

/**
 * Capsule's `allowedHostnames` looks at the hosts of rules only: an Ingress with nothing but a default backend takes all
 * that no other wants, and one names foreign hosts under `tls` (tried on 0.14).
 */
export const ingressHosts = catalogued<IngressHosts>({
  type,
  title: 'Ingress hosts',
  description:
    'Ingresses serve these hosts only: in their rules, under tls, and in the aliases of ingress-nginx. An Ingress that serves whatever nobody else does (a rule without a host, a default backend) is refused. A pattern *.example.com stands for every host below example.com, of any depth. Snippets and other annotations of ingress controllers can serve more; the controller has to forbid them.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['hosts'],
    properties: {
      hosts: {
        title: 'Hosts and patterns',
        type: 'array',
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        items: {
          type: 'string',
          maxLength: 253,
          pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
        },
      },
    },
  },
  example: { hosts: ['*.acme.example.com', 'acme.example.com'] },
  strictest: (a, b) => ({ hosts: innermost(a.hosts, b.hosts, covers) }),
  effect: ({ hosts }) => ({ annotations: { [annotationOf(type)]: allowedList(outermost(hosts, covers)) } }),
  admission: {
    resourceRules: [resources('networking.k8s.io', ['ingresses'])],
    variables: [
      allowedVariable,
      {
        name: 'refused',
        expression:
          `object.spec.?rules.orValue([]).filter(r, !(${isAllowed("r.?host.orValue('')")}))` +
          ".map(r, r.?host.orValue('') == '' ? 'a rule without a host' : r.host) + " +
          `object.spec.?tls.orValue([]).filter(t, size(t.?hosts.orValue([])) == 0 || !t.hosts.all(h, ${isAllowed('h')}))` +
          ".map(t, size(t.?hosts.orValue([])) == 0 ? 'tls without hosts' : t.hosts.join(', ')) + " +
          `${aliasesOf('object')}.split(',').map(a, a.trim()).filter(a, a != '' && !(${isAllowed('a')})) + ` +
          "(has(object.spec.defaultBackend) ? ['a default backend'] : [])",
      },
    ],
    unconcerned: `${sameSpec} && ` + `${aliasesOf('object')} == ${aliasesOf('oldObject')}`,
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression: `'The Ingress may not serve ' + variables.refused.join(', ') + '. Allowed hosts: ' + ${allowedShown} + '.'`,
        message: 'The Ingress serves a host that is not allowed.',
      },
    ],
  },
});
