import type { StepContext } from '../engine/step.ts';
import { programsOf } from '../host-commands.ts';
import { hostPlace } from './host-place.ts';
import { localPlace } from './local-place.ts';
import type { Place } from './place.ts';

/**
 * Where a step reads a saved machine.
 * @param on a host of the plan; null: this computer
 * @throws FailureError HOST_UNREACHABLE while it is not connected
 */
export function stepPlace(on: string | null, step: StepContext): Place {
  if (on === null) return localPlace;
  const { name } = step.session(on);
  return hostPlace({ name, exec: () => programsOf(step.session(on)), signal: step.signal });
}
