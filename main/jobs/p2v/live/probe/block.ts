import { countOf, rowsOf, wordsOf, type Sections } from './sections.ts';

const SECTOR = 512;
/** Devices of a large server, with room. */
const MAX_DEVICES = 1024;

/** A block device as /sys/class/block has it. */
export interface BlockDevice {
  /** `sda1`, `dm-0`, `cciss!c0d0` */
  readonly name: string;
  /** `/dev/sda1`; of the device mapper's `/dev/mapper/NAME`. */
  readonly path: string;
  /** `8:1` */
  readonly number: string;
  readonly sizeBytes: number;
  /** Of a partition. */
  readonly partition: { readonly number: number; readonly at: number; readonly disk: string } | null;
  readonly removable: boolean;
  readonly sectorBytes: number;
  readonly dmUuid: string | null;
  readonly mdLevel: string | null;
  readonly model: string | null;
  /** Where it is in /sys, which tells how it is attached. */
  readonly real: string;
  /** Names of the devices that it is made of. */
  readonly slaves: readonly string[];
}

/** Neither of a disk of its own nor of anything that keeps data. */
const PASSED_OVER = /^(?:loop|ram|sr|zram|fd)\d/;
/** Parts of flash memory that hold its firmware. */
const FIRMWARE = /^mmcblk\d+(?:boot\d+|rpmb|gp\d+)$/;
/** Names of the kernel's. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9!._:-]{0,63}$/;

export function blockDevices(sections: Sections): BlockDevice[] {
  return rowsOf(sections, 'block').slice(0, MAX_DEVICES).flatMap(deviceOf);
}

function deviceOf(row: readonly string[]): BlockDevice[] {
  const [name = '', number = '', size, start, partition, , removable, hidden, logical, ...rest] = row;
  const [dmName = '', dmUuid, mdLevel, model, parent = '', real = '', slaves = ''] = rest;
  const sectors = countOf(size);
  if (!NAME.test(name) || PASSED_OVER.test(name) || FIRMWARE.test(name) || hidden === '1') return [];
  // A card reader without a card.
  if (sectors === null || sectors === 0) return [];
  const nth = countOf(partition);
  return [
    {
      name,
      path: dmName === '' ? `/dev/${name.replaceAll('!', '/')}` : `/dev/mapper/${dmName}`,
      number,
      sizeBytes: sectors * SECTOR,
      partition: nth === null ? null : { number: nth, at: (countOf(start) ?? 0) * SECTOR, disk: parent },
      removable: removable === '1',
      sectorBytes: countOf(logical) ?? SECTOR,
      dmUuid: wordsOf(dmUuid),
      mdLevel: wordsOf(mdLevel),
      model: wordsOf(model),
      real,
      slaves: slaves.split(' ').filter((slave) => slave !== ''),
    },
  ];
}

/** `sata`, `usb`… by the way to it in /sys. */
export function transportOf({ name, real }: Pick<BlockDevice, 'name' | 'real'>): string | null {
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (name.startsWith('xvd')) return 'xen';
  for (const [part, transport] of [
    [/\/usb\d/, 'usb'],
    [/\/ata\d/, 'sata'],
    [/\/virtio\d/, 'virtio'],
    [/\/session\d/, 'iscsi'],
    [/\/rport-/, 'fc'],
    [/\/end_device-/, 'sas'],
  ] as const)
    if (part.test(real)) return transport;
  return null;
}
