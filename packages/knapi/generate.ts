/**
 * Generates `generated/` from the contract: the types, the route table with validation schemas, and the contract as JSON.
 *
 * Run by `./kubenova generate`; `./kubenova check` runs it with `--check`, which writes nothing and fails when a file
 * is stale. The schemas in the route table stand alone (every `$ref` is replaced by what it names), so that a validator
 * can compile one operation without the rest.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const root = join(dirname(new URL(import.meta.url).pathname), '..', '..');
const contractFile = join(root, 'docs', 'openapi', 'openapi.yaml');
const outputFolder = join(root, 'packages', 'knapi', 'generated');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Replaces every `$ref` by a copy of what it names. A cycle would never end, so it is refused by name. */
export function dereference(document: JsonObject, node: Json, trail: readonly string[] = []): Json {
  if (Array.isArray(node)) return node.map((item) => dereference(document, item, trail));
  if (node === null || typeof node !== 'object') return node;
  const reference = node.$ref;
  if (typeof reference === 'string') {
    if (trail.includes(reference)) throw new Error(`schema cycle: ${[...trail, reference].join(' -> ')}`);
    return dereference(document, lookUp(document, reference), [...trail, reference]);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, dereference(document, value, trail)]));
}

function lookUp(document: JsonObject, reference: string): Json {
  let node: Json | undefined = document;
  for (const segment of reference.replace(/^#\//, '').split('/')) {
    node = isObject(node) ? node[segment] : undefined;
  }
  if (node === undefined) throw new Error(`${reference} names nothing in the contract`);
  return node;
}

function isObject(node: Json | undefined): node is JsonObject {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/** What the validator needs of a schema: OpenAPI's `discriminator.mapping` is dropped, since JSON Schema has no such word. */
function forValidation(node: Json): Json {
  if (Array.isArray(node)) return node.map(forValidation);
  if (!isObject(node)) return node;
  const entries = Object.entries(node)
    .filter(([key, value]) => !(['writeOnly', 'readOnly', 'description'].includes(key) && !isObject(value)))
    .map(([key, value]): [string, Json] =>
      key === 'discriminator' && isObject(value)
        ? [key, { propertyName: value.propertyName ?? '' }]
        : [key, forValidation(value)],
    );
  return Object.fromEntries(entries);
}

function contentSchema(response: Json): { contentType: string | null; schema: Json } {
  const content = isObject(response) ? response.content : undefined;
  if (!isObject(content)) return { contentType: null, schema: null };
  const [contentType, media] = Object.entries(content)[0] ?? [null, null];
  return { contentType, schema: isObject(media) ? forValidation(media.schema ?? null) : null };
}

function operationEntry(
  document: JsonObject,
  path: string,
  method: string,
  shared: Json[],
  node: JsonObject,
): JsonObject {
  const parameters = [...shared, ...(Array.isArray(node.parameters) ? node.parameters : [])].map((item) =>
    dereference(document, item),
  );
  const body = isObject(node.requestBody) ? contentSchema(dereference(document, node.requestBody)) : null;
  const responses = Object.entries(isObject(node.responses) ? node.responses : {}).map(
    ([status, response]): [string, Json] => [status, contentSchema(dereference(document, response))],
  );
  return {
    operationId: node.operationId ?? '',
    method: method.toUpperCase(),
    path,
    tag: Array.isArray(node.tags) ? (node.tags[0] ?? '') : '',
    summary: node.summary ?? '',
    public: Array.isArray(node.security) && node.security.length === 0,
    path_parameters: parametersIn(parameters, 'path'),
    query_parameters: parametersIn(parameters, 'query'),
    header_parameters: parametersIn(parameters, 'header'),
    body: body?.schema ?? null,
    responses: Object.fromEntries(responses),
  };
}

function parametersIn(parameters: Json[], where: string): JsonObject {
  const here = parameters.filter(isObject).filter((parameter) => parameter.in === where);
  const nameOf = (parameter: JsonObject) =>
    String(where === 'header' ? String(parameter.name).toLowerCase() : parameter.name);
  return {
    type: 'object',
    // Headers that the contract does not name are none of its business; anything else unknown is refused.
    additionalProperties: where === 'header',
    required: here.filter((parameter) => parameter.required === true).map(nameOf),
    properties: Object.fromEntries(here.map((parameter) => [nameOf(parameter), forValidation(parameter.schema ?? {})])),
  };
}

function operationsModule(document: JsonObject): string {
  const entries: JsonObject[] = [];
  for (const [path, item] of Object.entries(isObject(document.paths) ? document.paths : {})) {
    if (!isObject(item)) continue;
    const shared = Array.isArray(item.parameters) ? item.parameters : [];
    for (const method of METHODS) {
      const node = item[method];
      if (isObject(node)) entries.push(operationEntry(document, path, method, shared, node));
    }
  }
  const ids = entries.map((entry) => String(entry.operationId));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`operationId ${twice} stands twice in the contract`);
  const rows = entries.map((entry) => {
    const { path_parameters, query_parameters, header_parameters, ...rest } = entry;
    const row = {
      ...rest,
      pathParameters: path_parameters,
      queryParameters: query_parameters,
      headerParameters: header_parameters,
    };
    return `  ${String(entry.operationId)}: ${JSON.stringify(row)},`;
  });
  return `${banner}import type { Operation } from '../operation.ts';

export type OperationId =
${ids.map((id) => `  | '${id}'`).join('\n')};

export const operations: Record<OperationId, Operation> = {
${rows.join('\n')}
};
`;
}

const banner = '// Generated from docs/openapi/openapi.yaml by `./kubenova generate`. Do not edit.\n\n';

/** Makes every generated file's text, by file name. */
export async function generateFiles(): Promise<Record<string, string>> {
  const source = readFileSync(contractFile, 'utf8');
  const document = parse(source) as JsonObject;
  const types = astToString(await openapiTypescript(source, { defaultNonNullable: false }));
  return {
    'types.ts': `${banner}${types}`,
    'operations.ts': operationsModule(document),
    'contract.json': `${JSON.stringify(document, null, 1)}\n`,
  };
}

/** Names the generated files that differ from what the contract asks for. */
export async function staleFiles(): Promise<string[]> {
  const files = await generateFiles();
  return Object.keys(files).filter((name) => readIfThere(join(outputFolder, name)) !== files[name]);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles();
    if (stale.length > 0) {
      console.error(
        `stale: ${stale.map((name) => `packages/knapi/generated/${name}`).join(', ')}; run ./kubenova generate`,
      );
      process.exitCode = 1;
    }
  } else {
    mkdirSync(outputFolder, { recursive: true });
    for (const [name, text] of Object.entries(await generateFiles())) writeFileSync(join(outputFolder, name), text);
  }
}
