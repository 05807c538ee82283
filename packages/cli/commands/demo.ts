/** `kubenova demo`: shows a newcomer the main job against a running `dev`. */

import { mainJob, readDevFile } from '../demo/main-job.ts';
import { createNarrator } from '../demo/narrator.ts';
import { dataPath } from '../dev/data-folder.ts';

export interface DemoOptions {
  data: string;
  fast?: boolean;
}

/**
 * Walks through the main job; waits for Enter between the steps on a terminal unless told to be fast.
 *
 * @throws CommandFailure when no `dev` runs, or a step does not come true
 */
export async function demo(options: DemoOptions): Promise<void> {
  const folder = dataPath(options.data);
  const file = readDevFile(folder);
  const paced = options.fast !== true && process.stdin.isTTY === true && process.stdout.isTTY === true;
  await mainJob(createNarrator({ kubectl: file.kubectl, paced }), file, folder);
}
