import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { XmlError } from '../../../drivers/xml/index.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/xml/${name}`, import.meta.url), 'utf8');
const full = readDomain(read('kvm-full.xml'));

test('what a machine is', () => {
  assert.equal(full.name, 'büro-windows 😀');
  assert.equal(full.title, 'Office & desk');
  assert.equal(full.id, 7);
  assert.equal(full.virtType, 'kvm');
  assert.equal(full.osinfo, 'http://microsoft.com/win/11');
  assert.deepEqual([full.vcpus, full.maxVcpus], [2, 8]);
  assert.deepEqual([full.cpu.mode, full.cpu.model], ['host-passthrough', null]);
  assert.deepEqual(full.cpu.topology, { sockets: 1, dies: 1, cores: 4, threads: 2 });
  assert.deepEqual(full.features, ['acpi', 'apic', 'hyperv', 'smm', 'vmport']);
});

test('memory is in KiB whatever its unit', () => {
  assert.deepEqual([full.memoryKiB, full.currentMemoryKiB], [8 << 20, 4 << 20]);
  assert.deepEqual(full.maxMemory, { kib: 32 << 20, slots: 16 });
  const memory = (unit: string, value: string): number =>
    readDomain(`<domain><memory unit='${unit}'>${value}</memory></domain>`).memoryKiB;
  assert.equal(memory('KB', '1024'), 1000);
  assert.equal(memory('b', '1025'), 2);
  assert.equal(memory('T', '1'), 2 ** 30);
  assert.equal(memory('parsec', '1'), 0);
  assert.equal(memory('EiB', '9999999999999999999'), Math.ceil(Number.MAX_SAFE_INTEGER / 1024));
});

test('firmware and secure boot', () => {
  assert.equal(full.os.firmware, 'efi');
  assert.equal(full.os.secureBoot, true);
  assert.equal(full.os.nvram, '/var/lib/libvirt/qemu/nvram/office_VARS.fd');
  assert.equal(readDomain(read('test-driver.xml')).os.firmware, 'bios');
  assert.equal(readDomain(read('lxc.xml')).os.firmware, 'other');
});

test('the order of boot is that of the devices, else of the classes', () => {
  assert.deepEqual(full.bootOrder, ['vda', 'sdb', '52:54:00:aa:bb:01']);
  assert.deepEqual(readDomain(read('crlf.xml')).bootOrder, ['cdrom', 'hd']);
});

test('disks of every kind of source', () => {
  assert.deepEqual(
    full.disks.map((disk) => [disk.target, disk.bus, disk.type, disk.source?.display ?? null, disk.readonly]),
    [
      ['vda', 'virtio', 'file', '/var/lib/libvirt/images/office.snap1.qcow2', false],
      ['vdb', 'virtio', 'network', 'rbd://mon1.example:6789,mon2.example/pool/image', false],
      ['sda', 'scsi', 'volume', 'iscsi-pool/unit:0:0:1', true],
      ['vdc', 'virtio', 'nvme', 'nvme://0000:01:00.0/1', false],
      ['sdb', 'sata', 'file', null, true],
    ],
  );
  assert.equal(full.disks[1]?.shareable, true);
  assert.equal(full.disks[4]?.device, 'cdrom');
});

test('the files under a disk, top first', () => {
  assert.deepEqual(
    full.disks[0]?.backing.map((file) => [file.source.display, file.format]),
    [
      ['/var/lib/libvirt/images/office.qcow2', 'qcow2'],
      ['/dev/vg0/golden', 'raw'],
    ],
  );
});

test('the files under a disk as QEMU’s libvirt writes them', () => {
  const disk = readDomain(read('qemu-live.xml')).disks[0];
  assert.equal(disk?.source?.display, '/var/lib/libvirt/images/top.qcow2');
  assert.deepEqual(
    disk?.backing.map((file) => file.source.path),
    ['/var/lib/libvirt/images/base.qcow2'],
  );
});

test('NICs of every type', () => {
  assert.deepEqual(
    full.nics.map((nic) => [nic.type, nic.source, nic.model, nic.target, nic.linkUp]),
    [
      ['network', 'default', 'virtio', 'vnet12', false],
      ['bridge', 'br0', 'e1000e', null, true],
      ['direct', 'enp3s0', null, null, true],
      ['user', null, null, null, true],
      ['vhostuser', '/var/run/vhost1.sock', null, null, true],
      ['hostdev', '0000:03:10.1', null, null, true],
    ],
  );
});

test('screens, their ports, sockets and password', () => {
  const [vnc, spice] = full.graphics;
  assert.deepEqual(
    [vnc?.type, vnc?.port, vnc?.websocket, vnc?.listen, vnc?.socket, vnc?.hasPassword],
    ['vnc', 5903, 5703, '127.0.0.1', null, true],
  );
  assert.equal(vnc?.password, 's3cret');
  assert.deepEqual(
    [spice?.type, spice?.port, spice?.tlsPort, spice?.socket, spice?.hasPassword],
    ['spice', null, 5999, '/run/spice.sock', false],
  );
  assert.equal(readDomain(read('crlf.xml')).graphics[0]?.port, null);
});

test('a console that is a serial port once more is listed once', () => {
  assert.deepEqual(
    full.textConsoles.map((port) => [port.alias, port.targetType]),
    [['serial0', 'isa-serial']],
  );
  assert.deepEqual(
    readDomain(read('lxc.xml')).textConsoles.map((port) => port.targetType),
    ['lxc'],
  );
});

test('the agent is what its channel says', () => {
  assert.equal(full.agent, 'connected');
  assert.equal(readDomain(read('lxc.xml')).agent, 'none');
});

test('the other devices', () => {
  assert.deepEqual(full.balloon, { model: 'virtio', periodSec: 5, autodeflate: false });
  assert.deepEqual(full.tpm, { model: 'tpm-crb', backend: 'emulator', version: '2.0' });
  assert.deepEqual(
    full.hostDevices.map((device) => device.address),
    ['0000:01:00.0', '046d:c52b'],
  );
  assert.deepEqual(
    full.video.map((video) => [video.model, video.heads]),
    [
      ['qxl', 2],
      ['virtio', 1],
    ],
  );
  assert.equal(full.watchdogs[0]?.action, 'reset');
  assert.equal(full.rngs[0]?.source, '/dev/urandom');
});

test('an empty domain has defaults', () => {
  const empty = readDomain('<domain/>');
  assert.deepEqual([empty.name, empty.id, empty.vcpus, empty.memoryKiB, empty.disks], ['', null, 1, 0, []]);
});

test('XML of something else is refused', () => {
  assert.throws(() => readDomain('<network/>'), XmlError);
  assert.throws(() => readDomain('no XML'), XmlError);
});

test('a domain with parts cut out or of the wrong kind is read, or refused as XML', () => {
  const text = read('kvm-full.xml');
  const noise = fc.constantFrom('', '-1', '<x/>', 'yes', '99999999999999999999', "'", '>', 'é');
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(40), noise, (at, length, put) => {
      try {
        readDomain(text.slice(0, at) + put + text.slice(at + length));
      } catch (error) {
        assert.ok(error instanceof XmlError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('values of the wrong type give defaults', () => {
  const text = read('kvm-full.xml').replace(/'\d+'/g, "'many'").replace(/>\d+</g, '>lots<');
  const model = readDomain(text);
  assert.deepEqual([model.id, model.memoryKiB, model.maxVcpus, model.graphics[0]?.port], [null, 0, 1, null]);
});
