import type { CreateInput } from '../../contract/create.ts';

/** A disk of an image that a new volume is filled with. */
export interface VolumeImageDisk {
  /** The image's directory or tar, on this computer. */
  readonly path: string;
  /** `sda` */
  readonly disk: string;
}

/** What the image's disk fills the spec's disk of that index; null: it is none of those that are filled. */
export function imageDiskOf({ source, spec }: CreateInput, index: number): VolumeImageDisk | null {
  if (source.kind !== 'clonezilla') return null;
  const disk = source.disks[filledDisks(spec).indexOf(index)];
  return disk === undefined ? null : { path: source.path, disk };
}

/** The new disks, by their index, in order. */
export function filledDisks({ disks }: CreateInput['spec']): number[] {
  return disks.flatMap(({ device, source }, index) =>
    device === 'disk' && source.kind === 'new' ? [index] : [],
  );
}
