import { getAppRevision, listAppRevisions, rollbackApp } from '../../app/app-revisions.ts';
import { validateApp } from '../../app/app-validation.ts';
import { createApp, deleteApp, getApp, getAppStatus, listAllApps, listApps, patchApp, putApp } from '../../app/apps.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const appHandlers: Handlers<
  | 'listAllApps'
  | 'getAppById'
  | 'listApps'
  | 'createApp'
  | 'validateApp'
  | 'getApp'
  | 'putApp'
  | 'patchApp'
  | 'deleteApp'
  | 'rollbackApp'
  | 'getAppStatus'
  | 'listAppRevisions'
  | 'getAppRevision'
> = {
  listAllApps: withQuery(listAllApps),
  getAppById: plain(getApp),
  listApps: withQuery(listApps),
  createApp: withBody(createApp),
  validateApp: withBody(validateApp),
  getApp: plain(getApp),
  putApp: withBody(putApp),
  patchApp: withBody(patchApp),
  deleteApp: plain(deleteApp),
  rollbackApp: withBody(rollbackApp),
  getAppStatus: plain(getAppStatus),
  listAppRevisions: withQuery(listAppRevisions),
  getAppRevision: plain(getAppRevision),
};
