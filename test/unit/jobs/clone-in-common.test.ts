import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CloneInput } from '../../../main/contract/clone.ts';
import { cloneOptions } from '../../../main/jobs/clone/options.ts';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { identitiesOf } from '../../support/identities.ts';
import { FACTS, INPUT, FAR } from './clone-facts.ts';

/** A machine with all that names it, of newer libvirts and other hosts than the lab's, too. */
const XML = `<domain type='kvm'>
  <name>db</name><uuid>11111111-1111-4111-8111-111111111111</uuid><genid>22222222-2222-4222-8222-222222222222</genid>
  <memory unit='MiB'>1024</memory><vcpu>2</vcpu>
  <sysinfo type='smbios'>
    <system><entry name='serial'>11111111-1111-4111-8111-111111111111</entry><entry name='uuid'>11111111-1111-4111-8111-111111111111</entry></system>
    <baseBoard><entry name='serial'>BB-778812</entry></baseBoard><chassis><entry name='asset'>CH-1</entry></chassis>
    <oemStrings><entry>io.systemd.credential:token=s3cret</entry></oemStrings>
  </sysinfo>
  <sysinfo type='fwcfg'><entry name='opt/org.example/config'>hunter2</entry></sysinfo>
  <os firmware='efi'><type arch='x86_64' machine='pc-q35-10.1'>hvm</type><loader type='rom'/><varstore template='/usr/share/qemu/vars.json' path='/var/lib/libvirt/qemu/varstore/db.json'/></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/vda.img'/><target dev='vda' bus='scsi'/><serial>S3Z9NB0K</serial><wwn>5000c50015ea71ad</wwn></disk>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/vdc.img'/><target dev='vdc' bus='scsi'/><shareable/><serial>BOTH</serial><wwn>5000c50015ea71ae</wwn></disk>
    <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/run/db-blk.sock'/><target dev='vde' bus='virtio'/><shareable/></disk>
    <interface type='hostdev' managed='yes'><mac address='52:54:00:11:11:11'/><source><address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x1'/></source></interface>
    <interface type='vdpa'><mac address='52:54:00:11:11:14'/><source dev='/dev/vhost-vdpa-0'/></interface>
    <interface type='user'><mac address='52:54:00:11:11:12'/><backend type='passt' logFile='/var/log/db-passt.log'/><portForward proto='tcp'><range start='2022' to='22'/><range start='3000' end='3010'/><range start='3005' exclude='yes'/></portForward></interface>
    <interface type='bridge'><mac address='52:54:00:11:11:13'/><source bridge='br0'/><filterref filter='clean-traffic'><parameter name='IP' value='10.0.0.7'/></filterref></interface>
    <interface type='udp'><mac address='52:54:00:11:11:15'/><source address='10.0.0.1' port='5001'><local address='10.0.0.2' port='5002'/></source></interface>
    <interface type='vhostuser'><mac address='52:54:00:11:11:16'/><source type='unix' path='/run/db-net.sock' mode='server'/></interface>
    <graphics type='vnc' port='-1' autoport='yes' websocket='5700'/>
    <graphics type='spice' port='-1' tlsPort='5999' autoport='no'/>
    <filesystem type='mount'><driver type='virtiofs'/><source socket='/run/db-fs.sock'/><target dir='x'/></filesystem>
    <pstore backend='acpi-erst'><path>/var/lib/libvirt/qemu/pstore/db.raw</path><size unit='KiB'>128</size></pstore>
    <memory model='nvdimm'><uuid>9c1a3a4e-2b1a-4f07-9c1f-0f2f5d6a7b11</uuid><source><path>/dev/dax0.0</path></source><target><size unit='KiB'>1024</size><readonly/></target></memory>
    <input type='evdev'><source dev='/dev/input/event4'/></input>
    <input type='passthrough' bus='virtio'><source evdev='/dev/input/event5'/></input>
    <shmem name='ivs'><model type='ivshmem-plain'/></shmem>
  </devices>
  <seclabel type='static' model='selinux' relabel='no'><label>system_u:system_r:svirt_t:s0:c100,c200</label></seclabel>
  <seclabel type='static' model='dac' relabel='yes'><label>alice:alice</label></seclabel>
</domain>`;

