import type { ClonezillaImage, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { isDiskFileAt } from '../../jobs/p2v/disk-file.ts';
import { inspectionOf } from '../../jobs/p2v/inspection.ts';
import { openImageFiles } from '../../jobs/p2v/image-files.ts';
import { localPlace } from '../../jobs/p2v/local-place.ts';
import { planRestore, type RestorePlan } from '../../jobs/p2v/plan.ts';
import { restoreToFile } from '../../jobs/p2v/restore.ts';
import { survey } from '../../jobs/p2v/survey.ts';
import { verifyImage } from '../../jobs/p2v/verify.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { bytes } from '../format.ts';
import type { Output } from '../output.ts';
import { inspectDiskFile, restoreDiskFile, verifyDiskFile } from './p2v-disk-file.ts';
import { explained } from './p2v-errors.ts';
import { refuseExisting, refuseFull, writeFault } from './p2v-new-file.ts';
import { inspectionLines, verifiedLines } from './p2v-text.ts';
import { watched } from './p2v-watched.ts';

export async function inspectImage(output: Output, dir: string): Promise<ExitCode> {
  return explained(async () => {
    if (await isDiskFileAt(localPlace, dir)) return inspectDiskFile(output, dir);
    const { files, image } = await open(dir);
    const inspection = inspectionOf(image, await survey(files, image));
    output.either(inspection, () => inspectionLines(inspection).forEach((line) => output.line(line)));
    return EXIT.done;
  });
}

export async function verifyDirectory(output: Output, dir: string): Promise<ExitCode> {
  return explained(async () => {
    if (await isDiskFileAt(localPlace, dir)) return verifyDiskFile(output, dir);
    const { files, image } = await open(dir);
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

export async function restoreDisk(output: Output, dir: string, options: RestoreOptions): Promise<ExitCode> {
  const { toRaw: file, size: sizeBytes = null } = options;
  return explained(async () => {
    await refuseExisting(file);
    if (await isDiskFileAt(localPlace, dir)) return restoreDiskFile(output, dir, options);
    const { files, image } = await open(dir);
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

async function open(dir: string): Promise<{ files: ImageFiles; image: ClonezillaImage }> {
  const files = await openImageFiles(localPlace, dir);
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
