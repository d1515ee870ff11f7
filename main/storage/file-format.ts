/** What the first bytes of a file of the laptop say that it is. */
export type FileFormat =
  | { readonly type: 'raw' }
  | {
      readonly type: 'qcow2';
      /** Size of the disk in it. */
      readonly capacityBytes: number;
      /** It is not whole by itself: its bytes are partly in another file. */
      readonly needs: string | null;
    }
  /** A disk of another program, which a host would take for raw bytes. */
  | { readonly type: 'foreign'; readonly name: string };

/** So many bytes are enough. */
export const HEAD_BYTES = 4096;

const QCOW2 = Buffer.from([0x51, 0x46, 0x49, 0xfb]);
/** Bit of `incompatible_features`: the data is in another file. */
const EXTERNAL_DATA = 1n << 2n;
const FOREIGN: readonly [at: number, magic: Buffer, name: string][] = [
  [0, Buffer.from('KDMV'), 'VMDK'],
  [0, Buffer.from('# Disk DescriptorFile'), 'VMDK'],
  [0, Buffer.from('vhdxfile'), 'VHDX'],
  [0, Buffer.from('conectix'), 'VHD'],
  [0x40, Buffer.from([0x7f, 0x10, 0xda, 0xbe]), 'VDI'],
];

/** By QEMU's docs/interop/qcow2.txt and the magics of the others. */
export function fileFormat(head: Buffer): FileFormat {
  if (head.subarray(0, 4).equals(QCOW2) && head.length >= 72) {
    const version = head.readUInt32BE(4);
    if (version < 2 || version > 3) return { type: 'foreign', name: `qcow of version ${version}` };
    return { type: 'qcow2', capacityBytes: Number(head.readBigUInt64BE(24)), needs: neededBy(head, version) };
  }
  const foreign = FOREIGN.find(([at, magic]) => head.subarray(at, at + magic.length).equals(magic));
  return foreign === undefined ? { type: 'raw' } : { type: 'foreign', name: foreign[2] };
}

function neededBy(head: Buffer, version: number): string | null {
  const offset = Number(head.readBigUInt64BE(8));
  const length = head.readUInt32BE(16);
  if (offset !== 0) return head.subarray(offset, offset + length).toString('utf8') || 'another file';
  const features = version === 3 && head.length >= 80 ? head.readBigUInt64BE(72) : 0n;
  return (features & EXTERNAL_DATA) === 0n ? null : 'a data file';
}
