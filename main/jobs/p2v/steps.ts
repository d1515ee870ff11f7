import { z } from 'zod';
import { FailureError } from '../../hosts/failures.ts';
import { failingAs } from '../../storage/byte-source.ts';
import type { HostWait } from '../../storage/steps/deps.ts';
import { fillVolume } from '../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeLeft,
  volumeParams,
} from '../../storage/steps/volume-calls.ts';
import type { StepKind } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import { DiskSource } from './disk-source.ts';
import { imageFailure } from './failure.ts';
import { planOfDisk, readImageFacts } from './image-facts.ts';

const fillParams = volumeParams.extend({
  /** The image's directory or tar, on this computer. */
  image: z.string(),
  /** `sda` */
  disk: z.string(),
  sizeBytes: z.number(),
});
type FillParams = z.infer<typeof fillParams>;

/** The kinds of steps that a machine out of an image takes beside those of a new one. */
export function p2vStepKinds(wait: HostWait): StepKind[] {
  return [fill(wait)];
}

/** Makes a raw volume of a disk of an image; what is empty is not sent. */
function fill(wait: HostWait) {
  return stepKind<FillParams, null>({
    name: 'p2v.fill',
    params: fillParams,
    async check(params, step) {
      // What has become of the image since it was planned is told before anything is made.
      await (await openDisk(params)).close();
      await checkFree(params, step);
    },
    async run(params, step) {
      const source = await openDisk(params);
      try {
        await fillVolume(step, {
          ...params,
          source: failingAs(source, imageFailure),
          algorithm: null,
          clock: wait.clock,
          wait,
        });
        return null;
      } finally {
        await source.close();
      }
    },
    // A half looks like all of it: it goes, and is made anew from the image, which is still there.
    settle: (params, step) => clearHalf(params, step, wait),
    undo: (params, _result, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
  });
}

/** @throws FailureError */
async function openDisk({ image: folder, disk, sizeBytes }: FillParams): Promise<DiskSource> {
  try {
    const facts = await readImageFacts(folder);
    const plan = planOfDisk(facts, disk, sizeBytes);
    const problem = plan === null ? `The image has no disk ${disk}.` : plan.problems[0];
    if (plan === null || problem !== undefined)
      throw new FailureError({ code: 'CONFLICT', message: `${disk} cannot be restored. ${problem}` });
    return new DiskSource(facts.files, plan);
  } catch (error) {
    throw imageFailure(error);
  }
}
