import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import {
  buildDomain,
  type BuildDisk,
  type BuildHardware,
  type DomainBuild,
} from '../../../drivers/libvirt/model/domain-build.ts';
import { diskTargets } from '../../../drivers/libvirt/model/domain-build-devices.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';

const SCHEMA = '/usr/share/libvirt/schemas/domain.rng';

const HARDWARE: BuildHardware = {
  virtType: 'kvm',
  arch: 'x86_64',
  machine: 'q35',
  firmware: 'bios',
  secureBoot: false,
  cpu: { vcpus: 4, topology: null, mode: 'host-passthrough', model: null },
  memory: { sizeMiB: 2048, hugepages: false, shared: false },
  nics: [
    {
      source: { kind: 'network', network: 'default', portGroup: null },
      model: 'virtio',
      mac: '52:54:00:12:34:56',
      vlan: null,
      filter: null,
      linkUp: true,
    },
  ],
  graphics: { type: 'vnc', listen: 'loopback' },
  video: 'virtio',
  sound: null,
  tpm: null,
  watchdog: null,
  rng: true,
  balloon: { model: 'virtio', statsPeriodSec: 10 },
  vsock: false,
  agent: true,
  serial: true,
  usb: 'qemu-xhci',
  tablet: true,
  clock: 'utc',
  hyperv: [],
  boot: ['hd'],
  bootMenu: false,
  pm: false,
};

const DISK: BuildDisk = {
  device: 'disk',
  source: { type: 'file', path: '/images/a b&c.qcow2', format: 'qcow2' },
  bus: 'virtio',
  cache: null,
  io: null,
  discard: 'unmap',
  ioThread: false,
  readonly: false,
  shareable: false,
  serial: null,
};

function build(hardware: Partial<BuildHardware> = {}, more: Partial<DomainBuild> = {}): DomainBuild {
  return {
    name: 'web-1',
    uuid: '3b1a7a4e-5b1f-4c52-8d1c-1f0f52f1d9a1',
    title: 'Web <1>',
    description: null,
    osId: 'http://debian.org/debian/12',
    disks: [DISK],
    hardware: { ...HARDWARE, ...hardware },
    ...more,
  };
}

const EVERYTHING: Record<string, DomainBuild> = {
  plain: build(),
  windows: build({
    firmware: 'efi',
    secureBoot: true,
    clock: 'localtime',
    hyperv: ['relaxed', 'vapic', 'spinlocks', 'vpindex', 'runtime', 'synic', 'stimer', 'frequencies'],
    tpm: { model: 'tpm-crb', version: '2.0' },
    cpu: { vcpus: 4, topology: { sockets: 1, cores: 4, threads: 1 }, mode: 'host-model', model: null },
    sound: 'ich9',
  }),
  emulated: build({ virtType: 'qemu', cpu: { vcpus: 1, topology: null, mode: 'maximum', model: null } }),
  old: build(
    {
      machine: 'pc',
      usb: 'ich9-ehci1',
      cpu: { vcpus: 1, topology: null, mode: 'custom', model: 'qemu64' },
      boot: ['cdrom', 'hd', 'network', 'fd'],
      bootMenu: true,
      pm: true,
    },
    {
      disks: [
        { ...DISK, bus: 'ide', discard: null },
        { ...DISK, device: 'cdrom', bus: 'ide', source: null },
        { ...DISK, device: 'floppy', bus: 'fdc', source: null, readonly: true },
      ],
    },
  ),
  storage: build(
    {},
    {
      disks: [
        { ...DISK, ioThread: true, cache: 'none', io: 'native', serial: 'S-1' },
        { ...DISK, bus: 'scsi', ioThread: true, shareable: true },
        { ...DISK, source: { type: 'block', path: '/dev/vg/lv', format: 'raw' }, bus: 'sata' },
      ],
    },
  ),
  nics: build({
    nics: [
      {
        source: { kind: 'bridge', bridge: 'ovs0', virtualPort: 'openvswitch' },
        model: 'virtio',
        mac: null,
        vlan: {
          trunk: true,
          tags: [
            { id: 1, nativeMode: 'untagged' },
            { id: 2, nativeMode: null },
          ],
        },
        filter: null,
        linkUp: false,
      },
      {
        source: { kind: 'direct', device: 'eth0', mode: 'bridge' },
        model: 'e1000e',
        mac: null,
        vlan: null,
        filter: null,
        linkUp: true,
      },
      {
        source: { kind: 'user' },
        model: 'virtio',
        mac: null,
        vlan: null,
        filter: 'clean-traffic',
        linkUp: true,
      },
    ],
  }),
  headless: build({
    graphics: { type: 'none', listen: 'loopback' },
    balloon: { model: 'none', statsPeriodSec: 0 },
    usb: 'none',
    serial: false,
  }),
  rest: build({
    graphics: { type: 'spice', listen: 'socket' },
    memory: { sizeMiB: 1024, hugepages: true, shared: true },
    vsock: true,
    watchdog: { model: 'i6300esb', action: 'reset' },
    usb: 'default',
  }),
  arm: build({ arch: 'aarch64', machine: 'virt', firmware: 'efi', virtType: 'qemu' }),
};

suite('a definition that is built', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtlane-build-'));
  after(() => rmSync(folder, { recursive: true }));

  for (const [name, one] of Object.entries(EVERYTHING))
    test(`${name}: is what libvirt’s own schema asks for`, { skip: !existsSync(SCHEMA) }, () => {
      const file = path.join(folder, `${name}.xml`);
      writeFileSync(file, buildDomain(one));
      execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, file], { stdio: 'pipe' });
    });

  test('is read back as it was meant', () => {
    const model = readDomain(buildDomain(EVERYTHING['plain'] ?? build()));
    assert.equal(model.name, 'web-1');
    assert.equal(model.title, 'Web <1>');
    assert.equal(model.disks[0]?.source?.path, '/images/a b&c.qcow2');
    assert.equal(model.nics[0]?.mac, '52:54:00:12:34:56');
  });

  test('UEFI without Secure Boot says so: left out, libvirt may take firmware that has it on', () => {
    const xml = buildDomain(build({ firmware: 'efi' }));
    assert.match(xml, /<feature enabled='no' name='secure-boot'\/>/);
    assert.match(xml, /<feature enabled='no' name='enrolled-keys'\/>/);
  });

  test('to have no balloon libvirt must be told', () => {
    const xml = buildDomain(build({ balloon: { model: 'none', statsPeriodSec: 5 } }));
    assert.match(xml, /<memballoon model='none'\/>/);
  });

  test('an emulated machine has no Hyper-V timer', () => {
    const timer = /hypervclock/;
    assert.match(buildDomain(build({ hyperv: ['relaxed'] })), timer);
    assert.doesNotMatch(buildDomain(build({ hyperv: ['spinlocks'], virtType: 'qemu' })), timer);
  });

  test('targets: each bus has its letters, and SCSI, SATA and USB share theirs', () => {
    assert.deepEqual(diskTargets(['virtio', 'scsi', 'sata', 'virtio', 'ide', 'fdc', 'usb']), [
      'vda',
      'sda',
      'sdb',
      'vdb',
      'hda',
      'fda',
      'sdc',
    ]);
    assert.deepEqual(diskTargets(Array.from({ length: 28 }, () => 'virtio')).slice(25), [
      'vdz',
      'vdaa',
      'vdab',
    ]);
  });
});
