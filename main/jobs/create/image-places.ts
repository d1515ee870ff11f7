import type { CreateInput, CreateSource } from '../../contract/create.ts';
import type { SavedStepOn } from '../p2v/step-place.ts';
import type { SavedOn } from '../p2v/read-saved.ts';

/** A saved disk that a new volume is filled with. */
export interface VolumeImageDisk {
  /** The image's directory or tar, or the disk's own file; a running machine as it was named. */
  readonly path: string;
  /** Null: on this computer. */
  readonly on: SavedOn | null;
  /** `sda` of an image; null: the file is the disk. */
  readonly disk: string | null;
}

/** Names of the saved disks, or of a running machine's, that fill the spec's new ones, in order; null: the source has none. */
export function savedDisksOf(source: CreateSource): readonly string[] | null {
  if (source.kind === 'clonezilla' || source.kind === 'live') return source.disks;
  return source.kind === 'diskFile' ? source.paths : null;
}

/** The saved disk that fills the spec's disk of that index; null: it is none of those that are filled. */
export function imageDiskOf(
  { source, spec }: CreateInput,
  on: SavedOn | null,
  index: number,
): VolumeImageDisk | null {
  const name = savedDisksOf(source)?.[filledDisks(spec).indexOf(index)];
  if (name === undefined) return null;
  if (source.kind === 'live') return { path: source.target, on, disk: name };
  return source.kind === 'clonezilla'
    ? { path: source.path, on, disk: name }
    : { path: name, on, disk: null };
}

/** As a person names it on the command line: `kvm-b:/srv/images/web`. */
export function placedPath({ path, on }: Pick<VolumeImageDisk, 'path' | 'on'>): string {
  if (on === null) return path;
  return `${on.kind === 'host' ? on.host.name : on.target}:${path}`;
}

/** As a step has it. */
export function stepOn(on: SavedOn | null): SavedStepOn | null {
  if (on === null) return null;
  if (on.kind === 'host') return { host: on.host.id };
  return { ssh: on.target, keyFile: on.keyFile };
}

/** The new disks, by their index, in order. */
export function filledDisks({ disks }: CreateInput['spec']): number[] {
  return disks.flatMap(({ device, source }, index) =>
    device === 'disk' && source.kind === 'new' ? [index] : [],
  );
}
