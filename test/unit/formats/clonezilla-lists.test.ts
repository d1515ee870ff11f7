import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChecksumLists } from '../../../drivers/formats/clonezilla/checksum-lists.ts';
import { dataFilesOf } from '../../../drivers/formats/clonezilla/data-files.ts';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import { readHardware } from '../../../drivers/formats/clonezilla/hardware.ts';
import {
  deviceName,
  fileSystemsIn,
  logicalVolumesIn,
  namesIn,
  physicalVolumesIn,
  swapIdentity,
} from '../../../drivers/formats/clonezilla/lists.ts';
import { readPartedPrint } from '../../../drivers/formats/clonezilla/parted-print.ts';
import { recognise } from '../../../drivers/formats/clonezilla/recognise.ts';
import { readSfdiskDump } from '../../../drivers/formats/clonezilla/sfdisk-dump.ts';
import { memoryFiles } from '../../support/image-files.ts';

const sizes = (...names: string[]): Map<string, number> =>
  new Map(names.map((name, index) => [name, index + 1]));
const fails = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ClonezillaError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return true;
};

test('contents are told by their names, in every spelling of Clonezilla', () => {
  const found = dataFilesOf(
    sizes(
      'sda1.ext4-ptcl-img.zst',
      'nvme0n1p2.ntfs-ptcl-img.gz.aa',
      'vg-a.b-root.xfs-ptcl-img.uncomp',
      'sda5.dd-img.aa',
      'sda6.ntfs-img.aa',
      'cciss-c0d0p1.hfsplus-ptcl-img.lz4.aaa',
      'sda-pt.sf',
      'Info-dmi.txt',
      'clonezilla-img',
      'sda-mbr',
    ),
  );
  assert.deepEqual(
    [...found.values()].map(({ device, fileSystem, suffix }) => [device, fileSystem, suffix]),
    [
      ['sda1', 'ext4', 'zst'],
      ['nvme0n1p2', 'ntfs', 'gz'],
      ['vg-a.b-root', 'xfs', 'uncomp'],
      ['sda5', 'dd', null],
      ['sda6', 'ntfs', null],
      ['cciss-c0d0p1', 'hfsplus', 'lz4'],
    ],
  );
});

test('parts are in the order of split, whatever the order of the directory, past z', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const names = Array.from(letters, (letter) => `a${letter}`).concat('ba', 'bb');
  const found = dataFilesOf(sizes(...names.map((part) => `sda1.ext4-ptcl-img.gz.${part}`).reverse()));
  assert.deepEqual(
    found.get('sda1')?.parts.map((name) => name.slice(-2)),
    names,
  );
  assert.equal(found.get('sda1')?.storedBytes, (28 * 29) / 2);
});

test('a part that is not there is named', () => {
  const missing = (parts: string[], name: string): void => {
    const names = parts.map((part) => `sda1.ext4-ptcl-img.gz.${part}`);
    assert.throws(
      () => dataFilesOf(sizes(...names)),
      fails('MISSING', new RegExp(`gz\\.${name} is missing`)),
    );
  };
  missing(['ab', 'ac'], 'aa');
  missing(['aa', 'ac'], 'ab');
  missing(['aab', 'aac'], 'aaa');
});

test('two contents of one partition, parts beside a whole, and partimage are refused', () => {
  for (const names of [
    ['sda1.ext4-ptcl-img.gz', 'sda1.ext4-ptcl-img.zst'],
    ['sda1.ext4-ptcl-img.gz', 'sda1.ext4-ptcl-img.gz.aa'],
    ['sda1.ext4-ptcl-img.gz.aa', 'sda1.ext4-ptcl-img.gz.aaa'],
    ['sda1.000'],
    ['sda1.aa'],
  ])
    assert.throws(() => dataFilesOf(sizes(...names)), fails('UNSUPPORTED', /sda1/));
});

test('names of devices lead nowhere else', () => {
  assert.deepEqual(namesIn('disk', ' sda  nvme0n1\n'), ['sda', 'nvme0n1']);
  assert.equal(deviceName('parts', '/dev/cciss/c0d0p1'), 'cciss/c0d0p1');
  for (const name of [
    '../x',
    '/etc/passwd',
    'a/../b',
    'a/b/c/d',
    '-rf',
    'a\0b',
    '..',
    '/dev/',
    'x'.repeat(600),
  ])
    assert.throws(() => deviceName('parts', name), fails('DAMAGED', /parts: .* is no name/));
  assert.throws(() => namesIn('parts', 'sda1 '.repeat(5000)), fails('DAMAGED', /over the 4096/));
});

