import type { StepKind } from '../engine/step.ts';
import { directStep } from './direct-step.ts';
import { keyStep } from './key-step.ts';
import { shutStep } from './shut-step.ts';
import type { WayKinds } from './way.ts';

/** The kinds of steps that open and close a way from a source straight to a host. */
export function wayStepKinds(kinds: WayKinds): StepKind[] {
  return [keyStep(kinds), directStep(kinds), shutStep(kinds)];
}
