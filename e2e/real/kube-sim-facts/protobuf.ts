/**
 * Writes down the field numbers of the kinds that are served, from the `.proto` files of Kubernetes' Go modules:
 *
 *     node e2e/real/kube-sim-facts/protobuf.ts "$(go env GOMODCACHE)/k8s.io" v0.37.2
 *
 * A message is the list of its fields' JSON names by number, with '' where there is none. What Go embeds is a message in
 * protobuf but no field in JSON: such a list stands in the place of a name. Types are not written down: the OpenAPI
 * facts have them. CRDs are left out: their schemas are unlike anything else, and no client sends them so.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { MessageFields } from '@kubenova/kube-model/protobuf/decode.ts';
import components from '@kubenova/kube-model/schema/generated/components.json' with { type: 'json' };

const [modules = '', release = ''] = process.argv.slice(2);
const known = Object.entries(components as Record<string, { properties?: Record<string, unknown> }>).filter(
  ([name, { properties }]) => properties !== undefined && !name.startsWith('apiextensions'),
);
const FIELD = /^ {2}(?:optional |repeated )?(map<.*>|\.?[\w.]+) (\w+) = (\d+);$/gm;
const messages = new Map<string, { name: string; type: string; number: number }[]>();

for (const place of new Set(known.map(([name]) => name.slice(0, name.lastIndexOf('.'))))) {
  const [module = '', ...folders] = place.split('.');
  const text = readFileSync(`${modules}/${module}@${release}/${folders.join('/')}/generated.proto`, 'utf8');
  for (const [, name, body = ''] of text.matchAll(/^message (\w+) \{\n(.*?)^\}/gms)) {
    const fields = [...body.matchAll(FIELD)].map(([, type = '', field = '', number]) => {
      return { name: field, type: type.startsWith('.') ? type.slice(8) : `${place}.${type}`, number: Number(number) };
    });
    messages.set(`${place}.${name}`, fields);
  }
}

function listOf(message: string, properties: readonly string[]): MessageFields {
  const list: (string | MessageFields)[] = [];
  for (const { name, type, number } of messages.get(message) ?? []) {
    while (list.length < number) list.push('');
    // Some names differ in their case.
    const property = properties.find((each) => each.toLowerCase() === name.toLowerCase());
    if (property === undefined && !messages.has(type)) console.warn(`${message}.${name} is no property`);
    list[number - 1] = property ?? (messages.has(type) ? listOf(type, properties) : '');
  }
  return list;
}

const facts = known.map(([name, { properties = {} }]) => {
  return `${JSON.stringify(name)}:${JSON.stringify(listOf(name, Object.keys(properties)))}`;
});
writeFileSync(
  new URL('../../../packages/kube-model/protobuf/generated/fields.json', import.meta.url),
  `{\n${facts.join(',\n')}\n}\n`,
);
