import { getClusterCapabilities } from '../../app/capabilities.ts';
import { createCluster, deleteCluster, getCluster, listClusters, updateCluster } from '../../app/clusters.ts';
import { cordonCluster, uncordonCluster } from '../../app/cordon.ts';
import { listClusterSandboxes } from '../../app/sandboxes.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const clusterHandlers: Handlers<
  | 'listClusters'
  | 'createCluster'
  | 'getCluster'
  | 'updateCluster'
  | 'deleteCluster'
  | 'cordonCluster'
  | 'uncordonCluster'
  | 'getClusterCapabilities'
  | 'listClusterSandboxes'
> = {
  listClusters: withQuery(listClusters),
  createCluster: withBody(createCluster),
  getCluster: plain(getCluster),
  updateCluster: withBody(updateCluster),
  deleteCluster: plain(deleteCluster),
  cordonCluster: plain(cordonCluster),
  uncordonCluster: plain(uncordonCluster),
  getClusterCapabilities: plain(getClusterCapabilities),
  listClusterSandboxes: withQuery(listClusterSandboxes),
};
