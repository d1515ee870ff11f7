import type { SourceReport } from '../../../../contract/p2v-source.ts';
import { losesName } from '../first-boot/card-names.ts';
import { isByPlace } from '../first-boot/device-names.ts';
import type { FirstBoot } from '../first-boot/offers.ts';
import type { PutFile } from '../first-boot/put-file.ts';
import type { SourceFacts, SourceNic, WatchedDriver } from '../model.ts';

/** Disks and cards that the source's system finds as it starts. */
export function devicesFor(facts: SourceFacts): SourceReport['devices'] {
  const virtioDisk =
    early(facts, 'virtio_pci') && (early(facts, 'virtio_blk') || early(facts, 'virtio_scsi'));
  // SATA keeps the names of SATA's disks; all others that follow where a disk is are lost on both.
  const keepsNames = diskNames(facts).some(({ name }) => name.startsWith('/dev/sd'));
  const { virtio_net: card } = facts.initramfs.drivers;
  return {
    disk: virtioDisk && !keepsNames ? 'virtio' : 'sata',
    // A card is wanted when its module can be read from the disk.
    nic: card === 'missing' || card === 'unknown' ? 'e1000e' : 'virtio',
  };
}

function early({ initramfs }: SourceFacts, driver: WatchedDriver): boolean {
  const state = initramfs.drivers[driver];
  return state === 'builtin' || state === 'initramfs';
}

/** Places where a disk is called by a name that follows how it is attached. */
export function diskNames({
  deviceTables,
  bootDevices,
}: SourceFacts): { readonly where: string; readonly name: string }[] {
  return [
    ...deviceTables.flatMap(({ path, rows }) =>
      rows.filter(({ device }) => isByPlace(device)).map(({ device }) => ({ where: path, name: device })),
    ),
    ...bootDevices.filter(isByPlace).map((name) => ({ where: 'the boot loader', name })),
  ];
}

/**
 * What wants a hand before or after the first start, with what to do.
 * @param offers what the copy can do about it itself
 */
export function startWarnings(facts: SourceFacts, offers: readonly FirstBoot[]): string[] {
  const files = offers.flatMap((offer) => offer.files);
  return [
    ...driverWarnings(facts),
    ...nameWarnings(facts, files),
    ...efiWarnings(
      facts,
      files.some(({ kind }) => kind === 'copy'),
    ),
    ...facts.nics
      .filter(({ mac }) => !offers.some((offer) => offer.mac === mac))
      .flatMap((nic) => nicWarnings(nic, facts.nics)),
  ];
}

function driverWarnings(facts: SourceFacts): string[] {
  const { drivers, file } = facts.initramfs;
  if (devicesFor(facts).disk === 'virtio' || early(facts, 'ahci')) return [];
  const rebuild = facts.tools.includes('dracut')
    ? `dracut -f --add-drivers "ahci virtio_pci virtio_blk virtio_net"`
    : facts.tools.includes('update-initramfs')
      ? 'add ahci, virtio_pci and virtio_blk to /etc/initramfs-tools/modules and run update-initramfs -u'
      : 'add ahci, virtio_pci and virtio_blk to it by your system’s own tool';
  const what =
    drivers.ahci === 'unknown'
      ? 'Whether the initramfs has the driver of SATA disks is not known'
      : `${file ?? 'The initramfs'} has no driver of SATA or virtio disks`;
  return [
    `${what}. If the new machine does not find its disk, start its rescue entry, which has all drivers; or before the copy, on the source: ${rebuild}.`,
  ];
}

function nameWarnings(facts: SourceFacts, files: readonly PutFile[]): string[] {
  const sata = devicesFor(facts).disk === 'sata';
  const renamed = new Set(
    files.flatMap((file) =>
      file.kind === 'renamed' ? file.words.map(({ from }) => `${file.path} ${from}`) : [],
    ),
  );
  // `sda` is the first SATA disk's name in the virtual machine, too.
  return diskNames(facts)
    .filter(({ where, name }) => !renamed.has(`${where} ${name}`))
    .filter(({ name }) => !sata || !name.startsWith('/dev/sd') || facts.disks.length > 1)
    .map(
      ({ where, name }) =>
        `${where} names ${name}, which may be another disk, or none, in the new machine: name it by its UUID (blkid ${name}) on the source before, or in the copy.`,
    );
}

function efiWarnings({ firmware, efi, secureBoot }: SourceFacts, isOffered: boolean): string[] {
  if (firmware === 'bios') return [];
  return [
    ...(efi === null
      ? [
          'Its EFI partition is not mounted: whether \\EFI\\BOOT\\BOOTX64.EFI is there, which the new machine starts, is not known. Mount it at /boot/efi and look again.',
        ]
      : !efi.fallback && !isOffered
        ? [
            `There is no \\EFI\\BOOT\\BOOTX64.EFI, which is what the new machine's firmware starts. Copy ${efi.loader ?? 'the boot loader'} there${efi.loader === null ? '' : ` (and what lies beside it)`} on ${efi.mountpoint} before, which changes nothing else; or choose the loader once in the firmware's menu (“Boot From File”), and make an entry with efibootmgr, grub-install or bootctl.`,
          ]
        : []),
    ...(secureBoot === true
      ? ['Secure Boot is on. The new machine has it off, which starts the same system.']
      : []),
  ];
}

function nicWarnings(nic: SourceNic, all: readonly SourceNic[]): string[] {
  if (!losesName(nic, all)) return [];
  const { name, mac, namedIn } = nic;
  return [
    `The card ${name} will have another name, and ${namedIn.join(', ')} knows it by this one alone: the new machine would have no network. It keeps the card's MAC, so a file /etc/systemd/network/10-${name}.link keeps the name: “[Match]”, “MACAddress=${mac}”, “[Link]”, “Name=${name}”. Make it on the source before the copy, or in the new machine at its console.`,
  ];
}
