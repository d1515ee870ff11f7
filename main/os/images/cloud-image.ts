import type { Arch } from '../operating-system.ts';

export type ChecksumAlgorithm = 'sha256' | 'sha512';

/**
 * A disk image that its maker publishes for clouds: it boots as it is, and cloud-init sets it up from a NoCloud seed. All of these read the seed
 * from a CD drive.
 */
export interface CloudImage {
  /** `debian-12`, or `debian-12-aarch64` for what is not x86-64. */
  readonly id: string;
  /** Of the catalogue of systems. */
  readonly os: string;
  readonly name: string;
  readonly arch: Arch;
  readonly url: string;
  /** What the file is once it is unpacked; its header decides. */
  readonly format: 'qcow2' | 'raw';
  readonly compression: 'xz' | null;
  /** A file with the sums of one or more files; `parseChecksum` reads it. The sum is of the file as it is fetched, packed. */
  readonly checksumUrl: string;
  readonly algorithm: ChecksumAlgorithm;
  /** Whom the image logs in where the seed names nobody. */
  readonly user: string;
  /** What can boot it. */
  readonly firmwares: readonly ('bios' | 'efi')[];
  /** Size of the disk in the image: a machine's may be bigger, not smaller. Rounded up. */
  readonly minDiskGiB: number;
}
