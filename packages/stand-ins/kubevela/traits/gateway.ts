/**
 * `gateway`: an Ingress, and a Service behind it unless `existingServiceName` names one.
 * Its Service has the component's name, and so has the Service of a `webservice` that exposes ports: rendering both
 * makes two objects of one name, in the true program too.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Properties } from '../model/application.ts';
import { label } from '../model/vocabulary.ts';
import type { Draft, RenderContext, TraitType } from '../render/definition.ts';
import { RenderError } from '../render/definition.ts';
import { defined, flag, integer, record, text } from '../render/properties.ts';

export const gateway: TraitType = {
  outputs(properties, context) {
    const suffix = nameSuffix(properties);
    const ingress = ingressOf(properties, context);
    if (text(properties, 'existingServiceName') !== undefined) return { [`ingress${suffix}`]: ingress };
    return { [`ingress${suffix}`]: ingress, [`service${suffix}`]: serviceOf(properties, context) };
  },
  health(outputs, properties, context) {
    const name = context.name + nameSuffix(properties);
    const ingress = outputs.find((object) => object.kind === 'Ingress' && object.metadata.name === name);
    return { healthy: ingress !== undefined, message: message(ingress, context) };
  },
};

function nameSuffix(properties: Properties): string {
  const name = text(properties, 'name');
  return name === undefined ? '' : `-${name}`;
}

function routes(properties: Properties): [string, number][] {
  const http = record(properties, 'http');
  if (!http) throw new RenderError('parameter.http: incomplete value {[string]: int}');
  return Object.keys(http).map((path) => [path, integer(http, path) ?? 0]);
}

function serviceOf(properties: Properties, context: RenderContext): Draft {
  const ports = routes(properties).map(([, port]) => ({ name: `port-${port}`, port, targetPort: port }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: context.name + nameSuffix(properties) },
    spec: { selector: { [label.component]: context.name }, ports },
  };
}

function asTexts(values: Properties | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)]));
}

function ingressOf(properties: Properties, context: RenderContext): Draft {
  const name = context.name + nameSuffix(properties);
  const service = text(properties, 'existingServiceName') ?? name;
  const ingressClass = text(properties, 'class') ?? 'nginx';
  const classInSpec = flag(properties, 'classInSpec');
  const domain = text(properties, 'domain');
  const secretName = text(properties, 'secretName');
  const gatewayHost = text(properties, 'gatewayHost');
  const paths = routes(properties).map(([path, number]) => ({
    path,
    pathType: text(properties, 'pathType') ?? 'ImplementationSpecific',
    backend: { service: { name: service, port: { number } } },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      annotations: {
        ...(classInSpec ? {} : { 'kubernetes.io/ingress.class': ingressClass }),
        ...(gatewayHost === undefined ? {} : { 'ingress.controller/host': gatewayHost }),
        ...asTexts(record(properties, 'annotations')),
      },
      labels: asTexts(record(properties, 'labels')),
    },
    spec: defined({
      ingressClassName: classInSpec ? ingressClass : undefined,
      tls: secretName === undefined ? undefined : [{ hosts: [domain], secretName }],
      rules: [defined({ host: domain, http: { paths } })],
    }),
  };
}

function message(ingress: KubeObject | undefined, context: RenderContext): string {
  if (!ingress) return `No loadBalancer found, visiting by using 'vela port-forward ${context.appName}'\n`;
  const rules = record(ingress, 'spec')?.rules;
  const host: unknown = Array.isArray(rules) ? rules[0]?.host : undefined;
  if (typeof host === 'string') return `Visiting URL: ${host}\n`;
  return 'Host not specified, visit the cluster or load balancer in front of the cluster\n';
}
