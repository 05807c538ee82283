import { getProjectAccess, putProjectAccess } from '../../app/project-access.ts';
import { createRoleBinding, deleteRoleBinding, listRoleBindings } from '../../app/role-bindings.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const roleBindingHandlers: Handlers<
  'listRoleBindings' | 'createRoleBinding' | 'deleteRoleBinding' | 'getProjectAccess' | 'putProjectAccess'
> = {
  listRoleBindings: withQuery(listRoleBindings),
  createRoleBinding: withBody(createRoleBinding),
  deleteRoleBinding: plain(deleteRoleBinding),
  getProjectAccess: plain(getProjectAccess),
  putProjectAccess: withBody(putProjectAccess),
};
