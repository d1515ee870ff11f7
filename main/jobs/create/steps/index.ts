import type { OfferedFiles } from '../../../storage/offered-files.ts';
import type { StepKind } from '../../engine/step.ts';
import { fetchStep, type Fetching } from './fetch.ts';
import { autostartStep, defineStep, startStep } from './machine.ts';
import { seedStep } from './seed.ts';
import { uploadStep } from './upload.ts';
import { volumeStep } from './volume.ts';

/** The kinds of steps that making a machine takes. */
export function createStepKinds({
  files,
  fetching,
}: {
  files: OfferedFiles;
  fetching: Fetching;
}): StepKind[] {
  return [volumeStep, uploadStep(files), fetchStep(fetching), seedStep, defineStep, autostartStep, startStep];
}
