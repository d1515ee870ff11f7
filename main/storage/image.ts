import { detectFormat, HEAD_BYTES, TAIL_BYTES, type ImageFormat } from '../../drivers/formats/detect.ts';
import { FormatError } from '../../drivers/formats/errors.ts';
import { readQcow2Header } from '../../drivers/formats/qcow2.ts';
import { memorySource, type RandomSource } from '../../drivers/formats/random-source.ts';
import { FailureError } from '../hosts/failures.ts';

/** What a file is, by its own bytes. */
export interface Image {
  readonly is: ImageFormat;
  /** Of the disk in it; of any other file its own size. */
  readonly capacityBytes: number;
  /** The file that it lies on: a path, or what QEMU opens by such a text. */
  readonly backingFile: string | null;
  /** The file that its bytes are in, as it names it. libvirt knows nothing of it, and QEMU opens it whoever's it is. */
  readonly dataFile: string | null;
  /** What is wrong with its header. */
  readonly damage: string | null;
}

/** What a file is brought to a host for: a disk, a CD, what a container is unpacked from, or anything that is kept in a pool. */
export const IMAGE_USES = ['disk', 'cd', 'archive', 'file'] as const;
export type ImageUse = (typeof IMAGE_USES)[number];

/** Plain bytes, which lie on nothing. Null: of blocks, or of a driver that has no formats. */
export function isRaw(format: string | null): boolean {
  return format === null || format === 'raw';
}

const PLAIN: readonly ImageFormat[] = ['raw', 'iso'];
const ARCHIVES: readonly ImageFormat[] = ['tar', 'gzip', 'bzip2', 'xz', 'zstd'];
const ALLOWED: Readonly<Record<ImageUse, readonly ImageFormat[]>> = {
  disk: [...PLAIN, 'qcow2'],
  cd: PLAIN,
  archive: ARCHIVES,
  // Of a pool too: QEMU and libvirt take these for bytes. What LUKS hides names no other file.
  file: [...PLAIN, 'qcow2', 'luks', 'zip', ...ARCHIVES],
};

const NAMES: Readonly<Partial<Record<ImageFormat, string>>> = {
  qcow2: 'a qcow2 disk',
  qed: 'a QED disk',
  cow: 'a COW disk',
  bochs: 'a Bochs disk',
  cloop: 'a cloop disk',
  dmg: 'a DMG disk',
  vmdk: 'a VMDK disk',
  vdi: 'a VDI disk',
  vhdx: 'a VHDX disk',
  vpc: 'a VHD disk',
  parallels: 'a Parallels disk',
  luks: 'an encrypted disk (LUKS)',
  iso: 'an ISO',
  raw: 'plain bytes',
};
const PACKED: readonly ImageFormat[] = [...ARCHIVES, 'zip'];

/**
 * Looks at the first bytes of a file, and at the last ones: the one place that tells what is in an image, on whichever way it comes.
 * @throws what reading it throws
 */
export async function readImage(source: RandomSource, sizeBytes: number): Promise<Image> {
  const head = await source.read(0, Math.min(HEAD_BYTES, sizeBytes));
  const tailBytes = Math.min(TAIL_BYTES, sizeBytes);
  const tail = await source.read(sizeBytes - tailBytes, tailBytes);
  const { format } = detectFormat(head, tail);
  const other = { is: format, capacityBytes: sizeBytes, backingFile: null, dataFile: null, damage: null };
  if (format !== 'qcow2') return other;
  try {
    const { virtualBytes, backingFile, externalData, dataFile } = await readQcow2Header(headOf(head, source));
    return {
      ...other,
      capacityBytes: Number(virtualBytes),
      backingFile,
      dataFile: dataFile ?? (externalData ? 'a data file' : null),
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { ...other, damage: error.message };
  }
}

/** So much of the beginning tells all that a host opens as more than bytes. */
export const BEGINNING_BYTES = 512;

/**
 * What a host takes a file of plain bytes for by its beginning, in words; null: for plain bytes. libvirt looks at it with each refresh of the
 * pool (virStorageFileProbeFormatFromBuf), and whoever wrote the bytes chose it.
 */
export function takenFor(beginning: Uint8Array): string | null {
  const { format } = detectFormat(beginning);
  return PLAIN.includes(format) || PACKED.includes(format) ? null : (NAMES[format] ?? format);
}

/** What was read is not read again. */
function headOf(head: Uint8Array, source: RandomSource): RandomSource {
  const known = memorySource(head);
  return {
    read: (offset, length) =>
      offset + length <= head.length ? known.read(offset, length) : source.read(offset, length),
  };
}

/** What an image must not be, as a sentence; null: it is good for its use. */
export function imageProblem(name: string, image: Image, use: ImageUse): string | null {
  const { is, backingFile, dataFile, damage } = image;
  const needs = dataFile ?? backingFile;
  if (!ALLOWED[use].includes(is))
    return `${name} is ${NAMES[is] ?? `packed (${is})`}${remedy(name, is, use)}`;
  if (damage !== null) return `${name} is a qcow2 disk that is damaged or of another kind: ${damage}.`;
  if (needs !== null) return `${name} is not whole by itself: it needs ${needs}.`;
  return null;
}

function remedy(name: string, is: ImageFormat, use: ImageUse): string {
  if (use === 'cd') return ', and no CD.';
  if (use === 'archive') return ', and no archive.';
  if (PACKED.includes(is)) return ': unpack it first.';
  if (is === 'luks') return ': nobody but its machine can read what is in it.';
  return `. Convert it first: qemu-img convert -O qcow2 ${name} disk.qcow2`;
}

/** @throws FailureError UNSUPPORTED, with the sentence */
export function assertImage(name: string, image: Image, use: ImageUse): void {
  const message = imageProblem(name, image, use);
  if (message !== null) throw new FailureError({ code: 'UNSUPPORTED', message });
}
