import { listAudit } from '../../app/audit.ts';
import { getMe } from '../../app/me.ts';
import { getSignIn } from '../../app/sign-in.ts';
import { createToken, deleteToken, listTokens } from '../../app/tokens.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const identityHandlers: Handlers<
  'getMe' | 'getSignIn' | 'listTokens' | 'createToken' | 'deleteToken' | 'listAudit'
> = {
  getMe: plain(getMe),
  getSignIn: plain(getSignIn),
  listTokens: withQuery(listTokens),
  createToken: withBody(createToken),
  deleteToken: plain(deleteToken),
  listAudit: withQuery(listAudit),
};
