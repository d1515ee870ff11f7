import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseTarget, machineDefaults } from '../../../main/os/index.ts';
import { capabilities, input, recorded, system } from './hosts.ts';

/**
 * What virt-install 4.1 made on a Debian 12 host without KVM, firmware and swtpm (`--cdrom FILE --disk size=1 --graphics vnc --print-xml 1`), in
 * the columns of COLUMNS, for the systems that its libosinfo of 2022 knows. docs/defaults.md explains the differences.
 */
const COLUMNS = [
  'machine',
  'disk',
  'cd',
  'nic',
  'video',
  'usb',
  'clock',
  'rng',
  'agent',
  'balloon',
  'tpm',
] as const;
const LINUX = 'q35 virtio sata virtio virtio qemu-xhci utc rng agent balloon -';
const LINUX_VGA = 'q35 virtio sata virtio vga qemu-xhci utc rng agent balloon -';
const WINDOWS = 'q35 sata sata e1000e vga qemu-xhci localtime - - - -';
const WINDOWS_7 = 'q35 sata sata e1000e vga ich9-ehci1 localtime - - - -';
const VIRT_INSTALL: Readonly<Record<string, string>> = {
  debian10: LINUX_VGA,
  debian11: LINUX,
  'ubuntu20.04': LINUX,
  'ubuntu22.04': LINUX_VGA,
  'rhel8-unknown': LINUX,
  'rhel9-unknown': LINUX,
  almalinux8: LINUX,
  almalinux9: LINUX,
  rocky9: LINUX,
  'centos-stream9': LINUX_VGA,
  'opensuse15.4': LINUX,
  opensusetumbleweed: LINUX,
  sle15sp4: LINUX,
  archlinux: LINUX,
  gentoo: LINUX_VGA,
  'nixos-unknown': LINUX_VGA,
  voidlinux: LINUX_VGA,
  'fedora-coreos-stable': LINUX,
  linux2022: LINUX,
  linux2016: 'pc virtio ide virtio vga ich9-ehci1 utc - - - -',
  'freebsd13.5': 'pc virtio ide virtio vga ich9-ehci1 utc - - - -',
  'openbsd7.6': 'pc virtio ide virtio vga ich9-ehci1 utc - - - -',
  'netbsd9.4': 'pc ide ide e1000 vga ich9-ehci1 utc - - - -',
  winxp: 'pc ide ide e1000 vga ich9-ehci1 localtime - - - -',
  win7: WINDOWS_7,
  'win8.1': WINDOWS,
  win10: WINDOWS,
  win11: WINDOWS,
  win2k8r2: WINDOWS_7,
  win2k12: WINDOWS,
  win2k12r2: WINDOWS,
  win2k16: WINDOWS,
  win2k19: WINDOWS,
  win2k22: WINDOWS,
  unknown: 'pc ide ide e1000 vga ich9-ehci1 utc - - - -',
};

/** Where we differ, and know why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  debian10: 'video virtio',
  'ubuntu22.04': 'video virtio',
  'centos-stream9': 'video virtio',
  gentoo: 'video virtio',
  'nixos-unknown': 'video virtio',
  voidlinux: 'video virtio',
  linux2016: 'agent agent, balloon balloon',
  'freebsd13.5': 'machine q35, cd sata, usb qemu-xhci, rng rng, agent agent, balloon balloon',
  'openbsd7.6': 'machine q35, cd sata, usb qemu-xhci, rng rng, balloon balloon',
  'netbsd9.4': 'disk virtio, nic virtio, usb qemu-xhci, rng rng, balloon balloon',
  winxp: 'nic rtl8139',
  unknown: 'machine q35, disk sata, cd sata, nic e1000e',
};

/** Our machine of the system on that host, in the same columns. */
function ours(shortId: string): string[] {
  const host = capabilities('x86_64', ['pc', 'q35'], ['qemu']);
  const target = chooseTarget(system(shortId), host);
  assert.ok(target?.machine === 'q35' || target?.machine === 'pc', shortId);
  const { machine } = target;
  const { spec } = machineDefaults(
    input(
      system(shortId),
      { machine, virtType: 'qemu' },
      { domainCapabilities: recorded(`domcapabilities-${machine}-qemu`) },
    ),
  );
  const flag = (name: string, set: boolean): string => (set ? name : '-');
  const [disk, cd] = spec.disks;
  return [
    machine,
    disk?.bus ?? '-',
    cd?.bus ?? '-',
    spec.nics[0]?.model ?? '-',
    spec.video,
    spec.usb,
    spec.clock,
    flag('rng', spec.rng),
    flag('agent', spec.agent),
    flag('balloon', spec.balloon.model === 'virtio'),
    flag('tpm', spec.tpm !== null),
  ];
}

test('a machine is what virt-install makes for the same system, but for what is known', () => {
  for (const [shortId, row] of Object.entries(VIRT_INSTALL)) {
    const theirs = row.split(' ');
    const differences = ours(shortId).flatMap((value, index) =>
      value === theirs[index] ? [] : [`${COLUMNS[index]} ${value}`],
    );
    assert.equal(differences.join(', '), DIFFERENCES[shortId] ?? '', shortId);
  }
});
