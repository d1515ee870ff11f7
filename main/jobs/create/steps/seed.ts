import { z } from 'zod';
import { writeIso } from '../../../../drivers/formats/iso9660/index.ts';
import { bufferSource } from '../../../storage/byte-source.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { systemClock } from '../../../hosts/clock.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';

export const seedFiles = z.array(z.object({ path: z.string(), text: z.string() }));
export type SeedFiles = z.infer<typeof seedFiles>;

export const seedParams = volumeParams.extend({
  /** The label that the guest looks for. */
  label: z.string(),
  /** The secret that holds the files: JSON of `seedFiles`. There may be passwords in them. Null: `files` has them. */
  secret: z.string().nullable(),
  /** Those that hold nothing that only a person knows: with them the job goes on also where secrets are not kept. */
  files: seedFiles.nullable().default(null),
});
type SeedParams = z.infer<typeof seedParams>;

/** How a step is told its files. */
export type SeedTold = Pick<SeedParams, 'secret' | 'files'>;

/** @param secret its name; null: nothing in them is one */
export function tellSeed(files: SeedFiles, secret: string | null, secrets: Record<string, string>): SeedTold {
  if (secret === null) return { secret, files };
  secrets[secret] = JSON.stringify(files);
  return { secret, files: null };
}

const wait = { clock: systemClock };

/** Makes a CD of what the guest reads at its first boot. */
export const seedStep = stepKind<SeedParams, null>({
  name: 'create.seed',
  params: seedParams,
  asks: ({ secret }) => (secret === null ? [] : [secret]),
  check: (params, step) => checkFree(params, step),
  async run(params, step) {
    const { secret } = params;
    const files = secret === null ? (params.files ?? []) : seedFilesOf(await step.secret(secret));
    const image = writeIso({
      volumeId: params.label,
      files: files.map(({ path, text }) => ({ path, content: Buffer.from(text, 'utf8') })),
    });
    await fillVolume(step, {
      ...params,
      source: bufferSource(image),
      algorithm: 'sha256',
      wait,
    });
    return null;
  },
  settle: (params, step) => clearHalf(params, step, wait),
  undo: (params, _result, step) => takeBack(params, step, wait),
  leaves: (params) => volumeLeft(params),
});

/** @throws FailureError UNSUPPORTED */
export function seedFilesOf(secret: string): SeedFiles {
  const parsed = seedFiles.safeParse(JSON.parse(secret));
  if (parsed.success) return parsed.data;
  throw new FailureError({
    code: 'UNSUPPORTED',
    message: 'What the guest is to read was kept by another version.',
  });
}
