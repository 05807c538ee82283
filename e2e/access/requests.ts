/** Requests as a person sends them: with a token, or with none, to the API server or to capsule-proxy. */
import { Agent, type Dispatcher } from 'undici';
import type { Through } from '../conformance/case.ts';
import type { PersonName } from './people.ts';
import type { AccessWorld } from './world.ts';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query, if any. */
  readonly path: string;
  readonly body?: unknown;
  /** `application/json`, and for a PATCH `application/merge-patch+json`, unless said otherwise. */
  readonly contentType?: string;
}

export interface Got {
  readonly code: number;
  readonly text: string;
  /** Parsed; undefined when it is no JSON. */
  readonly json: ReadObject;
}

/** Answers as they come. */
// biome-ignore lint/suspicious/noExplicitAny: a proof that reads a field that is not there fails, which is what it is for.
export type ReadObject = any;

export type Send = (person: PersonName, through: Through, request: Sent) => Promise<Got>;

export interface Sender {
  readonly send: Send;
  /** How many requests went out. */
  count(): number;
  close(): Promise<void>;
}

/** Many of them are watches, which do nothing but wait for their end. */
const AT_ONCE = 48;
/** Long past what any of these requests takes; one that hangs is a failure. */
const PATIENCE_MS = 30_000;

export function openSender(world: AccessWorld): Sender {
  const agents = Object.fromEntries(
    Object.entries(world.servers).map(([through, { ca }]) => [
      through,
      new Agent({ allowH2: false, connections: AT_ONCE, connect: { ca } }),
    ]),
  ) as Record<Through, Agent>;
  let count = 0;
  return {
    async send(person, through, { method, path, body, contentType }) {
      count += 1;
      const token = world.tokenOf(person);
      const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      const answer = await agents[through].request({
        origin: world.servers[through].url,
        path,
        method,
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': type }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      } satisfies Dispatcher.RequestOptions);
      const text = await answer.body.text();
      return { code: answer.statusCode, text, json: parsed(text) };
    },
    count: () => count,
    close: async () => void (await Promise.all(Object.values(agents).map((agent) => agent.destroy()))),
  };
}

/** Runs a task for each, a few at once, and gives the answers in order. */
export async function inParallel<T, R>(all: readonly T[], task: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < all.length; index = next++) answers[index] = await task(all[index] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

/** The objects of a list, or of the events of a watch, or the one object that it is. */
export function objectsOf(text: string, json: ReadObject): ReadObject[] {
  if (Array.isArray(json?.items)) return json.items;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map((one) => one.object ?? one);
}

function parsed(text: string): ReadObject {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
