import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../support/commands.ts';
import { leaveOpen } from '../support/vhdx-log.ts';
import { runHere } from './p2v-command.ts';
import type { CliResult } from './cli-process.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECTOR = 4096;
/** Of the first block that has data: the disk's first MiB is the table, so that is block 0. */
const ENTRY = 8;
/** The region's identifier, as it lies in the file. */
const METADATA = '06a27c8b90479a4bb8fe575f050f886e';

/** Each kind that qemu-img makes. */
const KINDS = [
  ['grows.vhdx', '-O vhdx -o block_size=1M'],
  ['large-blocks.vhdx', '-O vhdx'],
  ['fixed.vhdx', '-O vhdx -o subformat=fixed,block_size=1M'],
  ['grows.vhd', '-O vpc -o force_size=on'],
  ['fixed.vhd', '-O vpc -o subformat=fixed,force_size=on'],
] as const;

suite('VHDX and VHD become raw disks', { skip: missing('qemu-img', 'sfdisk'), timeout: 120_000 }, () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const sh = (script: string): string =>
    execFileSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8' });
  const run = (...args: string[]): Promise<CliResult> => runHere('p2v', ...args);
  const restored = async (name: string): Promise<CliResult> => {
    sh('rm -f new');
    const result = await run('restore', at(name), '--to-raw', at('new'));
    assert.equal(result.code, 0, result.err);
    return result;
  };
  const refused = async (name: string, words: RegExp): Promise<void> => {
    const { code, err } = await run('restore', at(name), '--to-raw', at('no'));
    assert.match(err, words);
    assert.equal(code, 1);
    assert.equal(sh('ls no no.part 2>/dev/null || :'), '');
  };
  /** A copy of a file with something else in it. */
  const changed = async (from: string, to: string, change: (bytes: Buffer) => unknown): Promise<void> => {
    const bytes = readFileSync(at(from));
    await change(bytes);
    writeFileSync(at(to), bytes);
  };

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'virtlane-vhd-'));
    // It ends within a block.
    sh(`truncate -s ${20 * MIB + 512 * 9} raw
      printf 'label: gpt\\nstart=2048,size=4096,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B,name=system\\nstart=8192,size=2048' | sfdisk -q raw
      for at in 3 5 6 7 9 16; do head -c 300000 /dev/urandom | dd of=raw bs=1000 seek=$((at * 1000)) conv=notrunc status=none; done`);
    for (const [name, how] of KINDS) sh(`qemu-img convert -f raw ${how} raw ${name}`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name] of KINDS)
    test(`${name} is byte for byte what qemu-img made it of`, async () => {
      await restored(name);
      sh('cmp raw new');
    });

  test('inspect tells the disk, and what its table of partitions says', async () => {
    const { out } = await run('inspect', at('grows.vhdx'), '--json');
    const told = JSON.parse(out.toString()) as Record<string, unknown>;
    const { format, sizeBytes, table, firmware, sectorSize } = told;
    assert.deepEqual(
      { format, sizeBytes, table, firmware, sectorSize },
      { format: 'vhdx', sizeBytes: 20 * MIB + 512 * 9, table: 'gpt', firmware: 'uefi', sectorSize: 512 },
    );
    assert.match(
      (await run('inspect', at('grows.vhd'))).out.toString(),
      /VHD[^]*1 +1 MiB +2 MiB +EFI system +system\n *2 +4 MiB +1 MiB +Linux file system/,
    );
    sh(
      `truncate -s 20M mbr; printf 'label: dos\\nsize=2M,type=7,bootable\\ntype=5\\nsize=3M\\nsize=1M' | sfdisk -q mbr; qemu-img convert -f raw -O vhdx mbr mbr.vhdx`,
    );
    const mbr = JSON.parse((await run('inspect', at('mbr.vhdx'), '--json')).out.toString()) as {
      firmware: string;
      partitions: { number: number; offsetBytes: number; sizeBytes: number }[];
    };
    const rows = sh('sfdisk -d mbr')
      .split('\n')
      .flatMap((line) => /mbr(\d+) : start= *(\d+), size= *(\d+)/.exec(line)?.slice(1).map(Number) ?? []);
    assert.deepEqual(
      mbr.partitions.flatMap(({ number, offsetBytes, sizeBytes }) => [
        number,
        offsetBytes / 512,
        sizeBytes / 512,
      ]),
      rows,
    );
    assert.equal(mbr.firmware, 'bios');
  });

  test('verify says what is proven and what is not, and that a part which is there twice is lost', async () => {
    const { code, out } = await run('verify', at('grows.vhdx'));
    assert.equal(code, 0);
    assert.match(
      out.toString(),
      /header and regions verified by checksums\. Unchecked: where blocks are, and their content/,
    );
    await changed('grows.vhd', 'footless.vhd', (bytes) => bytes.fill(0, bytes.length - 512));
    const lost = await run('verify', at('footless.vhd'));
    assert.match(lost.err, /footless\.vhd: The end of the file is damaged/);
    assert.equal(lost.code, 1);
  });

  test('what its log has is taken as written, as qemu-img does it', async () => {
    // The table of blocks is at 3 MiB, as qemu-img makes it; it is lost, and the log has it.
    const lost = (bytes: Buffer): Buffer => {
      const place = tableOf(bytes);
      const sector = Buffer.from(bytes.subarray(place, place + SECTOR));
      bytes.fill(0, place, place + SECTOR);
      return sector;
    };
    for (const [from, older] of [
      [0, false],
      // Around the end of the log, after an entry that the next one writes over.
      [254, true],
    ] as const) {
      await changed('grows.vhdx', 'open.vhdx', async (bytes) => {
        const place = tableOf(bytes);
        const sector = lost(bytes);
        const first = bytes.readUInt32LE(tableOf(bytes));
        assert.equal(first, 0);
        const before = older ? [[{ place, zeros: SECTOR }]] : [];
        await leaveOpen(bytes, [...before, [{ place, sector }]], from);
      });
      const { err } = await restored('open.vhdx');
      assert.match(err, /not closed properly/);
      sh(
        'cmp raw new; cp open.vhdx repaired.vhdx; qemu-img check -q -r all repaired.vhdx; qemu-img convert -O raw repaired.vhdx theirs; cmp theirs new',
      );
    }
    await changed('open.vhdx', 'torn.vhdx', (bytes) =>
      bytes.fill(1, logOf(bytes), logOf(bytes) + 2 * SECTOR),
    );
    await changed('torn.vhdx', 'torn.vhdx', (bytes) =>
      bytes.fill(1, logOf(bytes) + 254 * SECTOR, logOf(bytes) + 256 * SECTOR),
    );
    await refused('torn.vhdx', /torn\.vhdx: It was not closed properly, and its log is damaged/);
  });

  test('one half of what is there twice is enough, and both damaged are told', async () => {
    const break_ =
      (...places: number[]) =>
      (bytes: Buffer) => {
        for (const place of places) bytes[place] = (bytes[place] ?? 0) ^ 1;
      };
    for (const places of [[64 * KIB + 20], [128 * KIB + 20], [192 * KIB + 20], [256 * KIB + 20]]) {
      await changed('grows.vhdx', 'half.vhdx', break_(...places));
      await restored('half.vhdx');
      sh('cmp raw new');
    }
    await changed('grows.vhdx', 'half.vhdx', break_(64 * KIB + 20, 128 * KIB + 20));
    await refused('half.vhdx', /half\.vhdx: The checksums of both headers are wrong/);
    await changed('grows.vhdx', 'half.vhdx', break_(192 * KIB + 20, 256 * KIB + 20));
    await refused('half.vhdx', /both tables of regions are wrong/);
    await changed('grows.vhd', 'half.vhd', (bytes) => bytes.fill(0, bytes.length - 512));
    assert.match((await restored('half.vhd')).err, /copy at the beginning is used/);
    sh('cmp raw new');
  });

  test('blocks that lie beyond the end, or in each other, and files that are cut are refused', async () => {
    await changed('grows.vhdx', 'beyond.vhdx', (bytes) => bytes.writeUInt32LE(7, tableOf(bytes) + 4));
    await refused(
      'beyond.vhdx',
      /beyond\.vhdx: It is not whole, copy it once more\. Block 0 lies beyond the end of the file \(at byte \d+\)/,
    );
    await changed('grows.vhdx', 'double.vhdx', (bytes) =>
      bytes.copyWithin(tableOf(bytes) + 3 * ENTRY, tableOf(bytes) + 5 * ENTRY, tableOf(bytes) + 6 * ENTRY),
    );
    await refused('double.vhdx', /Block 5 lies within another one/);
    for (const [name, place] of [
      ['the log', logOf],
      ['the table of blocks', tableOf],
      ['the metadata', (bytes: Buffer) => regionOf(bytes, METADATA)],
    ] as const) {
      await changed('grows.vhdx', 'over.vhdx', (bytes) =>
        bytes.writeBigUInt64LE(BigInt(place(bytes)) + 6n, tableOf(bytes) + 5 * ENTRY),
      );
      await refused('over.vhdx', /Block 5 lies within another one, or in the file’s own tables/);
      assert.throws(() => sh('qemu-img convert -O raw over.vhdx theirs 2>/dev/null'), name);
    }
    for (const sector of [0, 1, 3]) {
      await changed('grows.vhd', 'over.vhd', (bytes) =>
        bytes.writeUInt32BE(sector, Number(bytes.readBigUInt64BE(512 + 16)) + 2 * 4),
      );
      await refused('over.vhd', /Block 2 lies within another one, or in the file’s own tables/);
    }
    await changed('grows.vhd', 'over.vhd', (bytes) =>
      bytes.writeUInt32BE(
        (bytes.length - 2 * MIB - 512) / 512,
        Number(bytes.readBigUInt64BE(512 + 16)) + 2 * 4,
      ),
    );
    await refused('over.vhd', /Block 2 lies beyond the end of the file/);
    sh(
      'head -c 9000000 grows.vhdx > cut.vhdx; head -c 9000000 grows.vhd > cut.vhd; head -c 9000000 fixed.vhd > cut-fixed.vhd',
    );
    await refused('cut.vhdx', /lies beyond the end of the file/);
    await refused('cut.vhd', /lies beyond the end of the file/);
    await refused('cut-fixed.vhd', /no Clonezilla|no directory/);
  });

  test('a disk that only has what differs from another one is refused', async () => {
    await changed('grows.vhdx', 'child.vhdx', async (bytes) => {
      const metadata = regionOf(bytes, METADATA);
      const parameters = bytes.indexOf(Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex'), metadata);
      const place = metadata + bytes.readUInt32LE(parameters + 16);
      bytes.writeUInt32LE(2, place + 4);
      await Promise.resolve();
    });
    await refused('child.vhdx', /only has what differs from another disk\. Merge it/);
    await changed('grows.vhd', 'child.vhd', (bytes) => {
      bytes.writeUInt32BE(4, bytes.length - 512 + 60);
      const footer = bytes.subarray(bytes.length - 512);
      footer.writeUInt32BE(0, 64);
      footer.writeUInt32BE(~footer.reduce((all, byte) => all + byte, 0) >>> 0, 64);
    });
    await refused('child.vhd', /only has what differs from another disk\. Merge it/);
  });

  test('sectors of 4 KiB are told', async () => {
    await changed('grows.vhdx', 'sectors.vhdx', (bytes) => {
      const metadata = regionOf(bytes, METADATA);
      const item = bytes.indexOf(Buffer.from('1dbf41816fa90947ba47f233a8faab5f', 'hex'), metadata);
      bytes.writeUInt32LE(4096, metadata + bytes.readUInt32LE(item + 16));
      const size = bytes.indexOf(Buffer.from('2442a52f1bcd7648b2115dbed83bf4b8', 'hex'), metadata);
      bytes.writeBigUInt64LE(BigInt(20 * MIB), metadata + bytes.readUInt32LE(size + 16));
    });
    const { out } = await run('inspect', at('sectors.vhdx'), '--json');
    assert.equal((JSON.parse(out.toString()) as { sectorSize: number }).sectorSize, 4096);
    assert.match((await restored('sectors.vhdx')).err, /logical_block_size='4096'/);
    sh(`cmp -n ${20 * MIB} raw new`);
  });

  test('a file that is longer than its disk is told, one without a table of partitions, and an archive', async () => {
    await changed('fixed.vhd', 'long.vhd', (bytes) => {
      const footer = bytes.subarray(bytes.length - 512);
      footer.writeBigUInt64BE(BigInt(19 * MIB), 48);
      footer.writeUInt32BE(0, 64);
      footer.writeUInt32BE(~footer.reduce((all, byte) => all + byte, 0) >>> 0, 64);
    });
    assert.match((await restored('long.vhd')).err, /bytes more than the disk: they are left out/);
    sh(`cmp -n ${19 * MIB} raw new; truncate -s 20M fat; printf 'xxxNTFS    ' | dd of=fat conv=notrunc status=none
      printf '\\125\\252' | dd of=fat bs=1 seek=510 conv=notrunc status=none; qemu-img convert -f raw -O vhdx fat fat.vhdx
      mkdir conectix; tar -cf conectix.tar conectix`);
    assert.match(
      (await run('inspect', at('fat.vhdx'))).out.toString(),
      /none that is known[^]*a file system without a table of partitions/,
    );
    assert.match((await run('inspect', at('conectix.tar'))).err, /no image of Clonezilla/);
  });

  test('what is empty in a disk of fixed size needs no room', { skip: missing('unshare') }, async () => {
    sh(
      `mkdir small; truncate -s 64M empty; qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on empty empty.vhd`,
    );
    const inside =
      'mount -t tmpfs -o size=8m none small && node "$0" p2v restore empty.vhd --to-raw small/disk && stat -c %s small/disk';
    const program = path.resolve(import.meta.dirname, '../../main/launch/cli.mjs');
    assert.match(sh(`unshare -m sh -ec '${inside}' ${program} 2>&1`), /may need up to 64 MiB[^]*67108864/);
  });

  test('options of images with several disks are refused', async () => {
    const { code, err } = await run('restore', at('grows.vhdx'), '--to-raw', at('no'), '--disk', 'sda');
    assert.match(err, /one disk/);
    assert.equal(code, 2);
  });

  /** Of a region by its identifier's bytes. */
  function regionOf(bytes: Buffer, id: string): number {
    const row = bytes.indexOf(Buffer.from(id, 'hex'), 192 * KIB);
    return Number(bytes.readBigUInt64LE(row + 16));
  }
  function tableOf(bytes: Buffer): number {
    return regionOf(bytes, '6677c22d23f600429d64115e9bfd4a08');
  }
  function logOf(bytes: Buffer): number {
    return Number(bytes.readBigUInt64LE(64 * KIB + 72));
  }
});
