import type { CreateInput, CreateSource } from '../../contract/create.ts';

/** A saved disk that a new volume is filled with. */
export interface VolumeImageDisk {
  /** The image's directory or tar, or the disk's own file, on this computer. */
  readonly path: string;
  /** `sda` of an image; null: the file is the disk. */
  readonly disk: string | null;
}

/** Names of the saved disks that fill the spec's new ones, in order, as a SavedMachine has them; null: the source has none. */
export function savedDisksOf(source: CreateSource): readonly string[] | null {
  if (source.kind === 'clonezilla') return source.disks;
  return source.kind === 'diskFile' ? source.paths : null;
}

/** The saved disk that fills the spec's disk of that index; null: it is none of those that are filled. */
export function imageDiskOf({ source, spec }: CreateInput, index: number): VolumeImageDisk | null {
  const name = savedDisksOf(source)?.[filledDisks(spec).indexOf(index)];
  if (name === undefined) return null;
  return source.kind === 'clonezilla' ? { path: source.path, disk: name } : { path: name, disk: null };
}

/** The new disks, by their index, in order. */
export function filledDisks({ disks }: CreateInput['spec']): number[] {
  return disks.flatMap(({ device, source }, index) =>
    device === 'disk' && source.kind === 'new' ? [index] : [],
  );
}
