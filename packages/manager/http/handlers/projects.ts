import {
  createClusterProject,
  createProject,
  deleteClusterProject,
  deleteProject,
  getClusterProject,
  getProject,
  listClusterProjects,
  listProjects,
  putClusterProject,
  putProject,
} from '../../app/projects.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const projectHandlers: Handlers<
  | 'listProjects'
  | 'createProject'
  | 'getProject'
  | 'putProject'
  | 'deleteProject'
  | 'listClusterProjects'
  | 'createClusterProject'
  | 'getClusterProject'
  | 'putClusterProject'
  | 'deleteClusterProject'
> = {
  listProjects: withQuery(listProjects),
  createProject: withBody(createProject),
  getProject: plain(getProject),
  putProject: withBody(putProject),
  deleteProject: plain(deleteProject),
  listClusterProjects: withQuery(listClusterProjects),
  createClusterProject: withBody(createClusterProject),
  getClusterProject: plain(getClusterProject),
  putClusterProject: withBody(putClusterProject),
  deleteClusterProject: plain(deleteClusterProject),
};
