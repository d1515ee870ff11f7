import { LVM_IDS, volumeGroupText } from '../support/volume-group.ts';
import { MIB, type SavedMachine } from './p2v-image.ts';

const EFI = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';

/** GPT with an EFI system partition, ext4, swap and NTFS. */
export async function saveGptDisk(machine: SavedMachine): Promise<void> {
  machine.partition(
    'sda',
    96 * MIB,
    [
      'label: gpt',
      `start=2048,size=16MiB,type=${EFI},name="EFI \\x22x\\x22"`,
      'size=24MiB,name=root',
      'size=8MiB,type=S',
      'size=20MiB,attrs="GUID:63"',
    ].join('\n'),
  );
  machine.blank('sda1', 16 * MIB);
  machine.blank('sda2', 24 * MIB);
  machine.blank('sda3', 8 * MIB);
  machine.blank('sda4', 20 * MIB);
  machine.sh(`mkdir -p tree; head -c 700000 /dev/urandom > tree/random; seq 50000 > tree/numbers
    mkfs.vfat -n ESP sda1 >&2; mcopy -i sda1 tree/numbers ::numbers
    mkfs.ext4 -q -d tree sda2
    mkswap -q -L swap -U 4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f90 sda3
    mkfs.ntfs -q -F -s 512 -p 100352 -H 255 -S 63 -L Windows sda4`);
  for (const [name, offset] of [
    ['sda1', 1],
    ['sda2', 17],
    ['sda3', 41],
    ['sda4', 49],
  ] as const)
    machine.put(name, 'sda', offset * MIB);
  machine.saveTables('sda', 'gpt');
  machine.write('swappt-sda3.info', 'UUID="4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f90"\nLABEL="swap"\n');
  await Promise.all([
    machine.save('sda1', { device: 'sda1', fs: 'vfat', pack: 'gzip -c', suffix: 'gz' }),
    machine.save('sda2', { device: 'sda2', fs: 'ext4', pack: 'zstd -c', suffix: 'zst', splitBytes: 300_000 }),
    machine.save('sda4', { device: 'sda4', fs: 'ntfs', pack: 'xz -0 -c', suffix: 'xz' }),
  ]);
}

/** MBR with boot code, GRUB's core behind it, and logical partitions: ext4, noise that is saved as it is, swap. */
export async function saveMbrDisk(machine: SavedMachine): Promise<void> {
  machine.partition(
    'sdb',
    64 * MIB,
    [
      'label: dos',
      'start=2048,size=8MiB,type=83,bootable',
      'type=5',
      'size=8MiB,type=83',
      'size=4MiB,type=7',
      'size=2MiB,type=82',
    ].join('\n'),
  );
  const starts = new Map(
    machine
      .sh('sfdisk -d sdb')
      .split('\n')
      .map((line) => /(\d+) : start= *(\d+)/.exec(line))
      .filter((row) => row !== null)
      .map((row) => [Number(row[1]), 512 * Number(row[2])]),
  );
  machine.blank('sdb1', 8 * MIB);
  machine.blank('sdb5', 8 * MIB);
  machine.blank('sdb7', 2 * MIB);
  machine.sh(`head -c 440 /dev/urandom > boot; head -c 300000 /dev/urandom > core.img
    mkfs.ext4 -q sdb1; mkfs.ext4 -q -d tree sdb5; head -c ${4 * MIB} /dev/urandom > sdb6; mkswap -q -U 4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f91 sdb7`);
  machine.put('boot', 'sdb', 0);
  machine.put('core.img', 'sdb', 512);
  for (const number of [1, 5, 6, 7]) machine.put(`sdb${number}`, 'sdb', starts.get(number) ?? 0);
  machine.saveTables('sdb', 'dos');
  machine.sh(`dd if=sdb of=image/sdb-hidden-data-after-mbr bs=512 skip=1 count=2047 status=none
    dd if=sdb of=image/sdb2-ebr bs=512 skip=${(starts.get(2) ?? 0) / 512} count=1 status=none
    gzip -c sdb6 | split -a 2 -b 1500000 - image/sdb6.dd-img.`);
  machine.write('swappt-sdb7.info', 'UUID="4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f91"\nLABEL=""\n');
  await Promise.all([
    machine.save('sdb1', { device: 'sdb1', fs: 'ext4', pack: 'cat', suffix: 'uncomp' }),
    machine.save('sdb5', { device: 'sdb5', fs: 'ext4', pack: 'bzip2 -c', suffix: 'bz2' }),
  ]);
}

