import type { Clock } from '../../../hosts/clock.ts';
import type { StepKind } from '../../engine/step.ts';
import { moveStep } from './move.ts';
import { undefineStep } from './undefine.ts';

/**
 * The kinds of steps that moving a machine to another host takes.
 * @param deps `turnsDir`: the programs that share it count together who leaves a host
 */
export function migrateStepKinds(deps: { readonly clock: Clock; readonly turnsDir: string }): StepKind[] {
  return [moveStep(deps), undefineStep];
}
