/** Reads and parses bodies, with the API server's limits and words. */
import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest } from '@kubenova/kube-model/api-error.ts';
import { goKind, isMap } from '@kubenova/kube-model/patch/json-value.ts';
import { decodeProtobuf, hasFieldNumbers } from '@kubenova/kube-model/protobuf/decode.ts';
import { parse as parseYaml } from 'yaml';

const LARGEST = 3 * 1024 * 1024;
const SUMMARY = 30;
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** @throws ApiError 413 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = () => new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LARGEST}`);
  if (Number(request.headers['content-length'] ?? 0) > LARGEST) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type alone, JSON when there is none. */
export const mediaType = (header: string | undefined): string =>
  (header ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';

/**
 * A body that is an object of a kind, or options.
 * @param kind '' for options
 * @param component of the kind, for protobuf
 * @throws ApiError 415 for a type that is not taken, 400 for what cannot be read
 */
export function parseObject(
  data: Buffer,
  contentType: string,
  kind: string,
  component?: string,
): Record<string, unknown> {
  const summary = summaryOf(data);
  const unrecognized = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`);
  const refuse = (why: string): ApiError => {
    const told = `couldn't get version/kind; json parse error: ${why}`;
    return kind === '' ? badRequest(told) : unrecognized(told);
  };
  const value = parsed(data, contentType, component, refuse, unrecognized) ?? {};
  if (!isMap(value)) {
    const fields = 'APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\""';
    throw refuse(`json: cannot unmarshal ${goKind(value)} into Go value of type struct { ${fields} }`);
  }
  for (const field of ['apiVersion', 'kind']) {
    const there = value[field] ?? '';
    if (typeof there === 'string') continue;
    throw refuse(`json: cannot unmarshal ${goKind(there)} into Go struct field .${field} of type string`);
  }
  return value;
}

type Refusal = (why: string) => ApiError;

function parsed(
  data: Buffer,
  contentType: string,
  component: string | undefined,
  refuse: Refusal,
  unrecognized: Refusal,
): unknown {
  const text = data.toString();
  try {
    if (contentType === 'application/json') return JSON.parse(text);
    if (contentType === PROTOBUF && component !== undefined && hasFieldNumbers(component)) {
      return decodeProtobuf(data, component);
    }
  } catch (error) {
    throw contentType === PROTOBUF ? unrecognized((error as Error).message) : refuse(goWords(error as Error, text));
  }
  if (contentType === 'application/yaml') return yaml(text, unrecognized);
  const why = `the body of the request was in an unknown format - accepted media types include: ${TYPES}`;
  throw new ApiError(415, 'UnsupportedMediaType', why);
}

/** @throws ApiError 400 */
export function parsePatch(data: Buffer, isApply: boolean): unknown {
  const text = data.toString();
  if (isApply) {
    // What looks like JSON is converted later on than other YAML.
    const stage = text.startsWith('{') ? 'error decoding patch: error converting YAML to JSON' : 'error encoding patch';
    const value = yaml(text, (why) => badRequest(`${stage}: ${why}`)) ?? {};
    if (isMap(value)) return value;
    const why = `json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding patch: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('invalid JSON patch');
  }
}

function yaml(text: string, refuse: Refusal): unknown {
  try {
    // Most of what is called YAML is JSON.
    return JSON.parse(text);
  } catch {
    try {
      return parseYaml(text, { maxAliasCount: 1000 });
    } catch (error) {
      const { linePos, message } = error as { linePos?: { line: number }[]; message: string };
      // The two parsers mean the same where a list or map in brackets has no end; of the rest only the place is known.
      const end = / end with a ([\]}])/.exec(message)?.[1];
      const what = end === undefined ? 'node content' : `',' or '${end}'`;
      throw refuse(`yaml: line ${linePos?.[0]?.line ?? 1}: did not find expected ${what}`);
    }
  }
}

/** How a refusal shows a body: JSON as it is, anything else in hex, and only its beginning. */
export function summaryOf(data: Buffer): string {
  const text = data.toString();
  const shown = text.startsWith('{') ? text : data.toString('hex') || '<empty>';
  return shown.length > SUMMARY ? `${shown.slice(0, SUMMARY)} ...` : shown;
}

/** What V8 says of a character, and how Go says it. */
const GO_WORDS: readonly (readonly [RegExp, string])[] = [
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
  [/after property name/, 'after object key'],
  [/property name/, 'looking for beginning of object key string'],
  [/non-whitespace/, 'after top-level value'],
];

function goWords({ message }: Error, text: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? -1);
  if (/end of JSON input|Unterminated/.test(message) || position >= text.length) return 'unexpected end of JSON input';
  const character = position >= 0 ? text.charAt(position) : /Unexpected token '(.)'/.exec(message)?.[1];
  const where = GO_WORDS.find(([words]) => words.test(message))?.[1] ?? 'looking for beginning of value';
  return `invalid character '${character}' ${where}`;
}
