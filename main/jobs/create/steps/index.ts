import type { OfferedFiles } from '../../../storage/offered-files.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import type { StepKind } from '../../engine/step.ts';
import { bootFileStep } from './boot-file.ts';
import { fetchStep, type Fetching } from './fetch.ts';
import { installerEndStep, installerStep, removeBootFileStep, startInstalledStep } from './installer.ts';
import { autostartStep, defineStep, startStep } from './machine.ts';
import { seedStep } from './seed.ts';
import { unpackStep } from './unpack.ts';
import { uploadStep } from './upload.ts';
import { volumeStep } from './volume.ts';

/** The kinds of steps that making a machine takes. */
export function createStepKinds({
  files,
  fetching,
  ...wait
}: HostWait & {
  readonly files: OfferedFiles;
  readonly fetching: Fetching;
}): StepKind[] {
  return [
    volumeStep,
    uploadStep(files, wait),
    fetchStep(fetching, wait),
    seedStep,
    unpackStep,
    defineStep,
    autostartStep,
    startStep,
    bootFileStep(wait),
    installerStep,
    installerEndStep(wait),
    removeBootFileStep(wait),
    startInstalledStep(wait),
  ];
}
