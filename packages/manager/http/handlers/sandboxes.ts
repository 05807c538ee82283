import { createSandbox, deleteSandbox, getSandbox, listSandboxes } from '../../app/sandboxes.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const sandboxHandlers: Handlers<'listSandboxes' | 'createSandbox' | 'getSandbox' | 'deleteSandbox'> = {
  listSandboxes: withQuery(listSandboxes),
  createSandbox: withBody(createSandbox),
  getSandbox: plain(getSandbox),
  deleteSandbox: plain(deleteSandbox),
};
