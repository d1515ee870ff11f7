import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceLines } from '../../../main/cli/commands/p2v-source-text.ts';
import type { SourceFacts, SourceVolume } from '../../../main/jobs/p2v/live/model.ts';
import { reportOf } from '../../../main/jobs/p2v/live/report/report.ts';
import { ALPINE, DEBIAN, factsOf, ROCKY } from './p2v-source-samples.ts';

const LOGIN = { name: 'root@server', as: 'root' } as const;
const report = (facts: SourceFacts) => reportOf(facts, LOGIN);

/** One sentence of several, by its beginning; fails where there is none, or more. */
function only(sentences: readonly string[], pattern: RegExp): string {
  const found = sentences.filter((sentence) => pattern.test(sentence));
  assert.equal(found.length, 1, `${String(pattern)} among:\n${sentences.join('\n')}`);
  return found[0] ?? '';
}

test('Debian with LVM: a snapshot, virtio; no service has to be stopped for /boot', () => {
  const told = report(factsOf(DEBIAN));
  assert.deepEqual([told.problems, told.disks[0]?.problems], [[], []]);
  assert.deepEqual(told.devices, { disk: 'virtio', nic: 'virtio' });
  assert.deepEqual(
    told.changes.map(({ id }) => id),
    ['snapshot:files01-vg/root', 'first-boot:/etc/systemd/network/10-virtlane-enp3s0.link'],
  );
  only(told.works, /^\/dev\/sda can be copied/);
  only(told.warnings, /^\/dev\/sda1 is written to while it is read/);
  assert.deepEqual(told.changes[1]?.lines, [
    '[Match]',
    'MACAddress=3c:ec:ef:01:02:03',
    'Path=*pci-*',
    '[Link]',
    'Name=enp3s0',
  ]);
  assert.match(told.changes[1]?.why ?? '', /^The card enp3s0 .*\/etc\/network\/interfaces knows it/);
  assert.deepEqual(
    told.warnings.filter((warning) => warning.startsWith('The card')),
    [],
  );
});

test('without room in the group nothing is promised of what is written to', () => {
  const told = report(factsOf(ROCKY));
  assert.deepEqual(
    told.changes.map(({ id }) => id),
    ['service:postgresql', 'first-boot:/etc/fstab', 'first-boot:/boot/efi/EFI/BOOT/BOOTX64.EFI'],
  );
  assert.deepEqual(told.changes[1]?.lines, ['/dev/sda1 (/boot/efi) becomes UUID=7C1A-2F44']);
  assert.deepEqual(told.changes[2]?.lines, [
    '/boot/efi/EFI/BOOT/BOOTX64.EFI is a copy of EFI/rocky/shimx64.efi',
    '/boot/efi/EFI/BOOT/grubx64.efi is a copy of EFI/rocky/grubx64.efi',
  ]);
  only(told.warnings, /^\/dev\/rl\/root is written to while it is read/);
  only(told.warnings, /rl lies on several disks \(sda, sdb\)/);
  only(told.warnings, /^Secure Boot is on/);
  assert.match(only(told.warnings, /has no driver of SATA or virtio disks/), /dracut -f --add-drivers/);
  assert.equal(told.devices.disk, 'sata');
});

test('services that run containers or guests are not stopped, which is told where others would be asked for', () => {
  const busy = ['docker', 'postgresql', 'libvirtd'];
  const told = report({ ...factsOf(ROCKY), services: busy });
  assert.ok(told.changes.some(({ id }) => id === 'service:postgresql'));
  assert.ok(!told.changes.some(({ id }) => /docker|libvirtd/.test(id)));
  only(told.warnings, /^docker, libvirtd run containers or guests, .* Stop them yourself/);
  // Its one snapshot holds all that they write to.
  const held = report({ ...factsOf(DEBIAN), services: busy });
  assert.doesNotMatch(held.warnings.join('\n'), /containers or guests/);
});