/** A group on two partitions: `root` in two pieces, `fast` striped over both, `swap`. Extents of 1 MiB, 23 on each. */
export async function saveLvmDisk(machine: SavedMachine): Promise<void> {
  machine.partition('sdc', 64 * MIB, 'label: dos\nstart=2048,size=24MiB,type=8e\nsize=24MiB,type=8e');
  machine.blank('root', 12 * MIB);
  machine.blank('fast', 8 * MIB);
  machine.blank('lvswap', 2 * MIB);
  machine.sh(`mkfs.ext4 -q -d tree root; mkfs.ext4 -q -O ^has_journal -d tree fast
    mkswap -q -U 4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f92 lvswap`);
  const cut = (file: string, fromKiB: number, kib: number, offset: number): void => {
    machine.sh(`dd if=${file} of=cut bs=1K skip=${fromKiB} count=${kib} status=none`);
    machine.put('cut', 'sdc', offset);
  };
  // Extent 0 of the first physical volume is at 2 MiB of the disk, of the second at 26.
  cut('root', 0, 8 * 1024, 2 * MIB);
  cut('root', 8 * 1024, 4 * 1024, 36 * MIB);
  for (let stripe = 0; stripe < 8 * 16; stripe += 1)
    cut('fast', 64 * stripe, 64, (stripe % 2 === 0 ? 12 : 26) * MIB + Math.floor(stripe / 2) * 64 * 1024);
  cut('lvswap', 0, 2 * 1024, 18 * MIB);
  machine.saveTables('sdc', 'dos');
  machine.write('lvm_vg_dev.list', `vg0 /dev/sdc1 ${LVM_IDS.pv0}\nvg0 /dev/sdc2 ${LVM_IDS.pv1}\n`);
  machine.write(
    'lvm_logv.list',
    '/dev/vg0/root  Linux rev 1.0 ext4 filesystem data\n/dev/vg0/fast  Linux rev 1.0 ext4 filesystem data\n/dev/vg0/swap  Linux swap file\n',
  );
  machine.write('lvm_vg0.conf', volumeGroupText());
  machine.write('swappt-vg0-swap.info', 'UUID="4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f92"\nLABEL=""\n');
  await Promise.all([
    machine.save('root', {
      device: 'vg0-root',
      fs: 'ext4',
      pack: 'gzip -c',
      suffix: 'gz',
      splitBytes: 500_000,
    }),
    machine.save('fast', { device: 'vg0-fast', fs: 'ext4', pack: 'lzop -c', suffix: 'lzo' }),
  ]);
}

/** The lab's tiny guest as a machine of iron, with the reports that Clonezilla writes of it: MBR with boot code, a FAT file system with its kernel. */
export async function saveTinyGuest(machine: SavedMachine, qcow2: string): Promise<void> {
  machine.sh(
    `qemu-img convert -q -O raw ${qcow2} sda; dd if=sda of=sda1 bs=1M skip=1 conv=sparse status=none`,
  );
  machine.saveTables('sda', 'dos');
  machine.sh('dd if=sda of=image/sda-hidden-data-after-mbr bs=512 skip=1 count=2047 status=none');
  machine.write('disk', 'sda\n');
  machine.write('parts', 'sda1\n');
  machine.write(
    'Info-dmi.txt',
    'Handle 0x0004, DMI type 4, 42 bytes\nProcessor Information\n\tStatus: Populated, Enabled\n\tThread Count: 1\n\n' +
      'Handle 0x0011, DMI type 17, 40 bytes\nMemory Device\n\tSize: 192 MB\n',
  );
  machine.write('Info-lshw.txt', '  *-network\n       serial: 52:54:00:12:34:56\n');
  await machine.save('sda1', { device: 'sda1', fs: 'vfat', pack: 'gzip -1 -c', suffix: 'gz' });
}
