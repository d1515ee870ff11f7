import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { cloneXml, type Cloned } from '../../../main/jobs/clone/xml.ts';

const TEMPLATE = `<domain type='kvm'>
  <name>base</name>
  <uuid>11111111-1111-4111-8111-111111111111</uuid>
  <genid>22222222-2222-4222-8222-222222222222</genid>
  <title>Golden</title>
  <metadata>
    <other:kept xmlns:other="urn:other"/>
    <virtlane:template xmlns:virtlane="urn:virtlane:template"/>
    <virtlane:twin xmlns:virtlane="urn:virtlane:twin" host="kvm-b"/>
  </metadata>
  <memory unit='GiB'>1</memory>
  <vcpu placement='static' current='1'>4</vcpu>
  <sysinfo type='smbios'><system><entry name='uuid'>11111111-1111-4111-8111-111111111111</entry><entry name='serial'>S1</entry></system></sysinfo>
  <os><type arch='x86_64'>hvm</type><nvram template='/fw/VARS.fd'>/nvram/base_VARS.fd</nvram></os>
  <cpu><topology sockets='1' cores='4' threads='1'/></cpu>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/a/base.img'/><target dev='vda' bus='virtio'/><serial>D1</serial></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='n'/><target dev='mine0'/></interface>
    <serial type='file'><source path='/log/base.log'/><log file='/log/out.log'/><target port='0'/></serial>
    <channel type='unix'><source mode='bind' path='/run/base/agent.sock'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc' port='5907' passwd='secret'/>
    <vsock model='virtio'><cid auto='no' address='3'/></vsock>
  </devices>
</domain>`;

const CLONED: Cloned = {
  name: 'web-1',
  uuid: '33333333-3333-4333-8333-333333333333',
  title: null,
  description: 'A web server',
  macs: ['52:54:00:aa:bb:cc'],
  disks: [{ target: 'vda', type: 'file', path: '/a/web-1.qcow2', format: 'qcow2' }],
  emptied: [],
  omitted: [],
  hostDevices: 'keep',
  networks: new Map(),
  isElsewhere: false,
  nvram: null,
  memoryKiB: 2_097_152,
  vcpus: 2,
  seed: null,
};

test('what must not be twice is another machine’s, and the rest is the template’s', () => {
  const xml = cloneXml(TEMPLATE, CLONED);
  const model = readDomain(xml);
  assert.equal(model.name, 'web-1');
  assert.equal(model.uuid, CLONED.uuid);
  assert.equal(model.title, null);
  assert.equal(model.description, 'A web server');
  assert.equal(model.memoryKiB, 2_097_152);
  assert.equal(model.vcpus, 2);
  assert.deepEqual(
    model.disks.map(({ source, format, cache, serial }) => [source?.path, format, cache, serial]),
    [['/a/web-1.qcow2', 'qcow2', 'none', 'D1']],
  );
  assert.deepEqual(
    model.nics.map(({ mac, target }) => [mac, target]),
    [['52:54:00:aa:bb:cc', null]],
  );
  for (const old of [
    '11111111',
    '22222222',
    'base',
    'mine0',
    '5907',
    'topology',
    'virtlane:template',
    'virtlane:twin',
    "address='3'",
  ])
    assert.ok(!xml.includes(old), `${old} is still in ${xml}`);
  for (const kept of [
    'other:kept',
    "<entry name='serial'>S1</entry>",
    "template='/fw/VARS.fd'",
    "passwd='secret'",
  ])
    assert.ok(xml.includes(kept), `${kept} is missing in ${xml}`);
  assert.match(xml, /<source path='\/log\/web-1\.log'\/><log file='\/log\/out\.log\.web-1'\/>/);
});

test('what is not said stays as the template has it', () => {
  const xml = cloneXml(TEMPLATE, { ...CLONED, memoryKiB: null, vcpus: null, disks: [] });
  assert.match(xml, /<memory unit='GiB'>1<\/memory>/);
  assert.match(xml, /<vcpu placement='static' current='1'>4<\/vcpu>/);
  assert.match(xml, /<topology sockets='1'/);
  assert.match(xml, /base\.img/);
});

test('the CD of the first boot goes into a drive of its own, with what that is plugged into', () => {
  const add = [
    { name: 'controller', attributes: { type: 'scsi' } },
    { name: 'disk', attributes: { device: 'cdrom' } },
  ];
  const xml = cloneXml(TEMPLATE, { ...CLONED, seed: { path: '/a/web-1-seed.iso', target: 'sda', add } });
  assert.match(xml, /<controller type='scsi'\/>\s*<disk device='cdrom'\/>\s*<\/devices>/);
});

test('the CD that the template was told by is in no other machine, and that of the machine’s own is in its place', () => {
  const cd = (file: string, dev: string): string =>
    `<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${file}'/><target dev='${dev}' bus='sata'/><readonly/></disk>`;
  const cds = [cd('/a/base-seed.iso', 'sda'), cd('/a/base-answers.iso', 'sdb'), cd('/a/debian.iso', 'sdc')];
  const template = TEMPLATE.replace('<devices>', `<devices>${cds.join('')}`);
  const drives = (seed: Cloned['seed']): (string | null)[] =>
    readDomain(cloneXml(template, { ...CLONED, seed }))
      .disks.filter(({ device }) => device === 'cdrom')
      .map(({ source }) => source?.path ?? null);
  assert.deepEqual(drives(null), [null, null, '/a/debian.iso']);
  assert.deepEqual(drives({ path: '/a/web-1-seed.iso', target: 'sda', add: [] }), [
    '/a/web-1-seed.iso',
    null,
    '/a/debian.iso',
  ]);
});
