/** Reads and parses bodies, with the API server's limits and words. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ApiError, badRequest } from './api-error.ts';
import { decodeProtobuf, hasFieldNumbers } from './protobuf/decode.ts';

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
  if (contentType === PROTOBUF && component !== undefined && hasFieldNumbers(component)) {
    try {
      return decodeProtobuf(data, component);
    } catch (error) {
      throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${(error as Error).message}`);
    }
  }
  const text = data.toString();
  const summary = summaryOf(data);
  const refuse = (why: string) =>
    badRequest(
      kind === ''
        ? `couldn't get version/kind; json parse error: ${why}`
        : `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${summary})`,
    );
  let value: unknown;
  if (contentType === 'application/json') {
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw refuse(goWords(error as Error, text));
    }
  } else if (contentType === 'application/yaml') {
    value = yaml(text, (why) =>
      badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`),
    );
  } else {
    const why = `the body of the request was in an unknown format - accepted media types include: ${TYPES}`;
    throw new ApiError(415, 'UnsupportedMediaType', why);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const object = value as Record<string, unknown>;
    for (const field of ['apiVersion', 'kind']) {
      const there = object[field] ?? '';
      if (typeof there !== 'string')
        throw refuse(`json: cannot unmarshal ${goType(there)} into Go struct field .${field} of type string`);
    }
    return object;
  }
  const fields = 'APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\""';
  throw refuse(`json: cannot unmarshal ${goType(value)} into Go value of type struct { ${fields} }`);
}

/** @throws ApiError 400 */
export function parsePatch(data: Buffer, isApply: boolean): unknown {
  const text = data.toString();
  if (isApply) {
    // What looks like JSON is converted later on than other YAML.
    const stage = text.startsWith('{') ? 'error decoding patch: error converting YAML to JSON' : 'error encoding patch';
    const value = yaml(text, (why) => badRequest(`${stage}: ${why}`)) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value;
    const why = `json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding patch: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('invalid JSON patch');
  }
}

function yaml(text: string, refuse: (why: string) => ApiError): unknown {
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

/** As Go's decoder names what it finds. */
export function goType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** How a refusal shows a body: JSON as it is, anything else in hex, and only its beginning. */
export function summaryOf(data: Buffer): string {
  const text = data.toString();
  return text === '' ? '<empty>' : cut(text.startsWith('{') ? text : data.toString('hex'));
}

const cut = (text: string): string => (text.length > SUMMARY ? `${text.slice(0, SUMMARY)} ...` : text);

/** What V8 says of bad JSON, as Go says it. */
function goWords({ message }: Error, text: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? -1);
  if (/end of JSON input|Unterminated/.test(message) || position >= text.length) return 'unexpected end of JSON input';
  const character = position >= 0 ? text.charAt(position) : /Unexpected token '(.)'/.exec(message)?.[1];
  if (/after property value/.test(message)) return `invalid character '${character}' after object key:value pair`;
  if (/after array element/.test(message)) return `invalid character '${character}' after array element`;
  if (/after property name/.test(message)) return `invalid character '${character}' after object key`;
  if (/property name/.test(message))
    return `invalid character '${character}' looking for beginning of object key string`;
  if (/non-whitespace/.test(message)) return `invalid character '${character}' after top-level value`;
  return `invalid character '${character}' looking for beginning of value`;
}
