/** The API server's own word on what somebody may do: access reviews and rules reviews (authorization.k8s.io/v1). */
import { Agent, type Dispatcher } from 'undici';

export interface Asked {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verb: string;
  /** '' for all namespaces, or for what lies in none. */
  readonly namespace: string;
  readonly name?: string;
}

export interface ReviewRules {
  readonly incomplete: boolean;
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs?: readonly string[];
  }[];
}

export interface Reviews {
  /** Answers in the order of the questions; many go at once. */
  mayI(token: string, asked: readonly Asked[]): Promise<boolean[]>;
  rulesIn(token: string, namespace: string): Promise<ReviewRules>;
  close(): Promise<void>;
}

const API = '/apis/authorization.k8s.io/v1';
const AT_ONCE = 32;

export function openReviews(server: { readonly url: string; readonly ca: string }): Reviews {
  const agent = new Agent({ allowH2: false, connections: AT_ONCE, connect: { ca: server.ca } });

  async function review<T>(token: string, kind: string, spec: object): Promise<T> {
    const path = `${API}/${kind.toLowerCase()}s`;
    const { statusCode, body } = await agent.request({
      origin: server.url,
      path,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind, spec }),
    } satisfies Dispatcher.RequestOptions);
    const text = await body.text();
    if (statusCode !== 201) throw new Error(`${path}: ${statusCode} ${text}`);
    return (JSON.parse(text) as { status: T }).status;
  }

  return {
    async mayI(token, asked) {
      const answers: boolean[] = new Array(asked.length).fill(false);
      let next = 0;
      const ask = async () => {
        for (let index = next++; index < asked.length; index = next++) {
          const resourceAttributes = asked[index];
          const status = await review<{ allowed: boolean }>(token, 'SelfSubjectAccessReview', { resourceAttributes });
          answers[index] = status.allowed;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      return answers;
    },
    rulesIn: (token, namespace) => review(token, 'SelfSubjectRulesReview', { namespace }),
    close: () => agent.destroy(),
  };
}
