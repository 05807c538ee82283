import { getQueue, retryQueueKey } from '../../app/queue.ts';
import { type Handlers, plain } from './handler.ts';

export const queueHandlers: Handlers<'getQueue' | 'retryQueueKey'> = {
  getQueue: plain(getQueue),
  retryQueueKey: plain(retryQueueKey),
};