const KNOWN = { ...FACTS, xml: XML, model: readDomain(XML), nvram: null };
const WANTED: CloneInput = { ...INPUT, disks: [] };
const cloned = (input: CloneInput): string =>
  planClone(input, KNOWN, makeIdentities(1, 6, new Set())).machines[0]?.xml ?? '';

test('of all that names a machine or a place of its host nothing is in its clone, but what both have and the plan says so', () => {
  const xml = cloned({ ...WANTED, hostDevices: 'omit' });
  const values = new Set(identitiesOf(xml).values());
  assert.deepEqual(
    [...new Set(identitiesOf(XML).values())].filter((value) => values.has(value)),
    [
      // A disk that both have.
      '/images/vdc.img',
      '5000c50015ea71ae',
      // A module that nobody writes to.
      '/dev/dax0.0',
      // Said: below.
      '/dev/input/event4',
      '/dev/input/event5',
    ],
  );
  assert.match(xml, /websocket='-1'/);
  assert.match(xml, /tlsPort='-1'/);
  assert.match(xml, /<varstore template='\/usr\/share\/qemu\/vars\.json' path='[^']+\/web\.json'\/>/);
  assert.match(xml, /<path>\/var\/lib\/libvirt\/qemu\/pstore\/web\.raw<\/path>/);
  assert.match(xml, /<source socket='\/run\/web-fs\.sock'\/>/);
  assert.match(xml, /<serial>S3Z9NB0K<\/serial>/);
  assert.match(xml, /<seclabel type='dynamic' model='selinux' relabel='yes'\s*(?:\/>|><\/seclabel>)/);
  assert.match(xml, /alice:alice/);
});

test('what both have stands in the plan, and no secret with it', () => {
  const { warnings } = planClone(WANTED, KNOWN, null);
  const said = warnings.join('\n');
  for (const part of [
    'host’s device 0000:03:10.1 is one machine’s at a time',
    'host’s device /dev/vhost-vdpa-0 is',
    'host’s device /dev/input/event4 is',
    'host’s device /dev/input/event5 is',
    'shared memory ivs is that of db',
    'listens on the port 5002 of the host',
    'forwards the port 2022 of the host',
    'forwards the port 3000–3010 of the host',
    'Serial numbers of disks (vda) stay those of db',
    'World Wide Names of disks (vda) stay with db',
    'a socket of db (/run/db-fs.sock, /run/db-blk.sock, /run/db-net.sock)',
    '(baseBoard serial, chassis asset) stay those of db',
    'hands to the guest (OEM strings) is that of db',
    'hands to the guest (fw_cfg) is that of db',
    'by the address of db (IP 10.0.0.7)',
    'fixed label of selinux stays with db',
    'fixed label of db (dac alice:alice)',
    'settings of the firmware (order of booting, keys) begin anew',
  ])
    assert.ok(said.includes(part), `“${part}” is missing in:\n${said}`);
  assert.doesNotMatch(said, /s3cret|hunter2|3005|5001/);
});

test('cards that are devices of the host go with them: named, left out, and refused on another host', () => {
  assert.deepEqual(cloneOptions(KNOWN).hostDevices, ['card 0000:03:10.1', 'card /dev/vhost-vdpa-0']);
  const xml = cloned({ ...WANTED, hostDevices: 'omit' });
  assert.deepEqual(
    readDomain(xml).nics.map(({ type }) => type),
    ['user', 'bridge', 'udp', 'vhostuser'],
  );
  assert.equal(readDomain(cloned(WANTED)).nics.length, 6);
  const { problems } = planClone({ ...WANTED, to: 'far' }, { ...KNOWN, ...FAR }, null);
  assert.ok(problems.some(({ field }) => field === 'hostDevices'));
});
