/**
 * Acting as somebody else by the `Impersonate-…` headers, allowed by the verb `impersonate`.
 *
 * Since 1.36 there are constrained modes besides, which the API server tries first and whose refusal it tells to whoever
 * has never impersonated anybody with success: `cannot impersonate-on:<mode>:<verb>` what is asked for. Here nobody gets
 * through by these modes, but refusals read the same.
 * Source: KEP-5284; `k8s.io/apiserver/pkg/endpoints/filters/impersonation`.
 */
import querystring from 'node:querystring';
import { badRequest } from '@kubenova/kube-model/api-error.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';
import { forbiddenAccess } from './forbidden.ts';
import type { UserInfo } from './user.ts';

/** Headers in lower case; repeated ones as a list (`IncomingMessage.headersDistinct`), as a joined text would be one group. */
export type DistinctHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const AUTHENTICATION = 'authentication.k8s.io';
const EXTRA = 'impersonate-extra-';
const NAME = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SERVICE_ACCOUNT = new RegExp(`^system:serviceaccount:(${NAME}):(${NAME}(?:\\.${NAME})*)$`);
/** Who has impersonated with success, by authorizer and so by cluster. */
const IMPERSONATORS = new WeakMap<Authorizer, Set<string>>();
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
  const { username, uid, groups, extra } = wanted;
  const alone = uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
  const [, namespace, name = username] = SERVICE_ACCOUNT.exec(username) ?? [];
  const known = IMPERSONATORS.get(authorizer) ?? new Set();
  IMPERSONATORS.set(authorizer, known);

  const right = (group: string, resource: string, name: string, more: Partial<AccessAttributes> = {}) => {
    return { verb: 'impersonate', group, resource, name, ...more };
  };
  const rights: AccessAttributes[] = [
    namespace === undefined ? right('', 'users', name) : right('', 'serviceaccounts', name, { namespace }),
    ...(uid === '' ? [] : [right(AUTHENTICATION, 'uids', uid)]),
    ...groups.map((group) => right('', 'groups', group)),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((value) => right(AUTHENTICATION, 'userextras', value, { subresource })),
    ),
  ];
  for (const asked of rights) {
    const { allowed, reason } = authorizer.authorize(user, asked);
    if (allowed) continue;
    // The mode for accounts knows nothing but their name.
    const mode = namespace === undefined ? 'user-info' : alone ? 'serviceaccount' : undefined;
    if (mode === undefined || known.has(user.username)) throw forbiddenAccess(user, asked, reason);
    throw forbiddenAccess(user, { ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` }, reason);
  }
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.add(user.username);

  const acting = new Set(groups);
  if (namespace !== undefined && groups.length === 0) {
    acting.add('system:serviceaccounts').add(`system:serviceaccounts:${namespace}`);
  }
  const own = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  if (!acting.has('system:unauthenticated')) acting.add(own);
  return {
    username,
    ...(uid !== '' && { uid }),
    groups: [...acting],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** What is empty was not asked for. */
function wantedUser(headers: DistinctHeaders): Required<UserInfo> | undefined {
  const values = (name: string): readonly string[] => [headers[name] ?? []].flat();
  const [username = ''] = values('impersonate-user');
  const [uid = ''] = values('impersonate-uid');
  const groups = values('impersonate-group');
  const extras = Object.keys(headers).filter((name) => name.startsWith(EXTRA));
  // Keys are percent-encoded; what cannot be decoded is taken as it is.
  const extra = Object.fromEntries(
    extras.map((name) => [querystring.unescape(name.slice(EXTRA.length)).toLowerCase(), values(name)]),
  );
  if (username !== '') return { username, uid, groups, extra };
  if (uid === '' && groups.length === 0 && extras.length === 0) return undefined;
  // The user as Go prints a struct with `%#v`.
  const list = (all: readonly string[]): string => `[]string{${all.map((one) => JSON.stringify(one)).join(', ')}}`;
  const pairs = Object.entries(extra).map(([key, all]) => `${JSON.stringify(key)}:${list(all)}`);
  const shownGroups = groups.length === 0 ? '[]string(nil)' : list(groups);
  const shownExtra = pairs.length === 0 ? '(nil)' : `{${pairs.sort().join(', ')}}`;
  const shown = `Name:"", UID:${JSON.stringify(uid)}, Groups:${shownGroups}, Extra:map[string][]string${shownExtra}`;
  throw badRequest(`requested &user.DefaultInfo{${shown}} without impersonating a user name`);
}
