import type { Clock } from '../../../hosts/clock.ts';
import type { StepKind } from '../../engine/step.ts';
import { moveStep } from './move.ts';
import { undefineStep } from './undefine.ts';

/** The kinds of steps that moving a machine to another host takes. */
export function migrateStepKinds(deps: { readonly clock: Clock }): StepKind[] {
  return [moveStep(deps), undefineStep];
}
