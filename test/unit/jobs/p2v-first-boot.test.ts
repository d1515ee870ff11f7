import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { filePlace } from '../../../main/jobs/p2v/live/first-boot/file-place.ts';
import { fallbackLoader } from '../../../main/jobs/p2v/live/first-boot/loader.ts';
import { firstBootOf } from '../../../main/jobs/p2v/live/first-boot/offers.ts';
import { withWords } from '../../../main/jobs/p2v/live/first-boot/put-file.ts';
import type { SourceFacts } from '../../../main/jobs/p2v/live/model.ts';
import { reportOf } from '../../../main/jobs/p2v/live/report/report.ts';
import { ALPINE, DEBIAN, factsOf, ROCKY } from './p2v-source-samples.ts';

const offers = (facts: SourceFacts) => firstBootOf(facts, facts.disks);
const warnings = (facts: SourceFacts) => reportOf(facts, { name: 'root@server', as: 'root' }).warnings;

test('words of a file become others, and all else of it stays byte for byte', () => {
  const text = '# disks\n/dev/sda1\t/boot  ext2 defaults 0 2\r\n  crypt /dev/sda1 none\n\n';
  const words = [
    { line: 1, word: 0, from: '/dev/sda1', to: 'UUID=aa' },
    { line: 2, word: 1, from: '/dev/sda1', to: 'UUID=bb' },
  ];
  const changed = '# disks\nUUID=aa\t/boot  ext2 defaults 0 2\r\n  crypt UUID=bb none\n\n';
  assert.equal(withWords(text, words), changed);
  assert.equal(withWords('# disks\n/dev/sdb1 /boot', words), null);
  assert.equal(withWords('', words), null);
});

suite('devices that are named by their places', () => {
  const table = (fstab: string, links: Readonly<Record<string, string>>, more: object = {}): SourceFacts =>
    factsOf({
      ...DEBIAN,
      fstab,
      links: Object.entries(links)
        .map((pair) => pair.join('\t'))
        .join('\n'),
      ...more,
    });
  const lines = (facts: SourceFacts): readonly string[] =>
    offers(facts).flatMap(({ change }) => (change.id.includes('tab') ? change.lines : []));

  test('get their UUIDs, whatever name they had; those of LVM keep theirs', () => {
    const facts = table(
      '/dev/mapper/files01--vg-root / ext4 defaults 0 1\n/dev/disk/by-id/ata-X-part1 /boot ext2 defaults 0 2\n/dev/disk/by-id/dm-name-a none swap sw 0 0\nUUID=aa /srv ext4 defaults 0 0',
      {
        '/dev/mapper/files01--vg-root': '/dev/dm-0',
        '/dev/disk/by-id/ata-X-part1': '/dev/sda1',
        '/dev/disk/by-id/dm-name-a': '/dev/dm-1',
      },
    );
    assert.deepEqual(lines(facts), [
      '/dev/disk/by-id/ata-X-part1 (/boot) becomes UUID=ce4b7c48-72a3-4f41-8d1f-c0a4a2ff2cbb',
    ]);
    const [offer] = offers(facts);
    assert.equal(offer?.place.device, '/dev/files01-vg/root');
    assert.deepEqual(
      offer?.files.map((file) => file.kind === 'renamed' && file.words),
      [
        [
          {
            line: 1,
            word: 0,
            from: '/dev/disk/by-id/ata-X-part1',
            to: 'UUID=ce4b7c48-72a3-4f41-8d1f-c0a4a2ff2cbb',
          },
        ],
      ],
    );
  });

  test('of crypttab, too; a partition without a UUID of its own has that of the table', () => {
    const blkid = (DEBIAN['blkid'] ?? '').replace(/UUID=ce4b\S*\nBLOCK_SIZE=1024\nTYPE=ext2\n/, '');
    const facts = table(
      '',
      {
        '/dev/sda1': '/dev/sda1',
      },
      {
        crypttab: '# <name> <device>\nswap /dev/sda1 /dev/urandom swap',
        blkid,
        mounts: (DEBIAN['mounts'] ?? '').replace(/.* \/boot .*\n/, ''),
      },
    );
    assert.deepEqual(lines(facts), ['/dev/sda1 (swap) becomes PARTUUID=0b4f6cd2-01']);
  });

  test('what leads nowhere, or has the UUID of another one, is told and stays', () => {
    const unknown = table('/dev/nvme9n1p1 /data ext4 defaults 0 0', {});
    assert.deepEqual(lines(unknown), []);
    assert.match(warnings(unknown).join('\n'), /\/etc\/fstab names \/dev\/nvme9n1p1/);
    const facts = table('/dev/sda1 /boot ext2 defaults 0 0', { '/dev/sda1': '/dev/sda1' });
    const [group] = facts.groups;
    const [boot] = facts.disks[0]?.partitions ?? [];
    assert.ok(group && boot);
    const twins = {
      ...facts,
      groups: [
        {
          ...group,
          volumes: group.volumes.map((each) => ({
            ...each,
            content: { ...boot.content, mountpoints: ['/'] } as typeof each.content,
          })),
        },
      ],
    };
    assert.deepEqual(lines(twins), ['/dev/sda1 (/boot) becomes PARTUUID=0b4f6cd2-01']);
  });

  test('a file that did not come whole is not changed', () => {
    const facts = table('/dev/sda1 /boot\uFFFD ext2 defaults 0 0', { '/dev/sda1': '/dev/sda1' });
    assert.deepEqual(lines(facts), []);
  });
});

