import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { CreateSource } from '../../contract/create.ts';
import type { SourceAddress } from '../../contract/p2v-source.ts';
import type { PlanHost } from '../engine/step.ts';
import { diskFileMachine } from './disk-file-machine.ts';
import { imageMachine, readImageFacts } from './image-facts.ts';
import type { Place } from './place.ts';
import type { SavedMachine } from './saved-machine.ts';

/** Where a machine is saved: an image of Clonezilla, or the files of its disks. */
export type SavedAt =
  | { readonly kind: 'clonezilla'; readonly path: string }
  | { readonly kind: 'diskFile'; readonly paths: readonly string[] };

/** Where a saved machine is read: on a connected host, or another machine that SSH reaches. */
export type SavedOn =
  { readonly kind: 'host'; readonly host: PlanHost } | ({ readonly kind: 'ssh' } & SourceAddress);

/** A place, and where that is; null: this computer. */
export interface SavedPlace {
  readonly place: Place;
  readonly on: SavedOn | null;
}

/** @throws {ClonezillaError}; what the place throws */
export async function readSaved(place: Place, at: SavedAt): Promise<SavedMachine> {
  if (at.kind === 'diskFile') return diskFileMachine(place, at.paths);
  return imageMachine(await readImageFacts(place, at.path));
}

export type SavedSource = Extract<CreateSource, SavedAt>;

/** The source, where that is a saved machine. */
export function savedSource(source: CreateSource): SavedSource | null {
  return source.kind === 'clonezilla' || source.kind === 'diskFile' ? source : null;
}

/** Why it cannot be read, in a sentence, where its bytes say so. */
export async function readSavedOrFault(place: Place, at: SavedAt): Promise<SavedMachine | string> {
  return readSaved(place, at).catch((error: unknown) => {
    if (error instanceof ClonezillaError) return error.message;
    throw error;
  });
}
