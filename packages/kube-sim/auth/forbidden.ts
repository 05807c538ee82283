/** The 403 of a request that the authorizer does not allow. Source: `k8s.io/apiserver`, `responsewriters.Forbidden`. */
import { ApiError, forbidden } from '../api/api-error.ts';
import type { AccessAttributes } from './authorizer.ts';
import type { UserInfo } from './user.ts';

/** @param reason what the authorizer said, '' when nothing */
export function forbiddenAccess(user: UserInfo, attributes: AccessAttributes, reason: string): ApiError {
  const { verb, path, group = '', resource = '', subresource = '', namespace = '', name = '' } = attributes;
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (path !== undefined) {
    return new ApiError(403, 'Forbidden', `forbidden: ${told(`${who} path ${JSON.stringify(path)}`, reason)}`, {});
  }
  const what = `${who} resource "${subresource === '' ? resource : `${resource}/${subresource}`}" in API group "${group}"`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return forbidden({ group, plural: resource }, name, told(`${what} ${where}`, reason));
}

/** Names come from the request, and an error must not look like markup. */
function told(message: string, reason: string): string {
  const safe = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return reason === '' ? safe : `${safe}: ${reason}`;
}
