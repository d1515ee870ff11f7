import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ClonezillaImage } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { isDiskFileAt } from './disk-file.ts';
import { DiskSource } from './disk-source.ts';
import { openImageFiles } from './image-files.ts';
import { assertWhole, type Place } from './place.ts';
import type { Facts } from './plan-builder.ts';
import { planRestore } from './plan.ts';
import type { SavedDisk, SavedMachine } from './saved-machine.ts';
import { sectorWarning } from './sector-warning.ts';
import { survey } from './survey.ts';

/** An image of Clonezilla, as its small files and the headers of its contents tell it. */
export interface ImageFacts {
  readonly files: ImageFiles;
  readonly image: ClonezillaImage;
  readonly contents: Facts;
}

/** @throws {ClonezillaError} */
export async function readImageFacts(place: Place, path: string): Promise<ImageFacts> {
  assertWhole(place, path);
  if (await isDiskFileAt(place, path))
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      `${path} is a VHDX or VHD, and no image of Clonezilla: take it as that.`,
    );
  const files = await openImageFiles(place, path);
  const image = await readImage(files);
  return { files, image, contents: await survey(files, image) };
}

/** The machine that an image is of. */
export function imageMachine(facts: ImageFacts): SavedMachine {
  const { image } = facts;
  return {
    hardware: image.hardware,
    isWindows: isWindows(image),
    disks: image.disks.map((disk): SavedDisk => {
      const plan = (sizeBytes: number | null) => planRestore(image, facts.contents, { disk, sizeBytes });
      // A disk of a machine that is made here has the sectors of the saved one.
      const isOfSectors = (warning: string): boolean => warning === sectorWarning(disk.sectorSize);
      return {
        name: disk.name,
        sectorBytes: disk.sectorSize,
        plan: (sizeBytes) => {
          const made = plan(sizeBytes);
          return { ...made, warnings: made.warnings.filter((warning) => !isOfSectors(warning)) };
        },
        open: (sizeBytes) => Promise.resolve(new DiskSource(facts.files, plan(sizeBytes))),
      };
    }),
  };
}

/** By its file systems. */
function isWindows({ disks, groups }: ClonezillaImage): boolean {
  const partitions = disks.flatMap((disk) => disk.partitions.flatMap(({ fileSystem }) => fileSystem ?? []));
  return groups.length === 0 && partitions.includes('ntfs') && !partitions.some((name) => UNIX.test(name));
}

const UNIX = /^(?:ext|xfs|btrfs|f2fs|reiser|jfs|swap|ufs|hfs|apfs)/;