test('lists of file systems, LVM and swap', () => {
  const comment = '# <Device name>   <File system>   <Size>\n';
  assert.deepEqual([...fileSystemsIn('dev-fs.list', `${comment}/dev/sda1 ext4 20G\n`)], [['sda1', 'ext4']]);
  assert.deepEqual(physicalVolumesIn('f', 'vg /dev/sda3 u-1\n/NOT_FOUND /dev/sda4 u-2\n'), [
    { group: 'vg', device: 'sda3', uuid: 'u-1' },
    { group: null, device: 'sda4', uuid: 'u-2' },
  ]);
  assert.deepEqual(
    logicalVolumesIn(
      'f',
      '/dev/vg/s  Linux/i386 swap file (new style)\n/dev/vg/r XFS\n/dev/vg/l  Linux rev 1.0 ext4 filesystem data, volume name "swap file"\n',
    ),
    [
      { group: 'vg', name: 's', swap: true },
      { group: 'vg', name: 'r', swap: false },
      { group: 'vg', name: 'l', swap: false },
    ],
  );
  assert.throws(() => logicalVolumesIn('f', '/dev/sda1 x\n'), fails('DAMAGED', /no logical volume/));
  const uuid = '4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f90';
  assert.deepEqual(swapIdentity('f', `UUID="${uuid}"\nLABEL="swap"\n`), { uuid, label: 'swap' });
  assert.deepEqual(swapIdentity('f', 'UUID=""\nLABEL=""\n'), { uuid: null, label: null });
  assert.throws(() => swapIdentity('f', 'UUID="$(reboot)"'), fails('DAMAGED', /no UUID/));
  assert.throws(() => swapIdentity('f', `LABEL="${'ä'.repeat(9)}"`), fails('DAMAGED', /16 bytes/));
});

const GPT_DUMP = `label: gpt
label-id: 0FC63DAF-8483-4772-8E79-3D69D8477DE4
device: /dev/nvme0n1
unit: sectors
first-lba: 34
last-lba: 196574
sector-size: 512

/dev/nvme0n1p2 : start=       34816, size=       49152, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=1B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2, name="a \\x22b\\x22 \\xc3\\xa4", attrs="RequiredPartition GUID:63"
/dev/nvme0n1p1 : start=        2048, size=       32768, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=2B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2
`;

test('sfdisk’s dump of GPT', () => {
  const dump = readSfdiskDump('pt', 'nvme0n1', GPT_DUMP);
  assert.deepEqual([dump.label, dump.firstLba, dump.lastLba, dump.sectorSize], ['gpt', 34, 196574, 512]);
  assert.deepEqual(
    dump.partitions.map(({ name, number, start, sectors, label, attributes }) => [
      name,
      number,
      start,
      sectors,
      label,
      attributes,
    ]),
    [
      ['nvme0n1p1', 1, 2048, 32768, null, null],
      ['nvme0n1p2', 2, 34816, 49152, 'a "b" ä', 'RequiredPartition GUID:63'],
    ],
  );
});

test('an old sfdisk’s dump, which has no header and lists free slots', () => {
  const text = `# partition table of /dev/sda
unit: sectors

/dev/sda1 : start=       63, size=   208782, Id=83, bootable
/dev/sda2 : start=   208845, size=  1000000, Id= f
/dev/sda3 : start=        0, size=        0, Id= 0
/dev/sda5 : start=   208908, size=   900000, Id=82
`;
  const dump = readSfdiskDump('pt', 'sda', text);
  assert.deepEqual(
    dump.partitions.map(({ name, type, bootable }) => [name, type, bootable]),
    [
      ['sda1', '83', true],
      ['sda2', 'F', false],
      ['sda5', '82', false],
    ],
  );
});

test('what sfdisk does not write is an error with its file', () => {
  const change = (from: string | RegExp, to: string): string => GPT_DUMP.replace(from, to);
  for (const [text, words] of [
    [change('size=       49152', 'size=-1'), /size of nvme0n1p2/],
    [change('size=       49152', 'size=99999999999999'), /size of nvme0n1p2/],
    [change('start=        2048, ', ''), /start of nvme0n1p1/],
    [change('nvme0n1p2', 'sdb2'), /no partition of nvme0n1/],
    [change('/dev/nvme0n1p2', '/dev/../x2'), /no name of/],
    [change('nvme0n1p2', 'nvme0n1p1'), /nvme0n1p1 is there twice/],
    [change('label: gpt', 'label: sun'), /"sun"/],
    [change('unit: sectors', 'unit: cylinders'), /cylinders/],
    [change('sector-size: 512', 'sector-size: 0'), /sectors of "0" bytes/],
    [change('last-lba: 196574', 'last-lba: x'), /last-lba/],
  ] as const)
    assert.throws(() => readSfdiskDump('pt', 'nvme0n1', text), fails('DAMAGED', words));
});

