import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detectSystems, isVirtioWin, OPERATING_SYSTEMS, type IsoLabels } from '../../../main/os/index.ts';

function iso(volumeId: string, more: Partial<IsoLabels> = {}): IsoLabels {
  return { volumeId, systemId: '', publisherId: '', applicationId: '', ...more };
}
const found = (labels: IsoLabels | null, fileName: string | null = null): string[] =>
  detectSystems(labels, fileName).map((candidate) => candidate.os.shortId);

const MICROSOFT = { publisherId: 'MICROSOFT CORPORATION' };

/** As the makers' ISOs have it. */
const LABELS: readonly (readonly [IsoLabels, string])[] = [
  [iso('Debian 13.1.0 amd64 n'), 'debian13'],
  [iso('Debian 12.5.0 amd64 n'), 'debian12'],
  [iso('Debian 11.5.0 amd64 1'), 'debian11'],
  [iso('d-live 12.5.0 gn amd64'), 'debian12'],
  [iso('Ubuntu-Server 24.04.1 LTS amd64'), 'ubuntu24.04'],
  [iso('Ubuntu-Server 22.04 LTS amd64'), 'ubuntu22.04'],
  [iso('Ubuntu 25.10 amd64'), 'ubuntu25.10'],
  [iso('Linux Mint 22.1 Cinnamon 64-bit'), 'linuxmint22'],
  [iso('Fedora-S-dvd-x86_64-43'), 'fedora43'],
  [iso('Fedora-E-dvd-x86_64-40'), 'fedora40'],
  [iso('Fedora-WS-Live-42'), 'fedora42'],
  [iso('RHEL-9-4-0-BaseOS-x86_64'), 'rhel9-unknown'],
  [iso('RHEL-10-0-BaseOS-x86_64'), 'rhel10-unknown'],
  [iso('AlmaLinux-9-4-x86_64-dvd'), 'almalinux9'],
  [iso('Rocky-10-0-x86_64-dvd'), 'rocky10'],
  [iso('CentOS-Stream-10-BaseOS-x86_64'), 'centos-stream10'],
  [iso('OL-9-4-0-BaseOS-x86_64'), 'ol9-unknown'],
  [iso('openSUSE-Leap-15.6-DVD-x86_647'), 'opensuse15.6'],
  [iso('openSUSE-Tumbleweed-DVD-x86_6420'), 'opensusetumbleweed'],
  [iso('SLE-15-SP6-Full-x86_64710.3.001'), 'sle15sp6'],
  [iso('ARCH_202510'), 'archlinux'],
  [iso('alpine-virt 3.22.1 x86_64'), 'alpinelinux3.22'],
  [iso('alpine-std 3.19.0 x86_64'), 'alpinelinux3.19'],
  [iso('nixos-minimal-25.05-x86_64'), 'nixos-unknown'],
  [iso('Mageia-9-x86_64'), 'mageia9'],
  [iso('14_3_RELEASE_AMD64_CD', { systemId: 'FreeBSD' }), 'freebsd14.4'],
  [iso('13_1_RELEASE_AMD64_DVD', { systemId: 'FreeBSD' }), 'freebsd13.5'],
  [iso('OpenBSD/amd64   7.7 Install CD'), 'openbsd7.7'],
  [iso('NETBSD_101', { systemId: 'NetBSD' }), 'netbsd10.1'],
  [iso('IR5_CCSA_X64FRE_EN-US_DV9', MICROSOFT), 'win8.1'],
  [iso('GSP1RMCPRXFRER_EN_DVD', MICROSOFT), 'win7'],
  [iso('GRMSXFRER_EN_DVD', MICROSOFT), 'win2k8r2'],
  [iso('IRM_SSS_X64FREE_EN-US_DV5', MICROSOFT), 'win2k12r2'],
  [iso('HRM_SSS_X64FREE_EN-US_DV5', MICROSOFT), 'win2k12'],
  [iso('ARMPXVOL_EN', MICROSOFT), 'winxp'],
];

test('labels of installers name their system, and no other', () => {
  for (const [labels, shortId] of LABELS) assert.deepEqual(found(labels), [shortId], labels.volumeId);
});

