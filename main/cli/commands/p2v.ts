import type { ClonezillaImage, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { isDiskFileAt } from '../../jobs/p2v/disk-file.ts';
import { inspectionOf } from '../../jobs/p2v/inspection.ts';
import { openImageFiles } from '../../jobs/p2v/image-files.ts';
import { planRestore, type RestorePlan } from '../../jobs/p2v/plan.ts';
import { restoreToFile } from '../../jobs/p2v/restore.ts';
import { survey } from '../../jobs/p2v/survey.ts';
import { verifyImage } from '../../jobs/p2v/verify.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { bytes } from '../format.ts';
import { inspectDiskFile, restoreDiskFile, verifyDiskFile } from './p2v-disk-file.ts';
import { explained } from './p2v-errors.ts';
import type { ImageFrom } from './p2v-place.ts';
import { refuseExisting, refuseFull, writeFault } from './p2v-new-file.ts';
import { inspectionLines, verifiedLines } from './p2v-text.ts';
import { watched } from './p2v-watched.ts';

export async function inspectImage(from: ImageFrom): Promise<ExitCode> {
  const { output, place, path } = from;
  return explained(async () => {
    if (await isDiskFileAt(place, path)) return inspectDiskFile(from);
    const { files, image } = await open(from);
    const inspection = inspectionOf(image, await survey(files, image));
    output.either(inspection, () => inspectionLines(inspection).forEach((line) => output.line(line)));
    return EXIT.done;
  });
}

export async function verifyDirectory(from: ImageFrom): Promise<ExitCode> {
  const { output, place, path } = from;
  return explained(async () => {
    if (await isDiskFileAt(place, path)) return verifyDiskFile(from);
    const { files, image } = await open(from);
    const verified = await watched(output, (watch) => verifyImage(files, image, watch));
    output.either(verified, () => verifiedLines(verified).forEach((line) => output.line(line)));
    for (const warning of verified.warnings) output.note(warning);
    const faults = [...verified.contents.flatMap(({ fault }) => fault ?? []), ...verified.faults];
    for (const message of faults) output.failure({ code: 'BAD_INPUT', message });
    return faults.length === 0 ? EXIT.done : EXIT.failed;
  });
}

export interface RestoreOptions {
  readonly toRaw: string;
  readonly disk?: string;
  readonly size?: number;
}

export async function restoreDisk(from: ImageFrom, options: RestoreOptions): Promise<ExitCode> {
  const { output, place, path } = from;
  const { toRaw: file, size: sizeBytes = null } = options;
  return explained(async () => {
    await refuseExisting(file);
    if (await isDiskFileAt(place, path)) return restoreDiskFile(from, options);
    const { files, image } = await open(from);
    const disk = chosenDisk(image, options.disk);
    const plan = planRestore(image, await survey(files, image), { disk, sizeBytes });
    refuseProblems(plan);
    await refuseFull(plan.writesBytes, file);
    for (const warning of plan.warnings) output.note(warning);
    await watched(output, (watch) => restoreToFile(files, plan, file, watch)).catch((error: unknown) => {
      throw writeFault(file, error);
    });
    const { sizeBytes: made, warnings } = plan;
    output.either({ disk: disk.name, file, sizeBytes: made, warnings, done: true }, () =>
      output.line(`${disk.name} restored to ${file} (${bytes(made)})`),
    );
    return EXIT.done;
  });
}

async function open({ place, path }: ImageFrom): Promise<{ files: ImageFiles; image: ClonezillaImage }> {
  const files = await openImageFiles(place, path);
  return { files, image: await readImage(files) };
}

function chosenDisk({ disks }: ClonezillaImage, name: string | undefined): ImageDisk {
  const names = disks.map((disk) => disk.name).join(', ');
  const [first, second] = disks;
  if (name === undefined && first !== undefined && second === undefined) return first;
  if (name === undefined)
    throw new UsageError(`The image has several disks: ${names}. Name one with --disk.`);
  const found = disks.find((disk) => disk.name === name);
  if (found === undefined) throw new UsageError(`The image has no disk ${name}; it has ${names}.`);
  return found;
}

function refuseProblems({ disk, problems }: RestorePlan): void {
  const [first, ...rest] = problems;
  if (first === undefined) return;
  throw new CliError({
    code: 'UNSUPPORTED',
    message: `${disk} cannot be restored. ${first}`,
    ...(rest.length === 0 ? {} : { detail: rest.join('\n') }),
  });
}
