import { z } from 'zod';
import { FailureError } from '../../hosts/failures.ts';
import { failingAs } from '../../storage/byte-source.ts';
import { whenBack } from '../../storage/steps/deps.ts';
import { fillVolume } from '../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeLeft,
  volumeParams,
} from '../../storage/steps/volume-calls.ts';
import type { StepContext, StepKind } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import { imageFailure } from './failure.ts';
import type { Place } from './place.ts';
import { assertPlain } from './plain-disk.ts';
import { readSaved } from './read-saved.ts';
import { ReturningSource } from './returning-source.ts';
import { diskNamed, type DiskBytes } from './saved-machine.ts';
import { stepOnParam, stepPlace, waitedFor, type SavedStepDeps } from './step-place.ts';
import { verifyStep } from './verify-step.ts';
import { virtioStep } from './virtio/step.ts';
import { virtV2vStep } from './virt-v2v/step.ts';

const fillParams = volumeParams.extend({
  /** The image's directory or tar, or the disk's own file. */
  image: z.string(),
  on: stepOnParam,
  /** `sda`; null: the file is the disk. */
  disk: z.string().nullable(),
  sizeBytes: z.number(),
  /** The host makes another format of it, from what it takes the bytes for. */
  isConverted: z.boolean().default(false),
});
type FillParams = z.infer<typeof fillParams>;

/** The kinds of steps that a machine out of an image takes beside those of a new one. */
export function p2vStepKinds(deps: SavedStepDeps): StepKind[] {
  return [fill(deps), verifyStep(deps), virtioStep, virtV2vStep(deps)];
}

/** Makes a raw volume of a disk of an image; what is empty is not sent. */
function fill({ sources, ...wait }: SavedStepDeps) {
  const placeOf = ({ on }: FillParams, step: StepContext): Place => stepPlace(on, step, sources);
  return stepKind<FillParams, null>({
    name: 'p2v.fill',
    params: fillParams,
    async check(params, step) {
      // What has become of the image since it was planned is told before anything is made.
      const source = await openSaved(params, placeOf(params, step));
      try {
        if (params.isConverted)
          await assertPlain(params.disk ?? params.image, failingAs(source, imageFailure), step.signal);
      } finally {
        await source.close();
      }
      await checkFree(params, step);
    },
    async run(params, step) {
      const { on } = params;
      const place = placeOf(params, step);
      const opened = await openSaved(params, place);
      const source =
        on === null
          ? opened
          : new ReturningSource(opened, {
              open: () => openSaved(params, place),
              lost: (error) => whenBack(wait, { step, hosts: waitedFor(on) }, error),
            });
      try {
        await fillVolume(step, {
          ...params,
          source: failingAs(source, imageFailure),
          algorithm: null,
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
async function openSaved({ image: path, disk, sizeBytes }: FillParams, place: Place): Promise<DiskBytes> {
  const name = disk ?? path;
  try {
    const machine = await readSaved(
      place,
      disk === null ? { kind: 'diskFile', paths: [path] } : { kind: 'clonezilla', path },
    );
    const saved = diskNamed(machine, name);
    const problem =
      saved === undefined ? `The image has no disk ${name}.` : saved.plan(sizeBytes).problems[0];
    if (saved === undefined || problem !== undefined)
      throw new FailureError({ code: 'CONFLICT', message: `${name} cannot be restored. ${problem}` });
    return await saved.open(sizeBytes);
  } catch (error) {
    throw imageFailure(error);
  }
}