test('a label that is one system’s alone is said to be so, with what boots it', () => {
  const [debian] = detectSystems(iso('Debian 12.5.0 amd64 n'), null);
  assert.equal(debian?.evidence, 'label');
  assert.deepEqual(debian?.medium?.boot, { kernel: 'install.amd/vmlinuz', initrd: 'install.amd/initrd.gz' });
  const [arm] = detectSystems(iso('Debian 12.5.0 arm64 n'), null);
  assert.equal(arm?.medium?.arch, 'aarch64');
});

test('Windows 10 and 11 share a label: both are offered, the file’s name says which first', () => {
  const labels = iso('CCCOMA_X64FRE_EN-US_DV9', MICROSOFT);
  assert.deepEqual(found(labels), ['win11', 'win10']);
  assert.deepEqual(found(labels, 'Win10_22H2_English_x64.iso'), ['win10', 'win11']);
  assert.deepEqual(
    new Set(detectSystems(labels, null).map((candidate) => candidate.evidence)),
    new Set(['shared']),
  );
});

test('Windows Server since 2016 shares a label', () => {
  const labels = iso('SSS_X64FREE_EN-US_DV9', MICROSOFT);
  assert.deepEqual(found(labels), ['win2k25', 'win2k22', 'win2k19', 'win2k16']);
  assert.equal(found(labels, 'windows_server_2019_x64.iso')[0], 'win2k19');
});

test('a label is believed only of its publisher, and a name never against a label', () => {
  assert.deepEqual(found(iso('CCCOMA_X64FRE_EN-US_DV9')), []);
  assert.deepEqual(found(iso('13_1_RELEASE_AMD64_DVD')), []);
  assert.deepEqual(found(iso('Debian 12.5.0 amd64 n'), 'Win11.iso'), ['debian12']);
});

test('without a known label the file’s name is a hint', () => {
  const names: readonly (readonly [string, string])[] = [
    ['debian-12.5.0-amd64-netinst.iso', 'debian12'],
    ['/var/lib/libvirt/images/debian-13-generic-amd64.qcow2', 'debian13'],
    ['ubuntu-24.04.1-live-server-amd64.iso', 'ubuntu24.04'],
    ['ubuntu-26.04-server-cloudimg-amd64.img', 'ubuntu26.04'],
    ['Fedora-Server-dvd-x86_64-43-1.6.iso', 'fedora43'],
    ['Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2', 'fedora44'],
    ['rhel-9.4-x86_64-dvd.iso', 'rhel9-unknown'],
    ['AlmaLinux-9-GenericCloud-latest.x86_64.qcow2', 'almalinux9'],
    ['Rocky-10-GenericCloud-Base.latest.x86_64.qcow2', 'rocky10'],
    ['CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2', 'centos-stream9'],
    ['openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2', 'opensuse15.6'],
    ['Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2', 'opensuse16.0'],
    ['Arch-Linux-x86_64-cloudimg.qcow2', 'archlinux'],
    ['nocloud_alpine-3.22.4-x86_64-bios-cloudinit-r0.qcow2', 'alpinelinux3.22'],
    ['FreeBSD-14.3-RELEASE-amd64-disc1.iso', 'freebsd14.4'],
    ['Win11_24H2_English_x64.iso', 'win11'],
    ['C:\\iso\\Windows10.iso', 'win10'],
    ['en_windows_server_2022_x64_dvd.iso', 'win2k22'],
  ];
  for (const [name, shortId] of names) assert.deepEqual(found(null, name), [shortId], name);
  assert.equal(detectSystems(null, 'debian-12.iso')[0]?.evidence, 'name');
});

test('names that say nothing are no hint', () => {
  for (const name of ['disk.qcow2', 'seed.iso', 'mydebian-12.iso.txt', 'darwin10.iso', '', 'debian-99.iso'])
    assert.deepEqual(found(null, name), [], name);
});

test('no label and no name breaks the detection or holds it up', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (volumeId, publisherId, name) => {
      for (const candidate of detectSystems(iso(volumeId, { publisherId }), name))
        assert.ok(OPERATING_SYSTEMS.includes(candidate.os));
    }),
  );
  const long = 'A'.repeat(1_000_000);
  assert.deepEqual(found(iso(`SLE-15-SP6${long}`), `fedora-${long}`), []);
});

test('the drivers’ ISO is known by its label', () => {
  assert.equal(isVirtioWin(iso('virtio-win-0.1.271')), true);
  assert.equal(isVirtioWin(iso('CCCOMA_X64FRE_EN-US_DV9')), false);
});
