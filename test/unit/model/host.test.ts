import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  readCapabilities,
  readDomainCapabilities,
  readPool,
  readVolume,
} from '../../../drivers/libvirt/model/index.ts';
import { XmlError } from '../../../drivers/xml/index.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/xml/${name}`, import.meta.url), 'utf8');

test('capabilities of a QEMU host', () => {
  const host = readCapabilities(read('capabilities-qemu.xml'));
  assert.equal(host.hostUuid, '11111111-2222-3333-4444-555555555555');
  assert.deepEqual([host.arch, host.cpuModel, host.cpuVendor], ['x86_64', 'kvm64', 'AMD']);
  assert.deepEqual(host.topology, { sockets: 1, dies: 1, cores: 2, threads: 1 });
  assert.equal(host.hugePages, 0);
  assert.equal(host.liveMigration, true);
  assert.deepEqual(host.migrationTransports, ['tcp', 'rdma']);
  const guest = host.guests.find((candidate) => candidate.arch === 'x86_64');
  assert.equal(guest?.emulator, '/usr/bin/qemu-system-x86_64');
  assert.equal(guest?.machines.find((machine) => machine.name === 'q35')?.canonical, 'pc-q35-7.2');
});

test('each text is read for itself, however many were read before, and the same one gives the same', () => {
  const text = (uuid: number): string => `<capabilities><host><uuid>${uuid}</uuid></host></capabilities>`;
  const uuids = Array.from({ length: 20 }, (_, uuid) => uuid);
  for (const order of [uuids, uuids.toReversed()])
    assert.deepEqual(
      order.map((uuid) => readCapabilities(text(uuid)).hostUuid),
      order.map(String),
    );
  assert.equal(readCapabilities(text(0)), readCapabilities(text(0)));
});

test('huge pages are counted of all nodes; a host that does not tell them is not held to have none', () => {
  const host = (pages: string): number | null =>
    readCapabilities(
      `<capabilities><host><cpu><arch>x86_64</arch></cpu><topology><cells>${pages}</cells></topology></host></capabilities>`,
    ).hugePages;
  const cell = (huge: number): string =>
    `<cell><pages unit='KiB' size='4'>1000</pages><pages unit='KiB' size='2048'>${huge}</pages></cell>`;
  assert.equal(host(cell(16) + cell(8)), 24);
  assert.equal(host(cell(0)), 0);
  assert.equal(host('<cell/>'), null);
});

test('two hosts have the same CPU where model, stepping, width of addresses and features are; its clock and microcode do not count', () => {
  const identity = (cpu: string): string | null =>
    readCapabilities(`<capabilities><host><cpu><arch>x86_64</arch>${cpu}</cpu></host></capabilities>`)
      .cpuIdentity;
  const of = (more: string, stepping = 1): string | null =>
    identity(
      `<model>EPYC</model><vendor>AMD</vendor><signature family='25' model='17' stepping='${stepping}'/><feature name='aes'/>${more}`,
    );
  assert.equal(
    of(`<feature name='avx'/><microcode version='1'/>`),
    of(`<counter name='tsc' frequency='2'/><feature name='avx'/>`),
  );
  for (const other of [
    of(''),
    of(`<feature name='avx'/>`, 2),
    of(`<feature name='avx'/><maxphysaddr bits='48'/>`),
  ])
    assert.notEqual(other, of(`<feature name='avx'/>`));
  assert.equal(identity(''), null);
});

test('kvm is whether guests of the host’s own architecture may have it', () => {
  const guest = (arch: string): string =>
    `<capabilities><host><cpu><arch>x86_64</arch></cpu></host><guest><os_type>hvm</os_type><arch name='${arch}'><domain type='kvm'/></arch></guest></capabilities>`;
  assert.equal(readCapabilities(guest('x86_64')).kvm, true);
  assert.equal(readCapabilities(guest('i686')).kvm, false);
});

test('capabilities of a domain', () => {
  const offer = readDomainCapabilities(read('domcapabilities-qemu.xml'));
  assert.equal(offer.arch, 'x86_64');
  assert.ok(offer.firmwares.includes('efi') || offer.firmwares.length === 0);
  assert.ok(offer.devices.get('disk')?.enums.get('bus')?.includes('virtio'));
  assert.ok(offer.cpuModes.some((mode) => mode.mode === 'custom' && mode.models.length > 0));
});

test('a domain’s capabilities tell how sure the host is of its CPU', () => {
  const read = (cpu: string): ReturnType<typeof readDomainCapabilities> =>
    readDomainCapabilities(`<domainCapabilities><cpu>${cpu}</cpu></domainCapabilities>`);
  const sure = read(`<mode name='host-passthrough' supported='yes'><enum name='hostPassthroughMigratable'>
    <value>on</value></enum></mode><mode name='host-model' supported='yes'><model fallback='forbid'>EPYC</model></mode>`);
  assert.equal(sure.passthroughMigratable, true);
  assert.deepEqual(sure.hostModel, { name: 'EPYC', exact: true });
  const old = read(`<mode name='host-passthrough' supported='yes'/>
    <mode name='host-model' supported='yes'><model fallback='allow'>kvm64</model></mode>`);
  assert.equal(old.passthroughMigratable, null);
  assert.deepEqual(old.hostModel, { name: 'kvm64', exact: false });
  assert.equal(old.memoryBacking, null);
});

test('a volume and its backing file', () => {
  const volume = readVolume(`<volume type='file'><name>a.qcow2</name><key>/p/a.qcow2</key>
    <capacity unit='GiB'>2</capacity><allocation unit='bytes'>196616</allocation>
    <target><path>/p/a.qcow2</path><format type='qcow2'/></target>
    <backingStore><path>/p/base.raw</path><format type='raw'/></backingStore></volume>`);
  assert.deepEqual([volume.capacityBytes, volume.allocationBytes], [2 ** 31, 196616]);
  assert.deepEqual([volume.path, volume.format, volume.backingPath], ['/p/a.qcow2', 'qcow2', '/p/base.raw']);
});

test('a pool', () => {
  const pool = readPool(`<pool type='logical'><name>vg</name><uuid>AA000000-0000-0000-0000-000000000000</uuid>
    <capacity>100</capacity><available>40</available><source><name>vg0</name></source>
    <target><path>/dev/vg0</path></target></pool>`);
  assert.deepEqual([pool.type, pool.sourceName, pool.targetPath], ['logical', 'vg0', '/dev/vg0']);
  assert.deepEqual([pool.capacityBytes, pool.availableBytes, pool.allocationBytes], [100, 40, null]);
});

test('names and paths of volumes and pools are taken as they are', () => {
  const volume = readVolume(`<volume><name>a </name><key>/p/a </key><target><path>/p/a </path></target>
    <backingStore><path>/p/b </path></backingStore></volume>`);
  assert.deepEqual(
    [volume.name, volume.key, volume.path, volume.backingPath],
    ['a ', '/p/a ', '/p/a ', '/p/b '],
  );
  const pool = readPool(`<pool><name>p </name><target><path>/p </path></target></pool>`);
  assert.deepEqual([pool.name, pool.targetPath], ['p ', '/p ']);
});

test('texts of the wrong kind are refused', () => {
  for (const wrong of [readCapabilities, readDomainCapabilities, readVolume, readPool])
    assert.throws(() => wrong('<domain/>'), XmlError);
});
