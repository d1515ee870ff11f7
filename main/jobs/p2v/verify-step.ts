import { z } from 'zod';
import { FailureError } from '../../hosts/failures.ts';
import { Pace } from '../../storage/pace.ts';
import { overLostLinks } from '../../storage/steps/deps.ts';
import type { StepContext } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import { imageFailure } from './failure.ts';
import { readImageFacts } from './image-facts.ts';
import { stepOnParam, stepPlace, waitedFor, type SavedStepDeps } from './step-place.ts';
import { contentsOf } from './survey.ts';
import { verifyImage } from './verify.ts';

const verifyParams = z.object({
  /** The image's directory or tar. */
  image: z.string(),
  on: stepOnParam,
});
type VerifyParams = z.infer<typeof verifyParams>;

/** Reads all of an image before anything is made of it: what is damaged ends the job. */
export function verifyStep(deps: SavedStepDeps) {
  return stepKind<VerifyParams, null>({
    name: 'p2v.verify',
    params: verifyParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const hosts = waitedFor(params.on);
      const faults = await overLostLinks(deps, { step, hosts }, () => readAll(params, step, deps)).catch(
        (error: unknown) => {
          throw imageFailure(error);
        },
      );
      const [first, ...more] = faults;
      if (first === undefined) return null;
      throw new FailureError({
        code: 'CONFLICT',
        message: `The image is damaged, and nothing was made of it. ${first}`,
        ...(more.length === 0 ? {} : { detail: faults.join('\n') }),
      });
    },
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

/** What is wrong with it, in sentences. */
async function readAll(
  { image: path, on }: VerifyParams,
  step: StepContext,
  { clock, sources }: SavedStepDeps,
): Promise<string[]> {
  const { files, image } = await readImageFacts(stepPlace(on, step, sources), path);
  const total = contentsOf(image).reduce((sum, { data }) => sum + data.storedBytes, 0);
  const pace = new Pace(clock, total, (now) => step.progress(now));
  const { contents, faults } = await verifyImage(files, image, {
    signal: step.signal,
    onProgress: ({ doneBytes }) => pace.at(doneBytes),
  });
  for (const { name, checked, packed, lists, fault } of contents)
    if (fault === null && (checked ?? 'none') === 'none' && packed === null && lists.length === 0)
      step.log(`${name} is whole as far as it can be seen: its image has no checksums`);
  return [...contents.flatMap(({ fault }) => fault ?? []), ...faults];
}
