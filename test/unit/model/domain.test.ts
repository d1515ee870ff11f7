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

const of = (inside: string): ReturnType<typeof readDomain> =>
  readDomain(`<domain type='kvm'>${inside}</domain>`);

test('names and paths are taken as they are: a space at their end is part of them', () => {
  const model =
    of(`<name> a </name><os><type arch='x86_64'>hvm</type><loader type='pflash'>/fw/code </loader><nvram>/fw/vars </nvram></os>
    <devices><disk type='file'><source file='/img/a '/><backingStore type='block'><source dev=' /dev/b'/></backingStore><target dev='vda'/></disk>
    <disk type='volume'><source pool='p ' volume=' v'/><target dev='vdb'/></disk></devices>`);
  assert.equal(model.name, ' a ');
  assert.deepEqual([model.os.loader?.path, model.os.nvram], ['/fw/code ', '/fw/vars ']);
  assert.deepEqual([model.disks[0]?.source?.path, model.disks[0]?.source?.display], ['/img/a ', '/img/a ']);
  assert.equal(model.disks[0]?.backing[0]?.source.path, ' /dev/b');
  assert.deepEqual([model.disks[1]?.source?.pool, model.disks[1]?.source?.volume], ['p ', ' v']);
});

test('variables of the firmware in a file of their own kind', () => {
  const nvram = (inside: string): string | null => of(`<os>${inside}</os>`).os.nvram;
  assert.equal(nvram("<nvram type='file' template='/t'>\n  <source file='/v.fd'/>\n</nvram>"), '/v.fd');
  assert.equal(nvram("<nvram type='block'>\n  <source dev='/dev/v'/>\n</nvram>"), null);
  assert.equal(nvram("<nvram template='/t'/>"), null);
});

test('UEFI is told by what libvirt keeps for it, whatever its loader is called', () => {
  const firmware = (inside: string): string =>
    of(`<os><type arch='x86_64' machine='q35'>hvm</type>${inside}</os>`).os.firmware;
  assert.equal(firmware('<loader>/usr/share/ovmf/OVMF.fd</loader><nvram>/v.fd</nvram>'), 'efi');
  assert.equal(
    firmware("<loader readonly='yes' type='rom'>/usr/share/edk2/ovmf/OVMF.amdsev.fd</loader>"),
    'efi',
  );
  assert.equal(firmware("<loader type='rom'>/usr/share/seabios/bios.bin</loader>"), 'bios');
  assert.equal(firmware(''), 'bios');
});

test('a balloon of no size is as large as the memory', () => {
  const model = of("<memory unit='GiB'>1</memory><currentMemory>0</currentMemory>");
  assert.equal(model.currentMemoryKiB, 1 << 20);
});

test('a port is chosen by libvirt when it is -1 or left out', () => {
  const auto = (attributes: string): boolean | undefined =>
    of(`<devices><graphics ${attributes}/></devices>`).graphics[0]?.autoport;
  assert.equal(auto("type='vnc' port='-1'"), true);
  assert.equal(auto("type='vnc'"), true);
  assert.equal(auto("type='spice' tlsPort='-1'"), true);
  assert.equal(auto("type='vnc' port='5901'"), false);
  assert.equal(auto("type='vnc' port='5901' autoport='yes'"), true);
  assert.equal(auto("type='spice' tlsPort='5902' autoport='no'"), false);
});

test('NICs that are plugged into a socket', () => {
  const nics = of(`<devices><interface type='mcast'><source address='230.0.0.1' port='5558'/></interface>
    <interface type='server'><source port='5559'/></interface>
    <interface type='udp'><source address='::1' port='1'><local address='::1' port='2'/></source></interface></devices>`).nics;
  assert.deepEqual(
    nics.map((nic) => nic.source),
    ['230.0.0.1:5558', ':5559', '[::1]:1'],
  );
});

test('devices of the host that have no PCI or USB address', () => {
  const devices = of(`<devices>
    <hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host2'/><address bus='0' target='1' unit='3'/></source></hostdev>
    <hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.2013-07.com.example:disk/1'><host name='h'/></source></hostdev>
    <hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/></hostdev>
    <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
    <hostdev mode='capabilities' type='storage'><source><block>/dev/sdf1</block></source></hostdev></devices>`).hostDevices;
  assert.deepEqual(
    devices.map((device) => device.address),
    [
      'scsi_host2:0:1:3',
      'iqn.2013-07.com.example:disk/1',
      'naa.5123456789abcde0',
      'c2177883-f1bb-47f0-914d-32a22e3a8804',
      '/dev/sdf1',
    ],
  );
});

test('disks of the younger kinds of source', () => {
  const sources = of(`<devices>
    <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/vhost.sock'><reconnect enabled='yes' timeout='10'/></source><target dev='vda' bus='virtio'/></disk>
    <disk type='vhostvdpa' device='disk'><source dev='/dev/vhost-vdpa-0'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='network' device='disk'><source protocol='nbd' name='exp' tls='yes'><host transport='unix' socket='/var/run/nbd.sock'/></source><target dev='vdc'/></disk>
    <disk type='file' device='cdrom'><source startupPolicy='optional'/><target dev='sda' bus='sata'/></disk>
    <disk type='dir' device='floppy'><source dir='/srv/floppy'/><target dev='fda'/><readonly/></disk>
    <disk type='file' device='floppy'><target dev='sdz'/></disk></devices>`).disks;
  assert.deepEqual(
    sources.map((disk) => [disk.source?.display ?? null, disk.bus]),
    [
      ['/tmp/vhost.sock', 'virtio'],
      ['/dev/vhost-vdpa-0', 'virtio'],
      ['nbd:///var/run/nbd.sock/exp', 'virtio'],
      [null, 'sata'],
      ['/srv/floppy', 'fdc'],
      [null, 'fdc'],
    ],
  );
});

test('a device that is passed on over SPICE has its place in the order of boot', () => {
  const model = of(`<os><boot dev='hd'/></os><devices>
    <disk type='file'><target dev='vda'/><boot order='2'/></disk>
    <redirdev bus='usb' type='spicevmc'><boot order='1'/></redirdev></devices>`);
  assert.deepEqual(model.bootOrder, ['redirdev', 'vda']);
});
