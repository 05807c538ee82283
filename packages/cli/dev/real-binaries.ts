import { type Binaries, BuildError, ensureBinaries } from '../../../e2e/real/build.ts';
import { CommandFailure } from '../output/failure.ts';
import { createProgress, type Progress } from '../output/progress.ts';

/**
 * Builds what the real world still lacks, with progress; milliseconds when all is cached.
 *
 * @throws CommandFailure that says what to install or shows why a build failed
 */
export async function prepareRealBinaries(progress: Progress = createProgress()): Promise<Binaries> {
  try {
    return await progress.step('Kubernetes, Capsule, kwok and helm', (say) =>
      ensureBinaries({
        onProgress: ({ component, index, total, state }) => {
          if (state === 'building') say(`building ${component} (${index} of ${total}); the first time takes minutes`);
        },
      }),
    );
  } catch (error) {
    if (error instanceof BuildError) throw new CommandFailure(error.message);
    throw error;
  }
}
