/** Devices of a machine, and what its programs read them with. */
import { z } from 'zod';

/** A block device of the source, or a file. */
export interface Device {
  readonly path: string;
  /**
   * It is written to by another way than this device: by a mounted file system, or a volume that lies on it. What the kernel keeps of the
   * device itself may be old, and it is read past that.
   */
  readonly live: boolean;
}

export interface DeviceRange {
  readonly device: Device;
  readonly at: number;
  readonly length: number;
}

/** What the source packs with on the way; `none`: nothing. */
export const packing = z.enum(['zstd', 'lz4', 'gzip', 'none']);
export type Packing = z.infer<typeof packing>;

/** The quickest that is there. */
export function packingOf(tools: readonly string[]): Packing {
  return (['zstd', 'lz4', 'gzip'] as const).find((tool) => tools.includes(tool)) ?? 'none';
}

export const PACKERS: Readonly<Record<Packing, string>> = {
  zstd: 'zstd -1 -q -c',
  lz4: 'lz4 -1 -q -c',
  gzip: 'gzip -1 -c',
  none: 'cat',
};

/**
 * Of a script: what dd reads a live device with. Direct reads want whole blocks; of others, and where there are no direct reads, what the kernel keeps of the
 * device is thrown away first.
 */
export const FRESH = [
  'direct() { [ "$1" = "$asked" ] || { asked=$1; dd if="$1" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null; can=$?; }; return $can; }',
  // DEVICE AT LENGTH
  'fresh() { if [ $((($2 | $3) & 4095)) = 0 ] && direct "$1"; then f=,direct; else f=; blockdev --flushbufs "$1" 2>/dev/null; fi; }',
].join('\n');

/**
 * Of a script: that the machine has not been started anew since it was read first, and that no range goes over its device's end, behind which dd would read
 * the next one as if nothing were wrong.
 */
export const GUARD = [
  'boot=$(cat /proc/sys/kernel/random/boot_id)',
  // BOOT
  'same() { [ "$1" = "$boot" ] || { echo "the machine was started anew" >&2; exit 1; }; }',
  // DEVICE END
  'within() { [ "$1" = "$sized" ] || { sized=$1; size=$(blockdev --getsize64 "$1" 2>/dev/null || stat -Lc %s "$1") || exit 1; }; [ "$2" -le "$size" ] || { echo "$1 has only $size bytes" >&2; exit 1; }; }',
].join('\n');

/** What sums on the source: b2sum is several times faster than sha256sum, but not everywhere. */
export const sumProgram = z.enum(['b2sum', 'sha256sum']);
export type SumProgram = z.infer<typeof sumProgram>;
