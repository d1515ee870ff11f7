import type { HostWait } from '../../../storage/steps/deps.ts';
import { wayStepKinds } from '../../direct/steps.ts';
import { waySourceOf, type LoggedIn } from '../../direct/way.ts';
import type { StepKind } from '../../engine/step.ts';
import { backupStep } from './backup.ts';
import { clearStep } from './clear.ts';
import { firmwareStep } from './firmware.ts';
import { closeFolderStep, openFolderStep } from './folder.ts';
import { keepTemplateStep } from './keep-template.ts';
import { sendStep } from './send.ts';
import { rejoinStep, snapshotStep } from './snapshot.ts';

/** The kinds of steps that a clone takes beside those of making a machine. */
export function cloneStepKinds(wait: HostWait, loggedIn: LoggedIn): StepKind[] {
  return [
    keepTemplateStep,
    openFolderStep(wait),
    closeFolderStep(wait),
    firmwareStep(wait),
    backupStep(wait),
    snapshotStep(wait),
    rejoinStep(wait),
    sendStep(wait),
    ...wayStepKinds({ of: 'clone', wait, sourceOf: waySourceOf(loggedIn, wait.clock), apart: false }),
    clearStep(wait),
  ];
}
