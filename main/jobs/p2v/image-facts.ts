import path from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ClonezillaImage, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { isLocalDiskFile } from './disk-file.ts';
import { openLocal } from './local-image.ts';
import type { Facts } from './plan-builder.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import { survey } from './survey.ts';

/** An image of this computer, as its small files and the headers of its contents tell it. */
export interface ImageFacts {
  readonly files: ImageFiles;
  readonly image: ClonezillaImage;
  readonly contents: Facts;
}

/** @throws {ClonezillaError} */
export async function readImageFacts(folder: string): Promise<ImageFacts> {
  // Where this program was started says nothing of where the next one that goes on with a job is.
  if (!path.isAbsolute(folder))
    throw new ClonezillaError('NOT_AN_IMAGE', `${folder} is no whole path: begin it with ${path.sep}.`);
  if (await isLocalDiskFile(folder).catch(() => false))
    throw new ClonezillaError(
      'UNSUPPORTED',
      `${folder} is a VHDX or VHD. Make a raw disk of it (p2v restore), upload that, and make the machine on it.`,
    );
  const files = await openLocal(folder);
  const image = await readImage(files);
  return { files, image, contents: await survey(files, image) };
}

/** The same; why it cannot be read, in a sentence. */
export async function readImageOrFault(folder: string): Promise<ImageFacts | string> {
  return readImageFacts(folder).catch((error: unknown) => {
    if (error instanceof ClonezillaError) return error.message;
    throw error;
  });
}

/** What a disk of an image takes; null: the image has no such disk. */
export function planOfDisk(
  { image, contents }: Pick<ImageFacts, 'image' | 'contents'>,
  name: string,
  sizeBytes: number | null,
): RestorePlan | null {
  const disk = diskOf(image, name);
  return disk === undefined ? null : planRestore(image, contents, { disk, sizeBytes });
}

function diskOf({ disks }: ClonezillaImage, name: string): ImageDisk | undefined {
  return disks.find((disk) => disk.name === name);
}
