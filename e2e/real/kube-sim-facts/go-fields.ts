/**
 * Reads off Kubernetes' Go modules how Go writes a field that is zero, which OpenAPI does not say:
 *
 *     node e2e/real/kube-sim-facts/go-fields.ts "$(go env GOMODCACHE)/k8s.io" v0.37.2
 *
 * By component: `pointers` tell zero from absent; `always` are written even when nobody gave them. All others are left
 * out when they are zero.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import components from '@kubenova/kube-model/schema/generated/components.json' with { type: 'json' };
import type { GoFields } from '@kubenova/kube-model/schema/load.ts';

export const GO_FIELDS_FILE = new URL('../../../packages/kube-model/schema/generated/go-fields.json', import.meta.url);

interface GoField {
  readonly type: string;
  /** Absent: embedded. */
  readonly name?: string;
  readonly options: string;
}

const STRUCT = /^type (\w+) struct \{\n(.*?)^\}/gms;
const FIELD = /^\t(?:\w+\s+)?([^\s`]+)\s+`[^`\n]*json:"([^",]*)([^"]*)"/gm;
/** Structures that write themselves in one word. */
const VALUES = ['Time', 'MicroTime', 'Quantity', 'IntOrString', 'RawExtension'];

/** @param modules the folder of Kubernetes' modules, @param release theirs, as in `v0.37.2` */
export function goFields(modules: string, release: string): string {
  const known = Object.entries(components as Record<string, { properties?: object }>).filter(
    ([, { properties }]) => properties !== undefined,
  );
  const structs = new Map<string, GoField[]>();
  for (const place of new Set(known.map(([name]) => name.slice(0, name.lastIndexOf('.'))))) {
    const [module = '', ...folders] = place.split('.');
    const folder = `${modules}/${module}@${release}/${folders.join('/')}`;
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.go') || /_test\.go$|^zz_|\.pb\.go$/.test(file)) continue;
      for (const [, name = '', body = ''] of readFileSync(`${folder}/${file}`, 'utf8').matchAll(STRUCT)) {
        structs.set(`${place}.${name}`, fieldsOf(body));
      }
    }
  }
  const structNames = new Set([...VALUES, ...[...structs.keys()].map((name) => name.split('.').at(-1) ?? '')]);
  const isStructure = (type: string) => structNames.has(type.split('.').at(-1) ?? '') && !/^[[*]|^map/.test(type);

  function flat(component: string): GoField[] {
    const place = component.slice(0, component.lastIndexOf('.'));
    return (structs.get(component) ?? []).flatMap((field) => {
      if (field.name !== undefined) return [field];
      return flat(field.type.includes('.') ? elsewhere(field.type) : `${place}.${field.type}`);
    });
  }
  const elsewhere = (type: string) => {
    const name = type.split('.').at(-1);
    const places = type.startsWith('metav1.') ? ['apimachinery.pkg.apis.meta.v1'] : ['api.core.v1'];
    return `${places[0]}.${name}`;
  };

  const lines = known.map(([component, { properties = {} }]) => {
    const fields = flat(component).filter(({ name = '' }) => name in properties);
    const names = (kept: (field: GoField) => boolean) =>
      fields
        .filter(kept)
        .map(({ name }) => name)
        .join(' ');
    const pointers = names(({ type }) => type.startsWith('*'));
    const always = names(
      ({ type, options }) =>
        !type.startsWith('*') && !options.includes('omitzero') && (!options.includes('omitempty') || isStructure(type)),
    );
    const facts: GoFields = { ...(pointers && { pointers }), ...(always && { always }) };
    return `${JSON.stringify(component)}:${JSON.stringify(facts)}`;
  });
  return `{\n${lines.filter((line) => !line.endsWith(':{}')).join(',\n')}\n}\n`;
}

function fieldsOf(body: string): GoField[] {
  return [...body.matchAll(FIELD)].map(([, type = '', name = '', options = '']) => ({
    type: name === '' ? type.replace('*', '') : type,
    options,
    ...(name !== '' && { name }),
  }));
}

if (import.meta.main) writeFileSync(GO_FIELDS_FILE, goFields(process.argv[2] ?? '', process.argv[3] ?? ''));
