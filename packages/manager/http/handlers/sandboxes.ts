import {
  createSandbox,
  createTenantSandbox,
  deleteSandbox,
  getSandbox,
  listSandboxes,
  updateSandbox,
} from '../../app/sandboxes.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const sandboxHandlers: Handlers<
  'listSandboxes' | 'createSandbox' | 'getSandbox' | 'updateSandbox' | 'deleteSandbox' | 'createTenantSandbox'
> = {
  listSandboxes: withQuery(listSandboxes),
  createSandbox: withBody(createSandbox),
  getSandbox: plain(getSandbox),
  updateSandbox: withBody(updateSandbox),
  deleteSandbox: plain(deleteSandbox),
  createTenantSandbox: withBody(createTenantSandbox),
};
