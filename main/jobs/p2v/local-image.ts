import { stat } from 'node:fs/promises';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { openFolder } from './local-folder.ts';
import { openTar } from './local-tar.ts';
import { readFault } from './system-words.ts';

/** The files of an image on this computer: its directory, or a tar of it. @throws {ClonezillaError} */
export async function openLocal(path: string): Promise<ImageFiles> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw readFault(path, error);
    throw new ClonezillaError('NOT_AN_IMAGE', `${path} is not there. Name the directory of an image.`);
  });
  if (stats.isDirectory()) return openFolder(path);
  if (stats.isFile()) return openTar(path);
  throw new ClonezillaError('NOT_AN_IMAGE', `${path} is no directory and no file.`);
}
