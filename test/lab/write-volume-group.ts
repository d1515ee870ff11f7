import { openSync, readFileSync, writeSync, closeSync } from 'node:fs';
import { physicalVolumePieces } from '../../drivers/formats/disk/lvm-label.ts';
import { readVolumeGroup } from '../../drivers/formats/disk/volume-group.ts';

// write-volume-group.ts DISK OFFSET BYTES TEXT: makes a part of a disk the only physical volume of the group that the text tells of. LVM's own
// programs take block devices alone, which a container may not have.
const [disk = '', offset = '', bytes = '', text = ''] = process.argv.slice(2);
const group = readVolumeGroup(readFileSync(text, 'utf8'));
const file = openSync(disk, 'r+');
for (const volume of group.physical.values())
  for (const piece of physicalVolumePieces(group, volume, Number(bytes)))
    writeSync(file, piece.data, 0, piece.data.length, Number(offset) + piece.offset);
closeSync(file);