test('disks that fstab and the boot loader call by their names stay SATA, where a first one keeps its name', () => {
  const told = report(factsOf(ALPINE));
  assert.deepEqual(told.devices, { disk: 'sata', nic: 'virtio' });
  assert.deepEqual(
    told.warnings.filter((warning) => warning.includes('names /dev')),
    [],
  );
  // Two cards by the kernel's own names: which is which may change.
  assert.equal(told.warnings.filter((warning) => warning.startsWith('The card eth')).length, 2);
  only(told.works, /^\/dev\/sda1 is not written to/);
  const nvme = { ...factsOf(ALPINE), bootDevices: ['/dev/nvme0n1p2'] };
  only(report(nvme).warnings, /^the boot loader names \/dev\/nvme0n1p2/);
});

test('what cannot be copied while it runs is told with what to do', () => {
  const facts = factsOf(DEBIAN);
  const [disk] = facts.disks;
  const [group] = facts.groups;
  assert.ok(disk && group);
  const problems = (change: Partial<SourceFacts>): readonly string[] =>
    report({ ...facts, ...change }).disks[0]?.problems ?? [];
  const holding = (content: (typeof disk)['content']): Partial<SourceFacts> => ({
    groups: [],
    disks: [{ ...disk, table: 'none', partitions: [], content }],
  });
  const volume = (change: Partial<SourceVolume>): Partial<SourceFacts> => ({
    groups: [{ ...group, volumes: group.volumes.map((each) => ({ ...each, ...change })) }],
  });
  const stack = (type: string): Partial<SourceFacts> => ({
    stacks: [{ path: '/dev/x', type, sizeBytes: 1, over: ['/dev/sda'], content: { kind: 'unknown' } }],
  });
  const btrfs = {
    kind: 'fileSystem',
    type: 'btrfs',
    uuid: 'u',
    label: null,
    mountpoints: ['/'],
    usedBytes: null,
    readOnly: false,
  } as const;
  only(problems(holding({ kind: 'member', type: 'zfs_member' })), /ZFS/);
  only(problems(holding({ kind: 'member', type: 'ddf_raid_member' })), /ddf_raid_member/);
  only(problems(holding({ ...btrfs, type: 'ocfs2' })), /other machines may write/);
  const one = holding(btrfs).disks ?? [];
  assert.deepEqual(problems({ groups: [], disks: one }), []);
  only(problems({ groups: [], disks: [...one, ...one] }), /btrfs over several devices/);
  only(problems(volume({ kind: 'thin', segments: [] })).slice(0, 1), /kind “thin”/);
  only(problems(volume({ kind: 'snapshot', segments: [] })).slice(0, 1), /lvremove/);
  only(
    problems({ groups: [{ ...group, devices: [{ path: null, uuid: 'a' }, ...group.devices] }] }),
    /a device that is missing/,
  );
  only(problems({ groups: [{ ...group, volumes: [], complete: false }] }), /does not tell of all/);
  const [first, second] = disk.partitions;
  assert.ok(first && second);
  only(
    problems({
      groups: [],
      disks: [{ ...disk, partitions: [first, { ...first, path: '/dev/sda9', at: first.at + 512 }] }],
    }),
    /\/dev\/sda1 and \/dev\/sda9 overlap/,
  );
  only(problems(stack('mpath')), /multipath/);
  only(problems(stack('raid1')), /RAID \(raid1\)/);
  only(problems(stack('dm')), /how is not known/);
  only(problems({ disks: [{ ...disk, table: 'other' }] }), /neither GPT nor MBR/);
  only(problems({ disks: [{ ...disk, sectorBytes: 4096 }] }), /sectors of 4096/);
});

test('LUKS that is open is copied as it is, and as what is written to: services are asked for', () => {
  const facts = factsOf(DEBIAN);
  const [disk] = facts.disks;
  assert.ok(disk);
  const told = report({
    ...facts,
    groups: [],
    disks: [{ ...disk, table: 'none', partitions: [], content: { kind: 'luks', uuid: 'a' } }],
    stacks: [
      {
        path: '/dev/mapper/root',
        type: 'crypt',
        sizeBytes: 1,
        over: ['/dev/sda'],
        content: {
          kind: 'fileSystem',
          type: 'ext4',
          uuid: 'b',
          label: null,
          mountpoints: ['/'],
          usedBytes: null,
          readOnly: false,
        },
      },
    ],
  });
  assert.deepEqual([told.problems, told.disks[0]?.problems], [[], []]);
  assert.deepEqual(
    told.changes.map(({ id }) => id),
    ['service:mariadb'],
  );
  only(told.warnings, /^\/dev\/sda is encrypted \(LUKS\)/);
  only(told.warnings, /^\/dev\/sda is written to while it is read, and no snapshot/);
});

