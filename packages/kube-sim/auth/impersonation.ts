/**
 * Acting as somebody else by the `Impersonate-…` headers.
 *
 * Since 1.36 there are several modes: the constrained ones need the verb `impersonate-on:<mode>:<verb>` on what is asked
 * for and `impersonate:<mode>` on the user, the old one needs `impersonate` alone. The one that last worked for the
 * requestor is tried first, then all in their order; the refusal of the first that was tried is what is answered.
 * Source: KEP-5284; `k8s.io/apiserver/pkg/endpoints/filters/impersonation`.
 */
import { badRequest } from '../api/api-error.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';
import { forbiddenAccess } from './forbidden.ts';
import type { UserInfo } from './user.ts';

/** A user as it is asked for; what is empty was not asked for. */
interface Wanted {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Headers in lower case; repeated ones as a list (`IncomingMessage.headersDistinct`), as a joined text would be one group. */
export type DistinctHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const AUTHENTICATION = 'authentication.k8s.io';
const EXTRA = 'impersonate-extra-';
const NAME = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SERVICE_ACCOUNT = new RegExp(`^system:serviceaccount:(${NAME}):(${NAME}(?:\\.${NAME})*)$`);
const NODE = new RegExp(`^system:node:(${NAME}(?:\\.${NAME})*)$`);
const LAST_MODES = new WeakMap<Authorizer, Map<string, number>>();
const MAX_REMEMBERED = 10_000;

/**
 * @param attributes what the request itself is about
 * @returns who the request acts as: the user itself when no header asks for another
 * @throws ApiError 400 for headers without a user, 403 when it is not allowed
 */
export function impersonate(
  headers: DistinctHeaders,
  user: UserInfo,
  authorizer: Authorizer,
  attributes: AccessAttributes,
): UserInfo {
  const wanted = wantedUser(headers);
  if (wanted === undefined) return user;
  const last = lastModes(authorizer);
  const remembered = last.get(user.username);
  const order = MODES.map((_mode, index) => index);
  let refusal: unknown;
  for (const index of remembered === undefined ? order : [remembered, ...order.filter((one) => one !== remembered)]) {
    try {
      const acting = MODES[index]?.({ wanted, user, authorizer, attributes });
      if (acting === undefined) continue;
      if (last.size >= MAX_REMEMBERED) last.clear();
      last.set(user.username, index);
      return acting;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

function lastModes(authorizer: Authorizer): Map<string, number> {
  const known = LAST_MODES.get(authorizer) ?? new Map<string, number>();
  LAST_MODES.set(authorizer, known);
  return known;
}

interface Attempt {
  readonly wanted: Wanted;
  readonly user: UserInfo;
  readonly authorizer: Authorizer;
  readonly attributes: AccessAttributes;
}
/** Answers undefined when it is not for such users. */
type Mode = (attempt: Attempt) => UserInfo | undefined;

const nameAlone = ({ uid, groups, extra }: Wanted): boolean =>
  uid === '' && groups.length === 0 && Object.keys(extra).length === 0;

const MODES: readonly Mode[] = [
  constrained('associated-node', (wanted, user) => {
    const node = NODE.exec(wanted.username)?.[1];
    const own = user.extra?.['authentication.kubernetes.io/node-name'] ?? [];
    return nameAlone(wanted) && SERVICE_ACCOUNT.test(user.username) && own.length === 1 && own[0] === node;
  }),
  constrained('arbitrary-node', (wanted) => nameAlone(wanted) && NODE.test(wanted.username)),
  constrained('serviceaccount', (wanted) => nameAlone(wanted) && SERVICE_ACCOUNT.test(wanted.username)),
  constrained('user-info', ({ username }) => !NODE.test(username) && !SERVICE_ACCOUNT.test(username)),
  (attempt) => actAs(attempt, 'impersonate', ''),
];

function constrained(mode: string, applies: (wanted: Wanted, user: UserInfo) => boolean): Mode {
  return (attempt) => {
    const { wanted, user, attributes } = attempt;
    if (!applies(wanted, user)) return undefined;
    check(attempt, { ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` });
    return actAs(attempt, `impersonate:${mode}`, AUTHENTICATION);
  };
}

/** @param group of users and groups: they are in the core group for the old verb only */
function actAs(attempt: Attempt, verb: string, group: string): UserInfo {
  const { wanted } = attempt;
  const groups = [...wanted.groups];
  const [, namespace, account] = SERVICE_ACCOUNT.exec(wanted.username) ?? [];
  const node = group === '' ? undefined : NODE.exec(wanted.username)?.[1];
  if (namespace !== undefined) {
    check(attempt, { verb, group, resource: 'serviceaccounts', namespace, name: account });
    if (groups.length === 0) groups.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  } else if (node !== undefined) {
    check(attempt, { verb, group, resource: 'nodes', name: verb === 'impersonate:associated-node' ? '*' : node });
    groups.push('system:nodes');
  } else check(attempt, { verb, group, resource: 'users', name: wanted.username });
  if (wanted.uid !== '') check(attempt, { verb, group: AUTHENTICATION, resource: 'uids', name: wanted.uid });
  if (group !== '' && wanted.groups.includes('system:masters')) {
    const asked = { verb, group, resource: 'groups', name: 'system:masters' };
    throw forbiddenAccess(attempt.user, asked, 'impersonating the system:masters group is not allowed');
  }
  for (const name of wanted.groups) check(attempt, { verb, group, resource: 'groups', name });
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const name of values) {
      check(attempt, { verb, group: AUTHENTICATION, resource: 'userextras', subresource: key, name });
    }
  }
  const { username, uid, extra } = wanted;
  const anonymous = username === 'system:anonymous';
  const missing = anonymous ? 'system:unauthenticated' : 'system:authenticated';
  if (!groups.includes('system:unauthenticated') && !groups.includes(missing)) groups.push(missing);
  return { username, ...(uid !== '' && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) };
}

function check({ user, authorizer }: Attempt, asked: AccessAttributes): void {
  const { allowed, reason } = authorizer.authorize(user, asked);
  if (!allowed) throw forbiddenAccess(user, asked, reason);
}

function wantedUser(headers: DistinctHeaders): Wanted | undefined {
  const values = (name: string): readonly string[] => {
    const value = headers[name];
    return value === undefined ? [] : typeof value === 'string' ? [value] : value;
  };
  const [username = ''] = values('impersonate-user');
  const [uid = ''] = values('impersonate-uid');
  const groups = values('impersonate-group');
  const extra: Record<string, readonly string[]> = {};
  for (const name of Object.keys(headers)) {
    if (name.startsWith(EXTRA)) extra[unescaped(name.slice(EXTRA.length))] = values(name);
  }
  const wanted = { username, uid, groups, extra };
  if (username !== '') return wanted;
  if (nameAlone(wanted)) return undefined;
  throw badRequest(`requested ${goText(wanted)} without impersonating a user name`);
}

/** Keys are percent-encoded and lower case; what cannot be decoded is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key.toLowerCase());
  } catch {
    return key;
  }
}

/** The user as Go prints a struct with `%#v`, which is what the refusal shows. */
function goText({ username, uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]): string =>
    `[]string{${values.map((one) => JSON.stringify(one)).join(', ')}}`;
  const pairs = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = pairs.map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`).join(', ');
  return (
    `&user.DefaultInfo{Name:${JSON.stringify(username)}, UID:${JSON.stringify(uid)}, ` +
    `Groups:${groups.length === 0 ? '[]string(nil)' : list(groups)}, ` +
    `Extra:map[string][]string${pairs.length === 0 ? '(nil)' : `{${map}}`}}`
  );
}
