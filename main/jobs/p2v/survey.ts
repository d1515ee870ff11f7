import type { DataFile } from '../../../drivers/formats/clonezilla/data-files.ts';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ClonezillaImage } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { openContent } from './content.ts';
import type { ContentFacts, Facts } from './plan-builder.ts';

/** A content of an image, and the size of the partition or volume that it is of. */
export interface SavedContent {
  readonly name: string;
  readonly bytes: number;
  readonly data: DataFile;
}

/** The contents of an image, each once. */
export function contentsOf({ disks, groups }: ClonezillaImage): SavedContent[] {
  const volumes = groups.flatMap((group) =>
    group.volumes.map(({ name, logical, content }) => ({ name, bytes: logical.bytes, content })),
  );
  return [...disks.flatMap(({ partitions }) => partitions), ...volumes].flatMap(({ name, bytes, content }) =>
    content.kind === 'data' ? [{ name, bytes, data: content.data }] : [],
  );
}

/** What the headers of all contents say. */
export async function survey(files: ImageFiles, image: ClonezillaImage): Promise<Facts> {
  const facts = new Map<string, ContentFacts | string>();
  for (const { bytes, data } of contentsOf(image))
    try {
      const content = await openContent(files, { bytes, data });
      const { format, fileSystem, deviceBytes, usedBytes, checked } = content.image;
      facts.set(data.device, {
        format,
        fileSystem,
        deviceBytes,
        usedBytes,
        checked,
        compression: content.compression,
      });
      await content.close();
    } catch (error) {
      if (!(error instanceof ClonezillaError)) throw error;
      facts.set(data.device, error.message);
    }
  return facts;
}