test('no snapshot of a striped volume is asked for; of several, services are, as their moments are not the same', () => {
  const facts = factsOf(DEBIAN);
  const [group] = facts.groups;
  const [root] = group?.volumes ?? [];
  assert.ok(group && root);
  const of = (volumes: readonly SourceVolume[]): string[] =>
    report({ ...facts, nics: [], groups: [{ ...group, volumes }] }).changes.map(({ id }) => id);
  assert.deepEqual(of([{ ...root, kind: 'striped' }]), ['service:mariadb']);
  assert.deepEqual(of([root, { ...root, name: 'log' }]), [
    'snapshot:files01-vg/root',
    'snapshot:files01-vg/log',
    'service:mariadb',
  ]);
  // A guest's disk, for one.
  const raw = { ...root, content: { kind: 'unknown' } } as const;
  assert.ok(root.content.kind === 'fileSystem');
  const still = { ...root, name: 'os', content: { ...root.content, readOnly: true } };
  assert.deepEqual(of([raw, still]), ['snapshot:files01-vg/root']);
  assert.deepEqual(of([{ ...raw, open: false }, still]), []);
  // Open LUKS, and what a container has mounted where this is not seen.
  assert.deepEqual(of([{ ...root, content: { kind: 'luks', uuid: 'a' } }, still]), [
    'snapshot:files01-vg/root',
  ]);
  const unseen = { ...root, content: { ...root.content, mountpoints: [] } };
  assert.deepEqual(of([unseen, still]), ['snapshot:files01-vg/root']);
  assert.deepEqual(of([{ ...unseen, open: false }, still]), []);
});

test('machines that none can be made of', () => {
  const facts = factsOf(DEBIAN);
  const container = report({ ...facts, virtualization: 'lxc' });
  only(container.problems, /container \(lxc\)/);
  assert.deepEqual([container.works, container.changes], [[], []]);
  const lines = sourceLines(container).join('\n');
  assert.match(lines, /\nCannot be:\n- It is a container \(lxc\)/);
  assert.doesNotMatch(lines, /Works:|Would be asked|To know/);
  only(report({ ...facts, arch: 'aarch64' }).problems, /aarch64/);
  only(report(factsOf({ ...DEBIAN, lvs: null })).problems, /There is LVM.* is not known without it/);
  assert.deepEqual(report({ ...facts, disks: [], groups: [] }).problems, [
    'It tells of no disk.',
    'Its root is not on a local disk that is known here.',
  ]);
});

test('the lines of a change stand each for themselves', () => {
  const lines = sourceLines(report(factsOf(DEBIAN)));
  const at = lines.findIndex((line) => line.startsWith('- first-boot:'));
  assert.deepEqual(lines.slice(at + 1, at + 3), ['    [Match]', '    MACAddress=3c:ec:ef:01:02:03']);
  assert.ok(lines.every((line) => !line.includes('\n')));
});

test('where the disk with its root cannot be copied the others are not either; a snapshot of an interrupted copy is named as that', () => {
  const facts = factsOf(DEBIAN);
  const [group] = facts.groups;
  const [disk] = facts.disks;
  const [volume] = group?.volumes ?? [];
  assert.ok(group !== undefined && disk !== undefined && volume !== undefined);
  const left = { ...volume, name: 'virtlane-33fd7271-root', kind: 'snapshot' };
  const told = report({
    ...facts,
    disks: [disk, { ...disk, name: 'sdb', path: '/dev/sdb', partitions: [] }],
    groups: [{ ...group, volumes: [...group.volumes, left] }],
  });
  assert.deepEqual(
    told.disks.map(({ name, problems }) => [name, problems.length]),
    [
      ['sda', 1],
      ['sdb', 0],
    ],
  );
  only(told.problems, /its root lies on cannot be copied/);
  only(
    told.disks[0]?.problems ?? [],
    /virtlane-33fd7271-root is a snapshot by its name of Virtlane, .*take that job back/,
  );
});
