import type { HostWait } from '../../../storage/steps/deps.ts';
import type { StepKind } from '../../engine/step.ts';
import { bootFileStep } from './boot-file.ts';
import { fetchStep, type Fetching } from './fetch.ts';
import { installerEndStep, installerStep, removeBootFileStep, startInstalledStep } from './installer.ts';
import { defineStep, startStep } from './machine.ts';
import { seedStep } from './seed.ts';
import { unpackStep } from './unpack.ts';
import { verifyStep } from './verify.ts';

/** The kinds of steps that making a machine takes. */
export function createStepKinds({
  fetching,
  ...wait
}: HostWait & {
  readonly fetching: Fetching;
}): StepKind[] {
  return [
    fetchStep(fetching, wait),
    verifyStep,
    seedStep,
    unpackStep,
    defineStep,
    startStep,
    bootFileStep(wait),
    installerStep,
    installerEndStep(wait),
    removeBootFileStep(wait),
    startInstalledStep(wait),
  ];
}
