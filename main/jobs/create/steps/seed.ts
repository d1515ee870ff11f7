import { z } from 'zod';
import { writeIso } from '../../../../drivers/formats/iso9660/index.ts';
import { bufferSource } from '../../../storage/byte-source.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { fillVolume } from './fill.ts';
import { assertNoVolume, clearHalf, deleteVolume } from './host-calls.ts';

export const seedParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
  /** The label that the guest looks for. */
  label: z.string(),
  /** The secret that holds the files: JSON of `seedFiles`. There may be passwords in them. */
  secret: z.string(),
});
type SeedParams = z.infer<typeof seedParams>;

export const seedFiles = z.array(z.object({ path: z.string(), text: z.string() }));
export type SeedFiles = z.infer<typeof seedFiles>;

/** Makes a CD of what the guest reads at its first boot. */
export const seedStep = stepKind<SeedParams, null>({
  name: 'create.seed',
  params: seedParams,
  check: (params, step) => assertNoVolume(step, params.host, params),
  async run(params, step) {
    const files = seedFilesOf(await step.secret(params.secret));
    const image = writeIso({
      volumeId: params.label,
      files: files.map(({ path, text }) => ({ path, content: Buffer.from(text, 'utf8') })),
    });
    await fillVolume(step, { ...params, source: bufferSource(image), algorithm: 'sha256', wait: null });
    return null;
  },
  settle: (params, step) => clearHalf(step, params.host, params),
  undo: (params, _, step) => deleteVolume(step, params.host, params),
  leaves: ({ name, poolName }) => `volume ${name} in pool ${poolName}`,
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
