/** What a disk file is, by its first bytes. `raw` is also an ISO image, and anything that is not known. */
export type ImageFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhdx';

const MAGICS: readonly { readonly format: ImageFormat; readonly at: number; readonly bytes: string }[] = [
  { format: 'qcow2', at: 0, bytes: 'QFI\xfb' },
  { format: 'vmdk', at: 0, bytes: 'KDMV' },
  { format: 'vhdx', at: 0, bytes: 'vhdxfile' },
  { format: 'vdi', at: 64, bytes: '\x7f\x10\xda\xbe' },
];
const HEAD_BYTES = 72;

/** Reads the beginning of a file. */
export async function imageFormat(file: Pick<Blob, 'slice'>): Promise<ImageFormat> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = String.fromCharCode(...head);
  return MAGICS.find(({ at, bytes }) => text.startsWith(bytes, at))?.format ?? 'raw';
}
