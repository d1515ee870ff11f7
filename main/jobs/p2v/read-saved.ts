import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { CreateSource } from '../../contract/create.ts';
import { diskFileMachine } from './disk-file-machine.ts';
import { imageMachine, readImageFacts } from './image-facts.ts';
import { localPlace } from './local-place.ts';
import type { SavedMachine } from './saved-machine.ts';

/** Where a machine is saved: an image of Clonezilla, or the files of its disks. */
export type SavedAt =
  | { readonly kind: 'clonezilla'; readonly path: string }
  | { readonly kind: 'diskFile'; readonly paths: readonly string[] };

/** @throws {ClonezillaError} */
export async function readSaved(at: SavedAt): Promise<SavedMachine> {
  if (at.kind === 'diskFile') return diskFileMachine(localPlace, at.paths);
  return imageMachine(await readImageFacts(localPlace, at.path));
}

/** Of a source that is a saved machine; why it cannot be read, in a sentence; null: it is another source. */
export async function readSavedOrFault(source: CreateSource): Promise<SavedMachine | string | null> {
  if (source.kind !== 'clonezilla' && source.kind !== 'diskFile') return null;
  return readSaved(source).catch((error: unknown) => {
    if (error instanceof ClonezillaError) return error.message;
    throw error;
  });
}