test('a file is put where what holds it is copied and can be written to', () => {
  const facts = factsOf(ROCKY);
  assert.deepEqual(filePlace('/boot/efi/EFI/BOOT/BOOTX64.EFI', facts)?.device, '/dev/sda1');
  assert.deepEqual(filePlace('/boot/efiles', facts)?.device, '/dev/sda2');
  assert.deepEqual(
    filePlace('/etc/fstab', facts)?.disks.map(({ name }) => name),
    ['sda', 'sdb'],
  );
  const one = firstBootOf(facts, facts.disks.slice(0, 1)).map(({ change }) => change.id);
  assert.deepEqual(one, ['first-boot:/boot/efi/EFI/BOOT/BOOTX64.EFI']);
  const [first] = factsOf(ALPINE).disks;
  assert.ok(first);
  assert.equal(filePlace('/boot/x', factsOf(ALPINE)), null, 'for reading alone');
  const locked: SourceFacts = {
    ...factsOf(ALPINE),
    disks: [{ ...first, partitions: first.partitions.slice(0, 1) }],
    stacks: first.partitions
      .slice(1)
      .map(({ content }) => ({ path: '/dev/mapper/root', type: 'crypt', sizeBytes: 1, over: [], content })),
  };
  assert.equal(filePlace('/etc/fstab', locked), null, 'LUKS is copied as it is');
});

suite('the loader that the new firmware starts', () => {
  const copies = (files: readonly string[], loader: string | null = null, systemId = 'debian') =>
    fallbackLoader(
      { mountpoint: '/boot/efi', files, fallback: files.includes('EFI/BOOT/BOOTX64.EFI'), loader },
      { systemId },
    ).map(({ from, to }) => `${from} ${to}`);
  const SHIM = ['EFI/debian/shimx64.efi', 'EFI/debian/grubx64.efi', 'EFI/debian/mmx64.efi'];

  test('is shim with what it starts', () => {
    const all = [
      'EFI/debian/shimx64.efi EFI/BOOT/BOOTX64.EFI',
      'EFI/debian/grubx64.efi EFI/BOOT/grubx64.efi',
      'EFI/debian/mmx64.efi EFI/BOOT/mmx64.efi',
    ];
    assert.deepEqual(copies([...SHIM, 'EFI/debian/fbx64.efi'], '\\EFI\\DEBIAN\\SHIMX64.EFI'), all);
    assert.deepEqual(copies(SHIM), all);
    assert.deepEqual(copies([...SHIM, 'EFI/ubuntu/shimx64.efi']), all, 'the system’s own folder');
  });

  test('or GRUB, systemd-boot, or Windows’ by itself', () => {
    assert.deepEqual(copies(SHIM, '\\EFI\\debian\\grubx64.efi'), [
      'EFI/debian/grubx64.efi EFI/BOOT/BOOTX64.EFI',
    ]);
    for (const file of ['EFI/systemd/systemd-bootx64.efi', 'EFI/Microsoft/Boot/bootmgfw.efi'])
      assert.deepEqual(copies([file]), [`${file} EFI/BOOT/BOOTX64.EFI`]);
  });

  test('is left alone where it is there, or it is not known what it would need', () => {
    assert.deepEqual(copies([...SHIM, 'EFI/BOOT/BOOTX64.EFI']), []);
    assert.deepEqual(copies([...SHIM, 'EFI/BOOT/fbx64.efi']), [], 'shim would look for entries first');
    assert.deepEqual(copies([...SHIM, 'EFI/Boot/GRUBX64.EFI']), [], 'another one’s');
    assert.deepEqual(copies(SHIM.slice(0, 1)), [], 'shim without what it starts');
    assert.deepEqual(copies([...SHIM, 'EFI/refind/refind_x64.efi'], '\\EFI\\refind\\refind_x64.efi'), []);
    assert.deepEqual(copies(['EFI/a/grubx64.efi', 'EFI/b/grubx64.efi']), [], 'which one?');
    assert.deepEqual(copies(["EFI/it's/grubx64.efi"]), []);
    const told = warnings({
      ...factsOf(ROCKY),
      efi: { mountpoint: '/boot/efi', files: [], fallback: false, loader: null },
    });
    assert.match(told.join('\n'), /There is no \\EFI\\BOOT\\BOOTX64\.EFI/);
  });
});

suite('names of cards', () => {
  const ids = (facts: SourceFacts): string[] => offers(facts).map(({ change }) => change.id);
  test('are kept by a file of systemd’s, or a rule of udev’s; the kernel’s own ones are not', () => {
    const facts = factsOf(DEBIAN);
    assert.deepEqual(ids(facts), ['first-boot:/etc/systemd/network/10-virtlane-enp3s0.link']);
    const rule = offers({ ...facts, services: null });
    assert.deepEqual(
      rule.map(({ change, mac }) => [change.id, mac]),
      [['first-boot:/etc/udev/rules.d/70-virtlane-enp3s0.rules', '3c:ec:ef:01:02:03']],
    );
    const [nic] = facts.nics;
    assert.ok(nic);
    assert.deepEqual(ids({ ...facts, nics: [{ ...nic, namedIn: [] }] }), []);
    assert.deepEqual(ids({ ...facts, nics: [{ ...nic, name: 'enx3cecef010203', nameScheme: 'mac' }] }), []);
    const eth = { ...nic, name: 'eth0', nameScheme: 'kernel' as const };
    const two = { ...facts, nics: [eth, { ...eth, name: 'eth1' }] };
    assert.deepEqual(ids(two), []);
    assert.match(warnings(two).join('\n'), /The card eth0/);
    assert.deepEqual(ids({ ...facts, nics: [{ ...nic, name: 'lan/0' }] }), [], 'no name of a file');
  });
});
