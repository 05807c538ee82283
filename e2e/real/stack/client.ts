import { Agent, request } from 'node:https';
import type { KeyPair } from './certificate.ts';
import { waitFor } from './condition.ts';

/** A Kubernetes object as far as the stack looks into it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** An answer of the API server that is no success; `message` is the server's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * The small part of a Kubernetes client that starting a cluster needs: reads, server-side applies
 * and TokenRequests. It keeps connections open, which makes installing a hundred objects a matter
 * of a second where kubectl would take a minute.
 */
export class ApiClient {
  readonly server: string;
  readonly #agent: Agent;
  readonly #discovered = new Map<string, Promise<readonly ApiResource[]>>();

  constructor(server: string, caPem: string, credential: KeyPair) {
    this.server = server;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ca: caPem,
      cert: credential.certPem,
      key: credential.keyPem,
    });
  }

  /**
   * Sends one request and reads the whole answer.
   *
   * @returns the answer, parsed when it is JSON and as text otherwise
   * @throws ApiError when the status is 400 or more
   */
  async send(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown> {
    const { code, text, isJson } = await new Promise<{
      code: number;
      text: string;
      isJson: boolean;
    }>((resolve, reject) => {
      const call = request(
        new URL(path, this.server),
        {
          method,
          agent: this.#agent,
          headers: { accept: 'application/json', 'content-type': contentType ?? 'application/json' },
          timeout: 30_000,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () =>
            resolve({
              code: answer.statusCode ?? 0,
              text: Buffer.concat(chunks).toString('utf8'),
              isJson: /json/.test(answer.headers['content-type'] ?? ''),
            }),
          );
        },
      );
      call.once('timeout', () => call.destroy(new Error(`${method} ${path} took over 30 s.`)));
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text;
    if (code < 400) return parsed;
    const message = (parsed as { message?: string } | null)?.message ?? text;
    throw new ApiError(code, message);
  }

  /** Reads one object, or nothing when there is none. */
  async get(apiVersion: string, kind: string, name: string, namespace?: string) {
    const path = await this.#pathOf({ apiVersion, kind, metadata: { name, namespace: namespace ?? '' } });
    try {
      return (await this.send('GET', path)) as KubeObject;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /**
   * Applies objects server-side, forcing conflicts, in groups: the next group begins when the one
   * before it is done. Objects of one group go out side by side.
   *
   * @throws ApiError that names the object
   */
  async apply(...groups: readonly (readonly KubeObject[])[]): Promise<void> {
    for (const group of groups) await Promise.all(group.map((object) => this.applyOne(object)));
  }

  /** Applies one object; a subresource such as `status` when one is named. */
  async applyOne(object: KubeObject, subresource?: string): Promise<KubeObject> {
    const path = await this.#pathOf(object);
    const target = subresource ? `${path}/${subresource}` : path;
    const send = () =>
      this.send(
        'PATCH',
        `${target}?fieldManager=kubenova-stack&force=true`,
        object,
        // JSON is YAML, and the API server knows server-side apply by this type.
        'application/apply-patch+yaml',
      );
    let refusal: ApiError | undefined;
    const applied = await waitFor({
      what: `${object.kind} ${object.metadata.name} to be accepted`,
      timeoutMs: 60_000,
      giveUp: () => {
        if (refusal !== undefined) throw refusal;
      },
      look: async () => {
        try {
          return await send();
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          // A webhook that does not answer yet is the one refusal that passes by itself.
          if (!error.message.includes('failed calling webhook')) {
            refusal = new ApiError(error.code, `${object.kind} ${object.metadata.name}: ${error.message}`);
          }
          throw error;
        }
      },
    });
    return applied as KubeObject;
  }

  /** A token of a ServiceAccount, for as many seconds. */
  async requestToken(namespace: string, name: string, seconds: number): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const answer = (await this.send('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: seconds },
    })) as { status: { token: string } };
    return answer.status.token;
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #pathOf(object: KubeObject): Promise<string> {
    const { apiVersion, kind, metadata } = object;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = (await this.#discover(root)).find((candidate) => candidate.kind === kind);
    if (resource === undefined) {
      // A definition that was only just applied shows up a moment later: look again next time.
      this.#discovered.delete(root);
      throw new ApiError(404, `The API server knows no ${kind} in ${apiVersion}.`);
    }
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace || 'default'}` : '';
    return `${root}${scope}/${resource.name}/${encodeURIComponent(metadata.name)}`;
  }

  #discover(root: string): Promise<readonly ApiResource[]> {
    const known = this.#discovered.get(root);
    if (known !== undefined) return known;
    const asked = this.send('GET', root).then((answer) =>
      (answer as { resources: ApiResource[] }).resources.filter(({ name }) => !name.includes('/')),
    );
    this.#discovered.set(root, asked);
    asked.catch(() => this.#discovered.delete(root));
    return asked;
  }
}
