import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../support/commands.ts';
import { LVM_IDS } from '../support/volume-group.ts';
import { until } from '../support/wait.ts';
import { CliProcesses, collect, type CliResult } from './cli-process.ts';
import { runHere, type Told } from './p2v-command.ts';
import { saveGptDisk, saveLvmDisk, saveMbrDisk } from './p2v-disks.ts';
import { MIB, SavedMachine, TOOLS } from './p2v-image.ts';

suite('a Clonezilla image becomes raw disks', { skip: missing(...TOOLS), timeout: 300_000 }, () => {
  let cli: CliProcesses;
  let machine: SavedMachine;
  const run = (...args: string[]): Promise<CliResult> => runHere('p2v', ...args);
  const at = (name: string): string => path.join(machine.folder, name);
  const restored = async (disk: string, file: string, ...args: string[]): Promise<void> => {
    const { code, err } = await run('restore', machine.image, '--disk', disk, '--to-raw', at(file), ...args);
    assert.equal(code, 0, err);
  };
  /** A copy of the image to break. */
  const copied = async (name: string): Promise<SavedMachine> => {
    await cp(machine.image, path.join(at(name), 'image'), { recursive: true });
    return new SavedMachine(at(name));
  };
  const refused = async (args: readonly string[], words: RegExp, exitCode = 1): Promise<void> => {
    const { code, err } = await run(...args);
    assert.match(err, words);
    assert.equal(code, exitCode);
  };

  before(async () => {
    cli = await CliProcesses.create();
    machine = new SavedMachine(await mkdtemp(path.join(os.tmpdir(), 'virtlane-p2v-')));
    await Promise.all([saveGptDisk(machine), saveMbrDisk(machine), saveLvmDisk(machine)]);
    machine.write('disk', 'sda sdb sdc\n');
    machine.write('parts', 'sda1 sda2 sda4 sdb1 sdb5 sdb6 sdc1 sdc2\n');
    machine.write('efi-nvram.dat', 'BootCurrent: 0000\n');
    machine.sum();
  });
  after(async () => {
    await cli.remove();
    await rm(machine.folder, { recursive: true, force: true });
  });

  test('GPT, EFI, ext4, swap and NTFS are byte for byte what was saved', async () => {
    await restored('sda', 'sda.new');
    machine.sh('cmp sda sda.new');
    assert.ok((await stat(at('sda.new'))).blocks * 512 < 40 * MIB, 'what is empty takes no room');
    assert.match(
      machine.sh('sfdisk -V sda.new; sgdisk -v sda.new'),
      /No errors detected[^]*No problems found/,
    );
    machine.sh('dd if=sda.new of=out bs=1M skip=17 count=24 status=none; e2fsck -fn out');
    machine.sh('dd if=sda.new of=out bs=1M skip=49 count=20 status=none; ntfsfix -n out');
  });

  test('a larger disk has the second table at its end, and may be used up to there', async () => {
    await restored('sda', 'large', '--size', '200M');
    assert.match(
      machine.sh('sfdisk -V large 2>&1; sgdisk -v large'),
      /No errors detected[^]*No problems found/,
    );
    assert.match(machine.sh('sgdisk -p large'), /last usable sector is 409566/);
    machine.sh(`cmp -i ${MIB} -n ${68 * MIB} sda large`);
    await refused(
      ['restore', machine.image, '--disk', 'sda', '--size', '60M', '--to-raw', at('no')],
      /does not fit/,
    );
  });

  test('where its copies are not to be read, GPT is made of sfdisk’s dump, the same byte for byte', async () => {
    const dumped = await copied('dumped');
    // A reserved byte of the header, which is zero: one of a checksum may be an x already.
    dumped.sh(
      'rm image/SHA256SUMS image/sda-gpt-2nd; printf x | dd of=image/sda-gpt-1st bs=1 seek=532 conv=notrunc status=none',
    );
    const { code, out, err } = await run(
      'restore',
      dumped.image,
      '--disk',
      'sda',
      '--to-raw',
      at('dumped.new'),
      '--json',
    );
    assert.equal(code, 0, err);
    assert.match(out.toString(), /sda-gpt-1st is not used: The checksum of the header is wrong/);
    machine.sh('cmp sda dumped.new');
  });

  test('tables of a disk with sectors of 4 KiB are what fdisk writes', async () => {
    const large = new SavedMachine(at('large-sectors'));
    /** Partitions from 1 MiB on, by the keys that fdisk is given. */
    const save = (keys: string): void => {
      large.blank('sdd', 64 * MIB);
      large.sh(`rm -f dump image/sdd*; printf '${keys}O\\ndump\\nw\\n' | fdisk -b 4096 -w never sdd
        dd if=sdd of=image/sdd-mbr bs=512 count=1 status=none; dd if=sdd of=image/sdd-gpt-1st bs=512 count=34 status=none
        head -c ${8 * MIB} /dev/urandom > sdd1; cp sdd1 image/sdd1.dd-img; echo sdd > image/disk; echo sdd1 > image/parts`);
      large.write('sdd-pt.sf', large.sh('cat dump').replaceAll('sdd', '/dev/sdd'));
      const print =
        'Disk /dev/sdd: 16384s\nSector size (logical/physical): 4096B/4096B\nPartition Table: x\n';
      large.write('sdd-pt.parted', print);
      large.put('sdd1', 'sdd', MIB);
    };
    const same = async (): Promise<void> => {
      const { code, err } = await run('restore', large.image, '--to-raw', at('sdd.new'));
      assert.equal(code, 0, err);
      machine.sh('cmp large-sectors/sdd sdd.new; rm sdd.new');
    };
    save('g\\nn\\n1\\n256\\n2303\\nn\\n2\\n2304\\n8447\\n');
    await same();
    // Without the rows of the first copy.
    large.sh('rm image/sdd-gpt-1st');
    await same();
    save('o\\nn\\np\\n1\\n256\\n2303\\nn\\ne\\n2\\n2304\\n\\nn\\n\\n+8M\\nn\\n\\n+8M\\n');
    await same();
  });

  test('MBR, hidden data, a chain of logical partitions and a plain copy are byte for byte what was saved', async () => {
    await restored('sdb', 'sdb.new');
    machine.sh('cmp sdb sdb.new');
  });

  test('LVM’s volumes lie in their extents, and LVM reads its label and text', async () => {
    await restored('sdc', 'sdc.new');
    // What is before the extents is made anew: LVM’s own program says whether it is right.
    machine.sh(`cmp -n ${MIB} sdc sdc.new`);
    for (const [offset, bytes] of [
      [2, 23],
      [26, 23],
    ] as const)
      machine.sh(`cmp -i ${offset * MIB} -n ${bytes * MIB} sdc sdc.new`);
    for (const [skip, uuid] of [
      [1, LVM_IDS.pv0],
      [25, LVM_IDS.pv1],
    ] as const) {
      machine.sh(`dd if=sdc.new of=pv bs=1M skip=${skip} count=24 status=none`);
      const headers = machine.sh('pvck --dump headers pv 2>&1');
      assert.match(headers, new RegExp(`pv_header.pv_uuid ${uuid.replaceAll('-', '')}`));
      assert.doesNotMatch(headers, /CHECK|WARNING/);
      assert.match(
        machine.sh('pvck --dump metadata pv 2>&1'),
        /vg0 \{[^]*contents = "Text Format Volume Group"/,
      );
    }
  });

  test('inspect tells disks, contents and the machine', async () => {
    const { code, out, err } = await run('inspect', machine.image, '--json');
    assert.equal(code, 0, err);
    const told = JSON.parse(out.toString()) as Told;
    assert.deepEqual(
      [told.firmware, told.savedAt, told.checksumLists],
      ['uefi', '2026-11-26 13:00', ['SHA256SUMS']],
    );
    assert.deepEqual(
      told.disks.map(({ name, table, sizeBytes, problems }) => [name, table, sizeBytes, problems]),
      [
        ['sda', 'gpt', 96 * MIB, []],
        ['sdb', 'mbr', 64 * MIB, []],
        ['sdc', 'mbr', 64 * MIB, []],
      ],
    );
    const rows = [
      ...told.disks.flatMap(({ partitions }) => partitions),
      ...told.groups.flatMap(({ volumes }) => volumes),
    ];
    assert.deepEqual(
      rows.map(({ name, content, image }) =>
        [name, content, image?.format, image?.compression, image?.checksum]
          .filter((word) => word != null)
          .join(' '),
      ),
      [
        'sda1 data partclone 2 gzip crc32',
        'sda2 data partclone 2 zstd crc32',
        'sda3 swap',
        'sda4 data partclone 2 xz crc32',
        'sdb1 data partclone 2 none crc32',
        'sdb2 extended',
        'sdb5 data partclone 2 bzip2 crc32',
        'sdb6 data dd gzip none',
        'sdb7 swap',
        'sdc1 physicalVolume',
        'sdc2 physicalVolume',
        'vg0/root data partclone 2 gzip crc32',
        'vg0/fast data partclone 2 lzo crc32',
        'vg0/swap swap',
      ],
    );
    assert.match(
      (await run('inspect', machine.image)).out.toString(),
      /sda2 +24 MiB +ext4 +saved[^]*vg0: volume group/,
    );
  });

  test('verify says of each content by what it is proven', async () => {
    const { code, out, err } = await run('verify', machine.image);
    assert.equal(code, 0, err);
    assert.match(out.toString(), /^sda1: verified by crc32, gzip’s checksum, SHA256SUMS$/m);
    assert.match(out.toString(), /^sdb6: verified by gzip’s checksum, SHA256SUMS$/m);
    await writeFile(path.join(machine.image, 'sdq1.ext4-ptcl-img.gz'), 'x');
    assert.match((await run('verify', machine.image)).err, /sdq1\.ext4-ptcl-img\.gz is left out/);
    await rm(path.join(machine.image, 'sdq1.ext4-ptcl-img.gz'));
    const plain = await copied('plain');
    plain.sh(
      'rm image/SHA256SUMS; cat image/sdb6.dd-img.* | gunzip > x; rm image/sdb6.*; mv x image/sdb6.dd-img',
    );
    assert.match((await run('verify', plain.image)).out.toString(), /^sdb6: unchecked/m);
  });

  test('a tar of the directory is read as the directory is, whatever wrote it', async () => {
    for (const [format, what] of [
      ['gnu', '-C image .'],
      ['pax', 'image'],
      ['ustar', 'image'],
    ] as const) {
      machine.sh(`tar --format=${format} -cf image.tar ${what}`);
      const { code, err } = await run('restore', at('image.tar'), '--disk', 'sdb', '--to-raw', at('tar.new'));
      assert.equal(code, 0, err);
      machine.sh('cmp sdb tar.new; rm tar.new');
    }
    machine.sh(
      'cp -r image linked; ln -s /etc/passwd linked/Info-x.txt; tar -cf linked.tar linked; rm -r linked',
    );
    assert.match(
      (await run('inspect', at('linked.tar'))).out.toString(),
      /^Info-x\.txt is left out: it is a link, or no regular file\.$/m,
    );
    machine.sh(
      'gzip -1 -c image.tar > image.tar.gz; head -c 2000000 image.tar > cut.tar; mkdir -p two; cp -r image two; tar -cf two.tar image two; rm -r two',
    );
    await refused(['inspect', at('image.tar.gz')], /no directory and no tar/);
    await refused(['verify', at('cut.tar')], /cut\.tar: The file ends/);
    await refused(['inspect', at('two.tar')], /several images in it: image, two\/image/);
  });

  test('damage is found with its file and place, and leaves no disk', async () => {
    const broken = await copied('broken');
    broken.sh('rm image/SHA256SUMS');
    const turn = (name: string): void => {
      const bytes = broken.read(name);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      broken.write(name, bytes);
    };
    turn('sdb1.ext4-ptcl-img.uncomp');
    turn('vg0-root.ext4-ptcl-img.gz.ab');
    broken.write('sda1.vfat-ptcl-img.gz', broken.read('sda1.vfat-ptcl-img.gz').subarray(0, -1000));
    const { code, out, err } = await run('verify', broken.image);
    assert.equal(code, 1);
    assert.match(out.toString(), /^sdb1: damaged\nsdb5: verified by crc32/m);
    assert.match(err, /sda1\.vfat-ptcl-img\.gz: .* \(at byte \d+\)\. Copy/);
    assert.match(err, /sdb1\.ext4-ptcl-img\.uncomp, unpacked: .* \(at byte \d+\)\. Copy/);
    assert.match(err, /vg0-root\.ext4-ptcl-img\.gz/);
    for (const disk of ['sda', 'sdb', 'sdc'])
      await refused(
        ['restore', broken.image, '--disk', disk, '--to-raw', at('damaged')],
        /Copy the file again/,
      );
    assert.deepEqual(
      (await readdir(machine.folder)).filter((name) => name.startsWith('damaged')),
      [],
    );
    machine.sh('rm -rf broken/image; cp -r image broken');
    turn('sdb-hidden-data-after-mbr');
    await refused(['verify', broken.image], /sdb-hidden-data-after-mbr is not what SHA256SUMS says/);
  });

  test('a disk whose table is broken is told, and the others are restored', async () => {
    const torn = await copied('torn');
    torn.sh('rm image/SHA256SUMS');
    torn.write('sda-pt.sf', 'label: gpt\n/dev/sda1 : start= x\n');
    const told = await run('inspect', torn.image);
    assert.equal(told.code, 0, told.err);
    assert.match(told.out.toString(), /^Cannot be restored: sda-pt\.sf: /m);
    assert.doesNotMatch(told.out.toString(), /is left out/, 'what is on it is told by that');
    await refused(
      ['restore', torn.image, '--disk', 'sda', '--to-raw', at('no')],
      /sda cannot be restored\. sda-pt\.sf/,
    );
    const { code, err } = await run('restore', torn.image, '--disk', 'sdb', '--to-raw', at('torn.new'));
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /sda/);
    machine.sh('cmp sdb torn.new');
    torn.sh('rm image/lvm_vg0.conf');
    await refused(
      ['restore', torn.image, '--disk', 'sdc', '--to-raw', at('no')],
      /sdc cannot be restored\. lvm_vg0\.conf is missing/,
    );
    await refused(['verify', torn.image], /sda cannot be restored\. [^]*sdc cannot be restored\. lvm_vg0/);
  });

  test('what is no whole image is refused before anything is made', async () => {
    const part = await copied('part');
    await rename(path.join(part.image, 'sda2.ext4-ptcl-img.zst.ab'), path.join(part.folder, 'ab'));
    await refused(['inspect', part.image], /sda2\.ext4-ptcl-img\.zst\.ab is missing/);
    await rename(path.join(part.folder, 'ab'), path.join(part.image, 'sda2.ext4-ptcl-img.zst.ab'));
    await rename(path.join(part.image, 'sda1.vfat-ptcl-img.gz'), path.join(part.folder, 'gz'));
    await refused(
      ['restore', part.image, '--disk', 'sda', '--to-raw', at('no')],
      /sda1\.vfat-ptcl-img\.gz is missing/,
    );
    part.write('THIS_IMAGE_DIR_IS_BROKEN.txt', 'No space left on device\n');
    await refused(['inspect', part.image], /marked the image as broken[^]*No space left/);
    await refused(['inspect', machine.folder], /no image of Clonezilla/);
    await refused(['inspect', at('nowhere')], /nowhere is not there/);
    machine.sh('mkfifo pipe; ln -s nothing dangling');
    await refused(['inspect', at('pipe')], /pipe is no directory and no file/);
    await refused(
      ['restore', machine.image, '--disk', 'sda', '--to-raw', at('dangling')],
      /dangling is there already/,
    );
    await refused(
      ['restore', machine.image, '--disk', 'sda', '--to-raw', at('no/such/disk')],
      /no\/such is not there/,
    );
    await refused(
      ['restore', machine.image, '--disk', 'sda', '--to-raw', at('sda/disk')],
      /sda is no directory: .*sda\/disk cannot be in it/,
    );
    await refused(['inspect', at('sda/disk')], /sda\/disk leads through a file, which is no directory/);
    await refused(
      ['restore', machine.image, '--disk', 'sda', '--to-raw', at('x'.repeat(253))],
      /x\.part has a name that is too long/,
    );
    await refused(['restore', machine.image, '--to-raw', at('no')], /several disks: sda, sdb, sdc/, 2);
    await refused(['restore', machine.image, '--disk', 'sdx', '--to-raw', at('no')], /no disk sdx/, 2);
    await writeFile(at('there'), 'mine');
    await refused(['restore', machine.image, '--disk', 'sda', '--to-raw', at('there')], /is there already/);
  });

  test('where there is no room it is said before, or nothing is kept', async () => {
    machine.sh('mkdir -p small');
    for (const [size, words] of [
      ['2m', /would hold the \d\.\d MiB that are in use on it, and 2 MiB are free/],
      // The plain copy among its contents tells only when it is read.
      ['5m', /no space is left\. Nothing of it is kept/],
    ] as const) {
      const inside = `mount -t tmpfs -o size=${size} none ${at('small')} && "$@"; code=$?; ls ${at('small')}; exit $code`;
      const args = ['p2v', 'restore', machine.image, '--disk', 'sdb', '--to-raw', at('small/disk')];
      const { code, out, err } = await collect(cli.startLine(`unshare -m sh -c '${inside}' sh {}`, args));
      assert.match(err, words);
      assert.deepEqual([code, out.toString()], [1, '']);
    }
  });

  test('Ctrl+C leaves nothing', async () => {
    // So large that it is far from its end when it is told to stop; of zeros, so that it takes no room.
    const huge = new SavedMachine(at('huge'));
    huge.partition('sde', 65 * 1024 * MIB, 'label: dos\nstart=2048,size=64GiB,type=83');
    huge.saveTables('sde', 'dos');
    huge.blank('image/sde1.dd-img', 64 * 1024 * MIB);
    const child = cli.start(['p2v', 'restore', huge.image, '--to-raw', at('stopped')]);
    const ended = collect(child);
    await until(async () => (await readdir(machine.folder)).includes('stopped.part'), 'the disk is begun');
    child.kill('SIGINT');
    await ended;
    assert.deepEqual([child.exitCode, child.signalCode], [null, 'SIGINT']);
    assert.deepEqual(
      (await readdir(machine.folder)).filter((name) => name.startsWith('stopped')),
      [],
    );
  });
});
