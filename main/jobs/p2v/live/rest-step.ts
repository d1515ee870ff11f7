import { z } from 'zod';
import { Pace } from '../../../storage/pace.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { volumeParams } from '../../../storage/steps/volume-calls.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { DeviceReader } from './device-reader.ts';
import { diskLayout, heldParts } from './disk-layout.ts';
import { SourceDiskReader } from './disk-reader.ts';
import { heldSnapshots, reading, takenFor } from './held.ts';
import { layoutFacts } from './layout-facts.ts';
import { rewrite } from './rewrite.ts';
import { sourceParams, type SourceOf } from './source-params.ts';
import { packing } from '../../source/devices.ts';

const restParams = volumeParams.extend(sourceParams.shape).extend({
  facts: layoutFacts,
  packing,
  /** Id of the step that read the disk before there were snapshots. */
  read: z.string(),
  lease: z.string(),
  snapshots: heldSnapshots,
});
export type RestParams = z.infer<typeof restParams>;

/** Zeros between that are shorter are written, too: to begin anew costs as much. */
const WORTH_SKIPPING = 4 * 1024 ** 2;

/** Puts what snapshots hold into a copy that was read before there were any. */
export function restStep(wait: HostWait, sourceOf: SourceOf): StepKind {
  const fill = async (params: RestParams, step: StepContext): Promise<null> => {
    const { facts, lease, snapshots, source: from, read: by, packing: packed, ...at } = params;
    const host = sourceOf(from, step);
    const reader = new DeviceReader(host, packed);
    return reading(host, { lease, snapshots }, step, async () => {
      const taken = await takenFor({ facts, snapshots }, { host, reader, step });
      const ranges = new SourceDiskReader(reader, heldParts(facts, taken)).filled(WORTH_SKIPPING);
      const source = new SourceDiskReader(reader, diskLayout(facts, taken));
      let written = 0;
      const total = ranges.reduce((sum, { length }) => sum + length, 0);
      const pace = new Pace(wait.clock, total, (now) => step.progress(now));
      await rewrite(
        step,
        { at, by, source },
        {
          ranges,
          clock: wait.clock,
          done: (bytes) => pace.at((written += bytes)),
        },
      );
      return null;
    });
  };
  return stepKind<RestParams, null>({
    name: 'p2v.rest',
    params: restParams,
    check: () => Promise.resolve(),
    run: fill,
    // What is written twice is the same.
    settle: async (params, step) => ({ done: true, result: await fill(params, step) }),
    // The step that made the volume takes it back.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}
