import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ClonezillaImage, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { inspectionOf } from '../../jobs/p2v/inspection.ts';
import { openLocal } from '../../jobs/p2v/local-image.ts';
import { planRestore, type RestorePlan } from '../../jobs/p2v/plan.ts';
import { exists, freeBytes, partOf } from '../../jobs/p2v/raw-disk.ts';
import { restoreToFile, type Watch } from '../../jobs/p2v/restore.ts';
import { survey } from '../../jobs/p2v/survey.ts';
import { systemWords } from '../../jobs/p2v/system-words.ts';
import { verifyImage } from '../../jobs/p2v/verify.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { bytes, percent, rate } from '../format.ts';
import type { Output } from '../output.ts';
import { inspectionLines, verifiedLines } from './p2v-text.ts';

/** What a person ends a command with. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SHOW_EVERY_MS = 100;

export async function inspectImage(output: Output, dir: string): Promise<ExitCode> {
  return explained(async () => {
    const { files, image } = await open(dir);
    const inspection = inspectionOf(image, await survey(files, image));
    output.either(inspection, () => inspectionLines(inspection).forEach((line) => output.line(line)));
    return EXIT.done;
  });
}

export async function verifyDirectory(output: Output, dir: string): Promise<ExitCode> {
  return explained(async () => {
    const { files, image } = await open(dir);
    const verified = await watched(output, (watch) => verifyImage(files, image, watch));
    output.either(verified, () => verifiedLines(verified).forEach((line) => output.line(line)));
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
    const { files, image } = await open(dir);
    const disk = chosenDisk(image, options.disk);
    const plan = planRestore(image, await survey(files, image), { disk, sizeBytes });
    refuseProblems(plan);
    await refuseFull(plan, file);
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
  const files = await openLocal(dir);
  return { files, image: await readImage(files) };
}

async function refuseExisting(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  const stats = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? refused(`${folder} is not there. Make it first.`) : error;
  });
  if (!stats.isDirectory()) throw refused(`${folder} is no directory: ${file} cannot be in it.`);
  if (await exists(file))
    throw new CliError({
      code: 'CONFLICT',
      message: `${file} is there already. Name a new file, or delete it.`,
    });
  if (await exists(partOf(file)))
    throw new CliError({
      code: 'CONFLICT',
      message: `${partOf(file)} is there already: another restore writes it, or one was killed. If none runs, delete it.`,
    });
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

async function refuseFull({ writesBytes }: RestorePlan, file: string): Promise<void> {
  const free = await freeBytes(file);
  if (writesBytes > free)
    throw noRoom(
      `${file} needs at least ${bytes(writesBytes)}, and ${bytes(free)} are free where it is to be.`,
    );
}

/** What reading could not do is told as the image's fault already. */
function writeFault(file: string, error: unknown): unknown {
  // What a plain copy needs is not known before it is read.
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return noRoom(`${file} does not fit where it is to be: no space is left. Nothing of it is kept.`);
  const words = systemWords(error);
  return words === null ? error : refused(`${file} ${words}. Nothing of it is kept.`);
}

function noRoom(message: string): CliError {
  return new CliError({ code: 'CONFLICT', message });
}

/** What an image is not, and what this computer refuses, is told as a failure, which is no wrong use. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClonezillaError) {
      const code = error.code === 'UNSUPPORTED' || error.code === 'ENCRYPTED' ? 'UNSUPPORTED' : 'BAD_INPUT';
      throw new CliError({ code, message: error.message }, EXIT.failed);
    }
    const words = systemWords(error);
    throw words === null ? error : refused(`${pathOf(error)} ${words}.`);
  }
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : 'A file';
}

function refused(message: string): CliError {
  return new CliError({ code: 'BAD_INPUT', message }, EXIT.failed);
}

/** Shows on a terminal how far it is. Told to end, it takes away what it has made before it does. */
async function watched<T>(output: Output, work: (watch: Watch) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let ending: NodeJS.Signals | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    ending = signal;
    abort.abort(new CliError({ code: 'CANCELLED', message: 'Ended by a signal.' }));
  };
  const began = Date.now();
  let shown = began;
  for (const signal of ENDING) process.once(signal, stop);
  try {
    return await work({
      signal: abort.signal,
      onProgress: ({ what, doneBytes, totalBytes }) => {
        const now = Date.now();
        if (now - shown < SHOW_EVERY_MS) return;
        shown = now;
        const perSecond = (1000 * doneBytes) / (now - began);
        output.progress(
          `${what}, ${percent((100 * doneBytes) / Math.max(1, totalBytes))}, ${rate(perSecond)} read`,
        );
      },
    });
  } finally {
    output.progress('');
    for (const signal of ENDING) process.off(signal, stop);
    if (ending !== null) process.kill(process.pid, ending);
  }
}
