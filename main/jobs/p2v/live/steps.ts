import type { HostWait } from '../../../storage/steps/deps.ts';
import type { StepKind } from '../../engine/step.ts';
import { wayStepKinds } from '../../direct/steps.ts';
import { waySourceOf } from '../../direct/way.ts';
import { filesStep } from './first-boot/files-step.ts';
import { changesStep } from './changes-step.ts';
import { readStep } from './read-step.ts';
import { releaseStep } from './release-step.ts';
import { restStep } from './rest-step.ts';
import { servicesStep } from './services-step.ts';
import { snapshotStep } from './snapshot-step.ts';
import type { SourceOf } from './source-params.ts';

/** The kinds of steps that a machine out of a running one takes, beside those of a new one. */
export function liveStepKinds(wait: HostWait, sourceOf: SourceOf): StepKind[] {
  return [
    servicesStep(sourceOf),
    filesStep(sourceOf),
    snapshotStep(sourceOf),
    ...wayStepKinds({ of: 'p2v', wait, sourceOf: waySourceOf(sourceOf, wait.clock), apart: true }),
    readStep(wait, sourceOf),
    changesStep(wait, sourceOf),
    restStep(wait, sourceOf),
    releaseStep(sourceOf),
  ];
}
