/**
 * Acting as somebody else by the `Impersonate-…` headers.
 *
 * Since 1.36 there are several modes: the constrained ones need the verb `impersonate-on:<mode>:<verb>` on what is asked
 * for and `impersonate:<mode>` on the user, the old one needs `impersonate` alone. The one that last worked for the
 * requestor is tried first, then all in their order; the refusal of the first that was tried is what is answered.
 * The two modes for nodes are left out: nodes can be impersonated in the old way.
 * Source: KEP-5284; `k8s.io/apiserver/pkg/endpoints/filters/impersonation`.
 */
import { badRequest } from '../api/api-error.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';
import { forbiddenAccess } from './forbidden.ts';
import type { UserInfo } from './user.ts';

/** Headers in lower case; repeated ones as a list (`IncomingMessage.headersDistinct`), as a joined text would be one group. */
export type DistinctHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Throws the refusal when something may not be done. */
type Check = (asked: AccessAttributes) => void;
type Wanted = Required<UserInfo>;

const AUTHENTICATION = 'authentication.k8s.io';
const EXTRA = 'impersonate-extra-';
const NAME = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SERVICE_ACCOUNT = new RegExp(`^system:serviceaccount:(${NAME}):(${NAME}(?:\\.${NAME})*)$`);
const MODES = ['serviceaccount', 'user-info', 'legacy'] as const;
type Mode = (typeof MODES)[number];
/** By authorizer, and so by cluster, and by user. */
const LAST_MODES = new WeakMap<Authorizer, Map<string, Mode>>();
const MAX_REMEMBERED = 1_000;

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
  const check: Check = (asked) => {
    const { allowed, reason } = authorizer.authorize(user, asked);
    if (!allowed) throw forbiddenAccess(user, asked, reason);
  };
  const last = LAST_MODES.get(authorizer) ?? new Map<string, Mode>();
  LAST_MODES.set(authorizer, last);
  let refusal: unknown;
  for (const mode of new Set([last.get(user.username) ?? MODES[0], ...MODES])) {
    if (!suits(mode, wanted)) continue;
    try {
      if (mode !== 'legacy') check({ ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` });
      const acting = actAs(user, wanted, mode, check);
      if (last.size >= MAX_REMEMBERED) last.clear();
      last.set(user.username, mode);
      return acting;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

function suits(mode: Mode, wanted: Wanted): boolean {
  const account = SERVICE_ACCOUNT.test(wanted.username);
  return mode === 'legacy' || (mode === 'user-info' ? !account : account && nameAlone(wanted));
}

const nameAlone = ({ uid, groups, extra }: Wanted): boolean =>
  uid === '' && groups.length === 0 && Object.keys(extra).length === 0;

function actAs(user: UserInfo, wanted: Wanted, mode: Mode, check: Check): UserInfo {
  const { username, uid, extra } = wanted;
  const groups = [...wanted.groups];
  const verb = mode === 'legacy' ? 'impersonate' : `impersonate:${mode}`;
  // Users and groups are in the core group for the old verb only.
  const group = mode === 'legacy' ? '' : AUTHENTICATION;
  const [, namespace, account] = SERVICE_ACCOUNT.exec(username) ?? [];
  if (namespace === undefined) check({ verb, group, resource: 'users', name: username });
  else {
    check({ verb, group, resource: 'serviceaccounts', namespace, name: account });
    if (groups.length === 0) groups.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  }
  if (uid !== '') check({ verb, group: AUTHENTICATION, resource: 'uids', name: uid });
  if (mode !== 'legacy' && groups.includes('system:masters')) {
    const asked = { verb, group, resource: 'groups', name: 'system:masters' };
    throw forbiddenAccess(user, asked, 'impersonating the system:masters group is not allowed');
  }
  for (const name of wanted.groups) check({ verb, group, resource: 'groups', name });
  for (const [subresource, values] of Object.entries(extra)) {
    for (const name of values) check({ verb, group: AUTHENTICATION, resource: 'userextras', subresource, name });
  }
  const own = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  if (!groups.includes('system:unauthenticated') && !groups.includes(own)) groups.push(own);
  return { username, ...(uid !== '' && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) };
}

/** What is empty was not asked for. */
function wantedUser(headers: DistinctHeaders): Wanted | undefined {
  const values = (name: string): readonly string[] => [headers[name] ?? []].flat();
  const [username = ''] = values('impersonate-user');
  const [uid = ''] = values('impersonate-uid');
  const extra = Object.fromEntries(
    Object.keys(headers).flatMap((name) =>
      name.startsWith(EXTRA) ? [[unescaped(name.slice(EXTRA.length)), values(name)]] : [],
    ),
  );
  const wanted = { username, uid, groups: values('impersonate-group'), extra };
  if (username !== '') return wanted;
  if (nameAlone(wanted)) return undefined;
  throw badRequest(`requested ${goText(wanted)} without impersonating a user name`);
}

/** Keys are percent-encoded; what cannot be decoded is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}

/** The user as Go prints a struct with `%#v`, which is what the refusal shows. */
function goText({ uid, groups, extra }: Wanted): string {
  const list = (all: readonly string[]): string => `[]string{${all.map((one) => JSON.stringify(one)).join(', ')}}`;
  const pairs = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const shownGroups = groups.length === 0 ? '[]string(nil)' : list(groups);
  const shownExtra = pairs.length === 0 ? '(nil)' : `{${pairs.sort().join(', ')}}`;
  const shown = `Groups:${shownGroups}, Extra:map[string][]string${shownExtra}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, ${shown}}`;
}
