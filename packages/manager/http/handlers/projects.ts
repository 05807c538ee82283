import { createProject, deleteProject, getProject, listProjects, putProject } from '../../app/projects.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const projectHandlers: Handlers<
  'listProjects' | 'createProject' | 'getProject' | 'putProject' | 'deleteProject'
> = {
  listProjects: withQuery(listProjects),
  createProject: withBody(createProject),
  getProject: plain(getProject),
  putProject: withBody(putProject),
  deleteProject: plain(deleteProject),
};
