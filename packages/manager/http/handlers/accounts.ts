import {
  changePassword,
  createAccount,
  deleteAccount,
  getAccount,
  listAccounts,
  signOutAccount,
  updateAccount,
} from '../../app/accounts.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const accountHandlers: Handlers<
  | 'changePassword'
  | 'listAccounts'
  | 'createAccount'
  | 'getAccount'
  | 'updateAccount'
  | 'deleteAccount'
  | 'signOutAccount'
> = {
  changePassword: withBody(changePassword),
  listAccounts: withQuery(listAccounts),
  createAccount: withBody(createAccount),
  getAccount: plain(getAccount),
  updateAccount: withBody(updateAccount),
  deleteAccount: plain(deleteAccount),
  signOutAccount: plain(signOutAccount),
};
