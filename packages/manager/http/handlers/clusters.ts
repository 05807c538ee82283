import { createCluster, deleteCluster, getCluster, listClusters, updateCluster } from '../../app/clusters.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const clusterHandlers: Handlers<
  'listClusters' | 'createCluster' | 'getCluster' | 'updateCluster' | 'deleteCluster'
> = {
  listClusters: withQuery(listClusters),
  createCluster: withBody(createCluster),
  getCluster: plain(getCluster),
  updateCluster: withBody(updateCluster),
  deleteCluster: plain(deleteCluster),
};
