import { z } from 'zod';
import type { OfferedFiles } from '../../../storage/offered-files.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import type { StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { fillVolume } from './fill.ts';
import { assertNoVolume, deleteVolume } from './host-calls.ts';

export const uploadParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
  /** Id of the offered file: good in the process alone that it was offered to. */
  file: z.string(),
});
type UploadParams = z.infer<typeof uploadParams>;

/** Makes a volume of a file of the laptop, byte for byte. */
export function uploadStep(files: OfferedFiles, wait: HostWait): StepKind {
  return stepKind<UploadParams, { sha256: string }>({
    name: 'create.upload',
    params: uploadParams,
    async check(params, step) {
      files.file(params.file);
      await assertNoVolume(step, params.host, params);
    },
    async run(params, step) {
      const source = files.file(params.file);
      const sha256 = await fillVolume(step, { ...params, source, algorithm: 'sha256', wait });
      step.log(`SHA-256 of ${params.name}: ${sha256}`);
      return { sha256 };
    },
    // A part of a file looks like a whole one, and the file is not offered any more.
    settle: () => Promise.resolve({ done: false }),
    undo: (params, _, step) => deleteVolume(step, params.host, params),
    leaves: ({ name, poolName }) => `volume ${name} in pool ${poolName}`,
  });
}
