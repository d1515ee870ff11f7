import type { StepKind } from '../../jobs/engine/step.ts';
import type { StorageStepDeps } from './deps.ts';
import { moveSteps } from './move.ts';
import { poolSteps } from './pool.ts';
import { defineSecret, deleteSecret, nameSecret } from './secret.ts';
import { transferSteps } from './transfer.ts';
import { volumeSteps } from './volume.ts';

export type { StorageStepDeps } from './deps.ts';

/** The kinds of steps that make, fill, copy and remove pools and volumes. */
export function storageSteps(deps: StorageStepDeps): StepKind[] {
  return [
    defineSecret,
    deleteSecret,
    nameSecret,
    ...poolSteps(deps),
    ...volumeSteps(deps),
    ...transferSteps(deps),
    ...moveSteps(deps),
  ];
}
