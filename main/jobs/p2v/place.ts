import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import type { SizedSource } from '../../../drivers/formats/disk-file/disk-file.ts';

/** Where images lie: this computer, or a host. What it throws of a file names it, and is a ClonezillaError. */
export interface Place {
  /** What a path leads to, by all links; what is `other` may wait for a writer when it is opened. */
  look(path: string): Promise<'directory' | 'file' | 'other' | 'nothing'>;
  /** A directory's files. Links in it, and what is no regular file, are left out, so that nothing outside of it is read. */
  openFolder(path: string): Promise<ImageFiles>;
  openFile(path: string): Promise<PlacedFile>;
  /** What whole paths begin with, as a person writes it. */
  readonly top: string;
  /** Whether a path says by itself where it leads. */
  isWhole(path: string): boolean;
}

/**
 * Where this program was started says nothing of where the next one that goes on with a job is.
 * @throws {ClonezillaError} for a path that is none from the top
 */
export function assertWhole(place: Place, path: string): void {
  if (!place.isWhole(path))
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      `${path} is no whole path: begin it at the top, with ${place.top}.`,
    );
}

/** A file that is open. */
export interface PlacedFile extends SizedSource {
  /** So many bytes, in order; fewer where the file ends before. */
  stream(offset: number, length: number): AsyncGenerator<Uint8Array, void, void>;
  close(): Promise<void>;
}

/** Closes what was opened for the work, however that ends. */
export async function closing<T>(opened: { close(): Promise<void> }, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await opened.close();
  }
}
