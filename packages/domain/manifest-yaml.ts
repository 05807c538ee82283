/**
 * Manifests written as YAML text, read as Kubernetes' own tools read them (sigs.k8s.io/yaml), which is YAML 1.1 with
 * exceptions: `defaultMode: 0644` is octal and `enabled: yes` a boolean, but `22:22` and `2026-01-01` stay text.
 */
import { parseAllDocuments, type Tags } from 'yaml';
import { failure, type Result, success } from './result.ts';

/** More objects than this in one text are a mistake or an attack. */
export const MAX_MANIFESTS = 500;

/** Reads every document of a text; empty ones are left out. The error is a sentence that says where and what. */
export function parseManifestYaml(text: string): Result<unknown[], string> {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    logLevel: 'silent',
    prettyErrors: true,
    customTags: asKubernetesReads,
  });
  const values: unknown[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const error = document.errors[0];
    if (error !== undefined) return failure(`The YAML cannot be read: ${firstLine(error.message)}`);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      return failure('The aliases of the YAML expand without bound; write the values out.');
    }
    if (value === null || value === undefined) continue;
    values.push(value);
    if (values.length > MAX_MANIFESTS) return failure(`The YAML holds more than ${MAX_MANIFESTS} documents.`);
  }
  return success(values);
}

function asKubernetesReads(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag !== 'object') return true;
    return tag.tag !== 'tag:yaml.org,2002:timestamp' && !('format' in tag && tag.format === 'TIME');
  });
}

/** The message without the excerpt of the source that follows it, which may hold anything. */
function firstLine(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return `${line.replace(/:$/, '').slice(0, 300)}.`;
}
