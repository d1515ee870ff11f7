import { z } from 'zod';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { takeBack, volumeParams } from '../../../storage/steps/volume-calls.ts';
import { stepKind } from '../../engine/step-kinds.ts';

/** `by`: the step that made it; `again`: that made it again, where the first one's was cleared. */
const clearParams = volumeParams.extend({ by: z.string(), again: z.string().nullable().default(null) });

/** Deletes a volume that was there for the time of the job. */
export function clearStep(wait: Pick<HostWait, 'clock'>) {
  return stepKind<z.infer<typeof clearParams>, null>({
    name: 'clone.clear',
    params: clearParams,
    check: () => Promise.resolve(),
    async run({ by, again, ...volume }, step) {
      await takeBack(volume, step, { ...wait, by });
      if (again !== null) await takeBack(volume, step, { ...wait, by: again });
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}
