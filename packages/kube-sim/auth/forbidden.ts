/** The 403 of a request that the authorizer does not allow. Source: `k8s.io/apiserver`, `responsewriters.Forbidden`. */
import { ApiError, forbidden } from '@kubenova/kube-model/api-error.ts';
import type { AccessAttributes } from './authorizer.ts';
import type { UserInfo } from './user.ts';

/** @param reason what the authorizer said, '' when nothing */
export function forbiddenAccess(user: UserInfo, attributes: AccessAttributes, reason: string): ApiError {
  const { verb, path, group = '', resource = '', subresource = '', namespace = '', name = '' } = attributes;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const what =
    path === undefined ? `resource "${whole}" in API group "${group}" ${where}` : `path ${JSON.stringify(path)}`;
  const told = `User ${JSON.stringify(user.username)} cannot ${verb} ${what}`;
  // Names come from the request, and an error must not look like markup.
  const safe = told.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const message = reason === '' ? safe : `${safe}: ${reason}`;
  if (path !== undefined) return new ApiError(403, 'Forbidden', `forbidden: ${message}`, {});
  return forbidden({ group, plural: resource }, name, message);
}