test('parted tells the size of the disk', () => {
  const text =
    'Model: ATA x (scsi)\nDisk /dev/sda: 196608s\nSector size (logical/physical): 512B/4096B\nPartition Table: gpt\n';
  assert.deepEqual(readPartedPrint(text), { sizeBytes: 96 << 20, sectorSize: 512, table: 'gpt' });
  for (const broken of [
    '',
    text.replace('196608s', '0s'),
    text.replace('196608s', '9999999999999999s'),
    text.replace('196608', ''),
  ])
    assert.equal(readPartedPrint(broken), null);
});

test('what is no image, broken or encrypted is refused', async () => {
  const refused = (files: Record<string, string>, code: string, words: RegExp): Promise<void> =>
    assert.rejects(recognise(memoryFiles(files)), fails(code, words));
  await recognise(memoryFiles({ 'clonezilla-img': 'x' }));
  await recognise(memoryFiles({ parts: 'sda1' }));
  await refused({ 'sda1.ext4-ptcl-img.gz': '' }, 'NOT_AN_IMAGE', /no image/);
  await refused({ disk: 'sda', '00-pseudo-img-note.txt': '' }, 'NOT_AN_IMAGE', /no image/);
  await refused({ disk: 'sda', 'THIS_IMAGE_DIR_IS_BROKEN.txt': '\nbad\n' }, 'BROKEN', /: bad\. Save/);
  await refused({ 'gocryptfs.conf': '{}' }, 'ENCRYPTED', /gocryptfs/);
  await refused({ 'ecryptfs.info': 'x', 'clonezilla-img': 'a\0b' }, 'ENCRYPTED', /ecryptfs/);
  await refused({ 'ECRYPTFS_FNEK_ENCRYPTED.Fx': '' }, 'ENCRYPTED', /ecryptfs/);
  // Kept from the time when it was encrypted: the directory is the mounted one.
  await recognise(memoryFiles({ 'ecryptfs.info': 'x', 'clonezilla-img': 'This image' }));
});

test('lists of checksums', async () => {
  const sum = 'a'.repeat(64);
  const lists = await readChecksumLists(
    memoryFiles({ SHA256SUMS: `${sum}  disk\n${sum} *SHA256SUMS\n`, MD5SUMS: '' }),
  );
  assert.deepEqual(
    lists.map(({ file, algorithm, sums }) => [file, algorithm, [...sums.keys()]]),
    [
      ['MD5SUMS', 'md5', []],
      ['SHA256SUMS', 'sha256', ['disk']],
    ],
  );
  for (const line of ['abc  disk', `${sum}  ../disk`, `${sum}disk`, `${sum}00  disk`])
    await assert.rejects(
      readChecksumLists(memoryFiles({ SHA256SUMS: line })),
      fails('DAMAGED', /SHA256SUMS/),
    );
});

test('the machine is told by dmidecode and lshw', async () => {
  const dmi = `This image was saved from this machine with DMI info at 2026:
# dmidecode 3.4
Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: Dell Inc.
\tProduct Name: PowerEdge R640

Handle 0x0004, DMI type 4, 48 bytes
Processor Information
\tVersion: Intel(R) Xeon(R) Silver 4110
\tStatus: Populated, Enabled
\tThread Count: 16

Handle 0x0005, DMI type 4, 48 bytes
Processor Information
\tStatus: Unpopulated

Handle 0x0011, DMI type 17, 40 bytes
Memory Device
\tSize: 16384 MB

Handle 0x0012, DMI type 17, 40 bytes
Memory Device
\tSize: 16 GB

Handle 0x0013, DMI type 17, 40 bytes
Memory Device
\tSize: No Module Installed
`;
  const lshw = `server
  *-core
     *-memory
          description: System Memory
          size: 8GiB
     *-network:0
          serial: 52:54:00:AA:bb:01
     *-network:1 DISABLED
          serial: 52:54:00:aa:bb:02
`;
  assert.deepEqual(await readHardware(memoryFiles({ 'Info-dmi.txt': dmi, 'Info-lshw.txt': lshw })), {
    vendor: 'Dell Inc.',
    product: 'PowerEdge R640',
    memoryBytes: 32 * 1024 ** 3,
    cpus: 16,
    cpuModel: 'Intel(R) Xeon(R) Silver 4110',
    macs: ['52:54:00:aa:bb:01', '52:54:00:aa:bb:02'],
  });
  const alone = await readHardware(memoryFiles({ 'Info-lshw.txt': lshw }));
  assert.deepEqual([alone.memoryBytes, alone.cpus], [8 * 1024 ** 3, null]);
  const long = await readHardware(memoryFiles({ 'Info-dmi.txt': dmi + 'x'.repeat(3 << 20) }));
  assert.equal(long.vendor, null);
  const nothing = await readHardware(memoryFiles({}));
  assert.deepEqual([nothing.vendor, nothing.memoryBytes, nothing.macs], [null, null, []]);
});
