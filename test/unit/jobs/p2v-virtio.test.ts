import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  offVirtio,
  onVirtio,
  probeDiskOf,
  toVirtioOf,
  withoutProbeDisk,
  withProbeDisk,
} from '../../../drivers/libvirt/model/virtio-change.ts';
import type { VirtioInput } from '../../../main/contract/p2v.ts';
import { planVirtio, type VirtioFacts } from '../../../main/jobs/p2v/virtio/plan.ts';

const ADDRESS = "<address type='drive' controller='0' bus='0' target='0' unit='0'/>";
const XML = `<domain type='kvm'>
  <name>office</name>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/images/office.qcow2'/>
      <target dev='sda' bus='sata'/>
      ${ADDRESS}
    </disk>
    <disk type='file' device='cdrom'>
      <source file='/images/old.iso'/>
      <target dev='sdb' bus='sata'/>
    </disk>
    <disk type='file' device='disk'>
      <source file='/images/data.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default'/>
      <model type='e1000e'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
  </devices>
</domain>
`;
const PROBE = { type: 'file', path: '/images/office-virtio.img', format: 'raw' } as const;

suite('a machine goes to virtio', () => {
  test('the small disk and the CD come behind what is there, and go again without a trace', () => {
    const prepared = withProbeDisk(XML, PROBE, '/images/virtio-win.iso');
    assert.deepEqual(probeDiskOf(prepared), PROBE);
    assert.match(prepared, /office-virtio\.img'\/>\s*<target dev='vdb' bus='virtio'\/>/);
    assert.match(prepared, /virtio-win\.iso'\/>\s*<target dev='sdc' bus='sata'\/>/);
    const back = withoutProbeDisk(prepared, '/images/virtio-win.iso');
    assert.equal(probeDiskOf(back), null);
    assert.deepEqual(back.replace(/\s+/g, ' '), XML.replace(/\s+/g, ' '));
    assert.match(withoutProbeDisk(prepared, null), /virtio-win\.iso/, 'the CD of a person stays');
  });

  test('disks and cards change, drives do not; taken back they are what they were', () => {
    const devices = toVirtioOf(XML);
    assert.deepEqual(devices, {
      disks: [{ path: '/images/office.qcow2', bus: 'sata', target: 'sda' }],
      nics: [{ mac: '52:54:00:00:00:01', model: 'e1000e' }],
    });
    const changed = onVirtio(XML, devices);
    assert.match(changed, /office\.qcow2'\/>\s*<target dev='vdb' bus='virtio'\/>/);
    assert.match(changed, /old\.iso'\/>\s*<target dev='sdb' bus='sata'\/>/);
    assert.doesNotMatch(changed, /<address|e1000e/);
    assert.deepEqual(toVirtioOf(changed), { disks: [], nics: [] });
    assert.deepEqual(toVirtioOf(offVirtio(changed, devices)), devices);
  });

  test('the plan says each step, and what stands against it', () => {
    const facts: VirtioFacts = {
      host: { id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
      machine: { name: 'office', uuid: 'u' },
      runs: false,
      probe: null,
      probeVolume: null,
      devices: toVirtioOf(XML),
      pool: { uuid: 'p', name: 'default', path: '/images' },
      cd: { path: '/images/virtio-win.iso', problem: null, fetch: null },
    };
    const drivers = { kind: 'volume', pool: 'p', name: 'virtio-win.iso' } as const;
    const prepare: VirtioInput = { host: 'h', uuid: 'u', act: 'prepare', drivers };
    const told = (input: VirtioInput, more: Partial<VirtioFacts> = {}) => {
      const { plan, problems } = planVirtio(input, { ...facts, ...more });
      return { titles: plan.steps.map(({ title }) => title), problems: problems.join(' ') };
    };
    assert.deepEqual(told(prepare), {
      titles: [
        'Create the small disk office-virtio.img in default',
        'Add it to office on virtio, and virtio-win.iso as a CD',
      ],
      problems: '',
    });
    const finish: VirtioInput = { host: 'h', uuid: 'u', act: 'finish' };
    const probeVolume = { pool: 'p', poolName: 'default', name: 'office-virtio.img' };
    assert.deepEqual(told(finish, { probe: PROBE, probeVolume }), {
      titles: [
        'Put the disk and the card of office on virtio, and take the small disk out',
        'Delete office-virtio.img in default',
      ],
      problems: '',
    });
    const drop: VirtioInput = { host: 'h', uuid: 'u', act: 'drop' };
    assert.deepEqual(told(drop, { probe: PROBE, probeVolume }), {
      titles: ['Take the small disk out of office', 'Delete office-virtio.img in default'],
      problems: '',
    });
    assert.match(told(drop).problems, /no small disk/);
    assert.match(told(prepare, { runs: true }).problems, /office runs\. Shut it down first/);
    assert.match(told(prepare, { probe: PROBE }).problems, /prepared already/);
    assert.match(told(prepare, { pool: null }).problems, /in no pool of files/);
    const gone = { path: null, problem: 'There is no volume virtio-win.iso in default.', fetch: null };
    assert.match(told(prepare, { cd: gone }).problems, /no volume virtio-win\.iso/);
    const way = { kind: 'app', reason: 'it has neither curl nor wget' } as const;
    const fetch = { pool: 'p', poolName: 'default', way };
    const fetched = { path: '/images/virtio-win.iso', problem: null, fetch };
    assert.match(
      told(prepare, { cd: fetched }).titles.join('\n'),
      /^Fetch https:.*virtio-win\.iso to default \(through this computer: it has neither.*\)\nCreate .*\nAdd .*virtio-win\.iso as a CD$/,
    );
    assert.match(
      told(finish, { devices: { disks: [], nics: [] } }).problems,
      /nothing that could go to virtio/,
    );
  });
});
