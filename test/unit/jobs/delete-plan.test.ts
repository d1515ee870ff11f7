import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/domain.ts';
import { deletionPlan } from '../../../main/contract/domain.ts';
import { planDeletion, type DeletionFacts, type KnownVolume } from '../../../main/jobs/delete/plan.ts';

const disk = (path: string, target: string, rest = ''): string =>
  `<disk type='file' device='disk'><source file='${path}'/><target dev='${target}' bus='virtio'/>${rest}</disk>`;

function plan(disks: string, change: Partial<DeletionFacts> = {}) {
  const xml = `<domain type='kvm'><name>web-01</name><os><type>hvm</type><nvram>/nv/web-01_VARS.fd</nvram></os><devices>${disks}</devices></domain>`;
  const volume: KnownVolume = { pool: 'default', capacityBytes: 10, allocationBytes: 5 };
  const facts: DeletionFacts = {
    model: readDomain(xml),
    running: false,
    managedSave: true,
    snapshots: 2,
    checkpoints: 1,
    volumes: new Map(['/p/a', '/p/b', '/p/base', '/p/iso'].map((path) => [path, volume])),
    usedBy: new Map(),
    unseen: [],
    chains: new Map(),
    named: new Map(),
    installer: new Map(),
    namesakes: [],
    ...change,
  };
  return deletionPlan.parse(planDeletion(facts));
}

const keeps = (disks: string, change: Partial<DeletionFacts> = {}): Record<string, string | null> =>
  Object.fromEntries(plan(disks, change).volumes.map(({ path, keep }) => [path, keep]));

test('a disk of a pool may go, and the plan says what else goes', () => {
  const made = plan(disk('/p/a', 'vda'));
  assert.deepEqual(made.volumes, [
    {
      key: '/p/a',
      path: '/p/a',
      target: 'vda',
      pool: 'default',
      capacityBytes: 10,
      allocationBytes: 5,
      keep: null,
      usedBy: [],
    },
  ]);
  const { managedSave, snapshots, checkpoints, nvram, running } = made;
  assert.deepEqual(
    { managedSave, snapshots, checkpoints, nvram, running },
    { managedSave: true, snapshots: 2, checkpoints: 1, nvram: '/nv/web-01_VARS.fd', running: false },
  );
});

test('what should stay says why', () => {
  assert.deepEqual(keeps(disk('/elsewhere', 'vda')), { '/elsewhere': 'notInPool' });
  assert.deepEqual(keeps(disk('/p/a', 'vda', '<shareable/>')), { '/p/a': 'shareable' });
  assert.deepEqual(keeps(disk('/p/iso', 'sda', '<readonly/>')), { '/p/iso': 'readonly' });
});

test('the CD that was made for this machine alone goes with it; another CD, another’s and one that is used stay', () => {
  const volume: KnownVolume = { pool: 'default', capacityBytes: 10, allocationBytes: 5 };
  const cd = (path: string): Record<string, string | null> =>
    keeps(
      `<disk type='file' device='cdrom'><source file='${path}'/><target dev='sda' bus='sata'/><readonly/></disk>`,
      {
        volumes: new Map([[path, volume]]),
        usedBy: new Map([['/q/web-01-seed.iso', ['web-02']]]),
      },
    );
  assert.deepEqual(cd('/p/web-01-seed.iso'), { '/p/web-01-seed.iso': null });
  assert.deepEqual(cd('/p/web-01-answers.iso'), { '/p/web-01-answers.iso': null });
  assert.deepEqual(cd('/p/db-01-seed.iso'), { '/p/db-01-seed.iso': 'readonly' });
  assert.deepEqual(cd('/p/debian.iso'), { '/p/debian.iso': 'readonly' });
  assert.deepEqual(cd('/q/web-01-seed.iso'), { '/q/web-01-seed.iso': 'usedByOther' });
});

test('what booted its installer may go with it; where another host has a machine of that name, a person agrees to it', () => {
  const path = '/p/web-01-installer.kernel';
  const volume: KnownVolume = { pool: 'default', capacityBytes: 10, allocationBytes: 5 };
  const change = { volumes: new Map([[path, volume]]), installer: new Map([[path, 'kernel' as const]]) };
  const [alone] = plan('', change).volumes;
  assert.deepEqual(
    { keep: alone?.keep, target: alone?.target, installer: alone?.installer },
    { keep: null, target: 'kernel', installer: true },
  );
  const two = plan('', { ...change, namesakes: ['web-01 on kvm-b'] });
  assert.deepEqual([two.volumes[0]?.keep, two.unseen.length], ['unseen', 1]);
  assert.match(two.unseen[0] ?? '', /web-01 on kvm-b: \/p\/web-01-installer\.kernel/);
  const xml = `<domain type='kvm'><name>web-01</name><os><type>hvm</type><kernel>${path}</kernel></os></domain>`;
  const runs = plan('', { ...change, namesakes: ['web-01 on kvm-b'], model: readDomain(xml) });
  assert.deepEqual([runs.volumes[0]?.keep, runs.unseen], [null, []]);
  const used = plan('', { ...change, usedBy: new Map([[path, ['db-01']]]) });
  assert.equal(used.volumes[0]?.keep, 'usedByOther');
});

test('a disk that another machine uses stays, and that machine is named', () => {
  const made = plan(disk('/p/a', 'vda'), { usedBy: new Map([['/p/a', ['db-01']]]) });
  assert.equal(made.volumes[0]?.keep, 'usedByOther');
  assert.deepEqual(made.volumes[0]?.usedBy, ['db-01']);
});

test('files under a disk stay, whether the XML tells of them or the file itself', () => {
  const chain = `<backingStore type='file'><format type='qcow2'/><source file='/p/base'/></backingStore>`;
  assert.deepEqual(keeps(disk('/p/a', 'vda', chain)), { '/p/a': null, '/p/base': 'backing' });
  const chains = new Map([['/p/a', ['/p/a', '/p/b', '/p/base']]]);
  assert.deepEqual(keeps(disk('/p/a', 'vda'), { chains }), {
    '/p/a': null,
    '/p/b': 'backing',
    '/p/base': 'backing',
  });
});

test('empty drives, network disks and a file named twice make no double lines', () => {
  const odd =
    `<disk type='file' device='cdrom'><target dev='sda'/></disk>` +
    `<disk type='network' device='disk'><source protocol='rbd' name='p/x'/><target dev='vdz'/></disk>`;
  assert.deepEqual(keeps(odd + disk('/p/a', 'vda') + disk('/p/a', 'vdb')), { '/p/a': null });
});

test('UEFI whose file of variables is not in the definition has one all the same; a stateless ROM has none', () => {
  const nvram = (os: string): string | null =>
    plan('', { model: readDomain(`<domain type='kvm'><name>web-01</name>${os}</domain>`) }).nvram;
  assert.equal(
    nvram(`<os firmware='efi'><type>hvm</type></os>`),
    '/var/lib/libvirt/qemu/nvram/web-01_VARS.fd',
  );
  assert.equal(nvram(`<os><type>hvm</type><loader type='rom'>/usr/share/OVMF.fd</loader></os>`), null);
  assert.equal(nvram(`<os><type arch='x86_64'>hvm</type></os>`), null);
});
