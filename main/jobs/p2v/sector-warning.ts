/** Of a disk that a machine with the usual disks would not find its partitions on. */
export function sectorWarning(sectorSize: number): string {
  return `It has sectors of ${sectorSize} bytes: a machine finds its partitions only where the disk’s XML has <blockio logical_block_size='${sectorSize}' physical_block_size='${sectorSize}'/>.`;
}
