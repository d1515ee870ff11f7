import type { CreateInput, CreateSource } from '../../contract/create.ts';
import type { PlanHost } from '../engine/step.ts';

/** A saved disk that a new volume is filled with. */
export interface VolumeImageDisk {
  /** The image's directory or tar, or the disk's own file. */
  readonly path: string;
  /** The host that it is on; null: this computer. */
  readonly on: PlanHost | null;
  /** `sda` of an image; null: the file is the disk. */
  readonly disk: string | null;
}

/** Names of the saved disks that fill the spec's new ones, in order, as a SavedMachine has them; null: the source has none. */
export function savedDisksOf(source: CreateSource): readonly string[] | null {
  if (source.kind === 'clonezilla') return source.disks;
  return source.kind === 'diskFile' ? source.paths : null;
}

/** The saved disk that fills the spec's disk of that index; null: it is none of those that are filled. */
export function imageDiskOf(
  { source, spec }: CreateInput,
  on: PlanHost | null,
  index: number,
): VolumeImageDisk | null {
  const name = savedDisksOf(source)?.[filledDisks(spec).indexOf(index)];
  if (name === undefined) return null;
  return source.kind === 'clonezilla'
    ? { path: source.path, on, disk: name }
    : { path: name, on, disk: null };
}

/** As a person names it on the command line: `kvm-b:/srv/images/web`. */
export function placedPath({ path, on }: Pick<VolumeImageDisk, 'path' | 'on'>): string {
  return on === null ? path : `${on.name}:${path}`;
}

/** The new disks, by their index, in order. */
export function filledDisks({ disks }: CreateInput['spec']): number[] {
  return disks.flatMap(({ device, source }, index) =>
    device === 'disk' && source.kind === 'new' ? [index] : [],
  );
}
