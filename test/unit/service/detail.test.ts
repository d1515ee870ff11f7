import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/domain.ts';
import { domainDetail, type DomainDetail } from '../../../main/contract/domain.ts';
import { toDetail } from '../../../main/service/detail.ts';

const XML = `<domain type='kvm'>
  <name>web-01</name><uuid>54353515-3ecf-463c-97e8-7673001fdec8</uuid>
  <memory unit='GiB'>4</memory><currentMemory unit='GiB'>2</currentMemory><vcpu current='2'>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <cpu mode='host-model'><topology sockets='1' dies='1' cores='2' threads='2'/></cpu>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/p/a'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><model type='virtio'/></interface>
    <serial type='pty'><target port='0'/></serial>
    <graphics type='vnc' port='-1' autoport='yes'/>
    <video><model type='virtio' heads='1'/></video>
  </devices>
</domain>`;

/** What libvirt adds while it runs. */
const LIVE = XML.replace("<domain type='kvm'>", "<domain type='kvm' id='3'>")
  .replace(
    "<source file='/p/a'/>",
    "<source file='/p/a' index='1'/><backingStore type='file'><source file='/p/base'/></backingStore>",
  )
  .replace(
    "<source network='default'/>",
    "<source network='default' portid='x' bridge='virbr0'/><target dev='vnet3'/>",
  )
  .replace("port='-1'", "port='5901'")
  .replace("<cpu mode='host-model'>", "<cpu mode='custom' match='exact'><model>Skylake-Client</model>");

function detail(current: string, next: string | null = null): DomainDetail {
  const facts = { host: 'h', uuid: 'u', addresses: [] };
  return domainDetail.parse(
    toDetail({ ...facts, current: readDomain(current), next: next === null ? null : readDomain(next) }),
  );
}

test('the page shows what the XML says', () => {
  const { vcpus, maxVcpus, memoryKiB, maxMemoryKiB, topology, disks, nics, graphics } = detail(LIVE);
  assert.deepEqual([vcpus, maxVcpus, memoryKiB, maxMemoryKiB], [2, 4, 2_097_152, 4_194_304]);
  assert.equal(topology, '1 × 2 × 2');
  assert.deepEqual(disks[0]?.backing, ['/p/base']);
  assert.equal(nics[0]?.target, 'vnet3');
  assert.equal(graphics[0]?.port, 5901);
});

test('what libvirt adds while a machine runs is no pending change', () => {
  assert.equal(detail(LIVE, XML).changesPending, false);
  assert.equal(detail(XML).changesPending, false);
});

for (const [what, from, to] of [
  ['memory', "<memory unit='GiB'>4<", "<memory unit='GiB'>8<"],
  ['vCPUs', "<vcpu current='2'>4<", '<vcpu>8<'],
  ['a disk', '/p/a', '/p/b'],
  ['a network', "network='default'", "network='lan'"],
  ['the boot order', "<boot dev='hd'/>", "<boot dev='network'/>"],
] as const) {
  test(`another value of ${what} is a pending change`, () => {
    assert.equal(detail(LIVE, XML.replace(from, to)).changesPending, true);
  });
}

test('sizes of disks are those that were asked for', () => {
  const facts = { host: 'h', uuid: 'u', addresses: [], current: readDomain(XML), next: null };
  const [disk] = toDetail({ ...facts, diskSizes: new Map([['vda', 10]]) }).disks;
  assert.equal(disk?.capacityBytes, 10);
  assert.equal(toDetail(facts).disks[0]?.capacityBytes, null);
});

test('a machine of Windows that is not on virtio says how far it is on its way there', () => {
  const plain = XML.replace("<target dev='vda' bus='virtio'/>", "<target dev='sda' bus='sata'/>");
  const clock = plain.replace('<devices>', "<clock offset='localtime'/><devices>");
  const named = (id: string): string =>
    clock.replace(
      '<devices>',
      `<metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'><libosinfo:os id='${id}'/></libosinfo:libosinfo></metadata><devices>`,
    );
  const small =
    "<disk type='file' device='disk'><source file='/p/b'/><target dev='vdb' bus='virtio'/><serial>virtlane-virtio</serial></disk>";
  assert.equal(detail(plain).toVirtio, undefined, 'of another system');
  assert.equal(detail(clock).toVirtio, 'plain');
  assert.equal(detail(named('http://microsoft.com/win/10')).toVirtio, 'plain');
  assert.equal(detail(named('http://debian.org/debian/13')).toVirtio, undefined);
  assert.equal(detail(XML.replace('<devices>', "<clock offset='localtime'/><devices>")).toVirtio, undefined);
  assert.equal(detail(clock.replace('<devices>', `<devices>${small}`)).toVirtio, 'prepared');
});
