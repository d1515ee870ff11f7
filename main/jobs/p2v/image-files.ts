import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { openTar } from './image-tar.ts';
import type { Place } from './place.ts';

/** The files of an image: its directory, or a tar of it. @throws {ClonezillaError} */
export async function openImageFiles(place: Place, path: string): Promise<ImageFiles> {
  switch (await place.look(path)) {
    case 'directory':
      return place.openFolder(path);
    case 'file':
      return openTar(place, path);
    case 'other':
      throw new ClonezillaError('NOT_AN_IMAGE', `${path} is no directory and no file.`);
    case 'nothing':
      throw new ClonezillaError('NOT_AN_IMAGE', `${path} is not there. Name the directory of an image.`);
  }
}
