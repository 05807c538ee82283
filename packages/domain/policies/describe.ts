/** The catalogue as a page for people, `docs/policies.md`; a test keeps the page as this makes it. */
import { isRecord } from '../manifest.ts';
import { catalogue } from './catalogue.ts';
import type { CatalogueEntry, PolicyEngine } from './policy-type.ts';

const ENGINES: Readonly<Record<PolicyEngine, string>> = {
  admissionPolicy: "KubeNova's own ValidatingAdmissionPolicy on the cluster",
  podSecurity: "Kubernetes' Pod Security admission",
  capsule: 'Capsule',
  kyverno: 'Kyverno, where it is installed',
};

/** The part of the page that is made out of the catalogue: a section a type. */
export function describeCatalogue(): string {
  return [...catalogue.values()].map(section).join('\n');
}

function section(policy: CatalogueEntry): string {
  const { type, title, description, engine, schema, example } = policy;
  const rows = parameterRows(schema);
  const table = ['| parameter | what | default |', '|---|---|---|', ...rows].join('\n');
  const parameters = rows.length === 0 ? 'It has no parameters.' : table;
  const json = JSON.stringify(Object.keys(example).length === 0 ? { type } : { type, parameters: example });
  return [
    `## ${title}`,
    `\`${type}\` · held by ${ENGINES[engine]}`,
    description,
    parameters,
    `\`\`\`json\n${json}\n\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}

function parameterRows(schema: unknown): string[] {
  if (!isRecord(schema) || !isRecord(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, value]) => {
    const field = isRecord(value) ? value : {};
    const words = [field.title, choices(field), field.description].filter((text) => text !== undefined);
    const preset = required.includes(name) ? 'needed' : shown(field.default);
    return `| \`${name}\` | ${words.join('. ').replaceAll('|', '\\|')} | ${preset} |`;
  });
}

function choices(field: Record<string, unknown>): string | undefined {
  const items = isRecord(field.items) ? field.items : field;
  return Array.isArray(items.enum) ? `Of ${items.enum.join(', ')}` : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}
