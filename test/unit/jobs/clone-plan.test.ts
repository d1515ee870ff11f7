import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput } from '../../../main/contract/clone.ts';
import type { CloneFacts, SourceVolume } from '../../../main/jobs/clone/facts.ts';
import { asClone, templateOf } from '../../../main/jobs/clone/from-template.ts';
import { cloneOptions } from '../../../main/jobs/clone/options.ts';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { cloneInput } from '../../support/clone-input.ts';
import { FACTS as CREATE, POOL } from './create-input.ts';

const LVM = 'ee4c7d8e-3c0b-4b5d-9e35-1f9df5a5a002';

const disk = (target: string, more = '', device = 'disk'): string =>
  `<disk type='file' device='${device}'><driver name='qemu' type='qcow2'/><source file='/images/${target}.img'/><target dev='${target}' bus='virtio'/>${more}</disk>`;

const XML = `<domain type='kvm'>
  <name>db</name><uuid>11111111-1111-4111-8111-111111111111</uuid>
  <memory unit='MiB'>1024</memory><vcpu>2</vcpu>
  <os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    ${disk('vda')}${disk('vdb')}${disk('vdc', '<shareable/>')}${disk('vdd')}
    <disk type='file' device='cdrom'><source file='/iso/debian.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='user'><mac address='52:54:00:00:00:07'/></interface>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='3' slot='0' function='0'/></source></hostdev>
  </devices>
</domain>`;

const volume = (target: string, change: Partial<SourceVolume> = {}): [string, SourceVolume] => [
  target,
  {
    pool: POOL,
    name: `${target}.img`,
    path: `/images/${target}.img`,
    format: 'qcow2',
    capacityBytes: 2 ** 30,
    encrypted: false,
    backed: false,
    changed: null,
    ...change,
  },
];

const [DIR] = CREATE.pools;
assert.ok(DIR !== undefined);

const POOLS: CloneFacts['pools'] = [DIR, { ...DIR, uuid: LVM, name: 'vg', type: 'logical', path: '/dev/vg' }];

const FACTS: CloneFacts = {
  source: CREATE.host,
  sourcePools: POOLS,
  host: CREATE.host,
  elsewhere: null,
  xml: XML,
  model: readDomain(XML),
  isTemplate: false,
  running: false,
  live: null,
  saved: false,
  snapshots: 0,
  volumes: new Map([
    volume('vda'),
    volume('vdb', { format: 'raw' }),
    volume('vdc'),
    volume('vdd', { encrypted: true }),
  ]),
  nvram: '/nvram/db_VARS.fd',
  names: new Set(['db', 'taken']),
  pools: POOLS,
  volumeNames: new Map([[POOL, new Set(['vda.img', 'used.qcow2'])]]),
  memory: null,
  cpus: 4,
  networks: new Set(['default']),
};

const INPUT = cloneInput(
  { host: 'h', machine: FACTS.model.uuid, to: 'h', name: 'web' },
  { disks: [{ target: 'vdd', way: 'omit', pool: null, format: null }] },
);

const choose = (change: Partial<CloneDisk> & Pick<CloneDisk, 'target' | 'way'>): CloneInput => ({
  ...INPUT,
  disks: [...INPUT.disks, { pool: null, format: null, ...change }],
});
const said = (input: CloneInput, facts = FACTS): string[] =>
  planClone(input, facts, null).problems.map(({ field, message }) => `${field}: ${message}`);

test('its own disks are copied, what several may use stays, and nothing stands against it', () => {
  const { problems, plan, machines } = planClone(INPUT, FACTS, makeIdentities(1, 1, new Set()));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    [
      'Open /nvram on kvm-a for the settings of the firmware',
      'Copy vda.img to the disk web.qcow2 in default',
      'Copy vdb.img to the disk web-2.img in default',
      'Copy the settings of the firmware to web_VARS.fd',
      'Define web',
      'Close /nvram on kvm-a',
    ],
  );
  const model = readDomain(machines[0]?.xml ?? '');
  assert.deepEqual(
    model.disks.map(({ target, source }) => [target, source?.path]),
    [
      ['vda', '/images/web.qcow2'],
      ['vdb', '/images/web-2.img'],
      ['vdc', '/images/vdc.img'],
      ['sda', '/iso/debian.iso'],
    ],
  );
  assert.equal(model.os.nvram, '/nvram/web_VARS.fd');
});

test('what can become of each disk', () => {
  assert.deepEqual(
    cloneOptions(FACTS).disks.map(({ target, ways, way }) => `${target}: ${ways.join(' ')}, ${way}`),
    [
      'vda: copy link empty omit, copy',
      'vdb: copy link empty omit, copy',
      'vdc: copy share empty omit, share',
      'vdd: empty omit, copy',
      'sda: share empty omit, share',
    ],
  );
});

const LIVE: Partial<CloneFacts> = {
  running: true,
  live: {
    agent: 'connected',
    canBackup: true,
    disks: new Map([
      ['vda', 2 ** 31],
      ['vdb', 2 ** 30],
      ['vdc', 2 ** 30],
      ['sda', null],
    ]),
  },
};

const PROBLEMS: readonly [string, CloneInput, Partial<CloneFacts>, RegExp][] = [
  [
    'a machine that runs, where that cannot be',
    INPUT,
    { running: true, live: { agent: 'none', canBackup: false, disks: LIVE.live?.disks ?? new Map() } },
    /^machine: db runs, and kvm-a cannot copy/,
  ],
  [
    'a link under one that runs',
    choose({ target: 'vda', way: 'link' }),
    LIVE,
    /^disks\.vda: db runs: no disk/,
  ],
  [
    'blocks for one that runs',
    choose({ target: 'vda', way: 'copy', pool: LVM }),
    LIVE,
    /^disks\.vda\.pool: Into the pool vg/,
  ],
  [
    'a disk that it will have when it is started again',
    { ...INPUT, disks: [] },
    { ...LIVE, volumes: new Map([...FACTS.volumes, volume('vdd')]) },
    /^disks\.vdd: db runs without the disk vdd/,
  ],
  ['a larger disk of one that runs', { ...INPUT, sizeBytes: 2 ** 40 }, LIVE, /^disks\.vda\.size: While/],
  ['a name that is taken', { ...INPUT, name: 'taken' }, {}, /^name: kvm-a has a machine taken/],
  ['several without a number', { ...INPUT, count: 2 }, {}, /^name: Several machines need a #/],
  ['a volume that is there', { ...INPUT, name: 'used' }, {}, /^disks\.vda\.name: .+has a volume used\.qcow2/],
  ['an encrypted disk', { ...INPUT, disks: [] }, {}, /^disks\.vdd: .+ is encrypted/],
  [
    'a link under a machine',
    choose({ target: 'vda', way: 'link' }),
    {},
    /^disks\.vda: .+keep db as a template/,
  ],
  [
    'a link among blocks',
    choose({ target: 'vda', way: 'link', pool: LVM }),
    { isTemplate: true },
    /^disks\.vda\.pool: In the pool vg no disk can lie on another/,
  ],
  ['a disk that is one’s alone', choose({ target: 'vda', way: 'share' }), {}, /^disks\.vda: .+ alone/],
  ['a disk that is not there', choose({ target: 'vdz', way: 'copy' }), {}, /^disks\.vdz: db has no disk/],
  ['a pool that is not there', choose({ target: 'vda', way: 'copy', pool: 'x' }), {}, /^disks\.vda\.pool: /],
  ['a smaller disk', { ...INPUT, sizeBytes: 2 ** 20 }, {}, /^disks\.vda\.size: .+cannot be smaller/],
];
for (const [what, input, facts, problem] of PROBLEMS)
  test(`${what} is a problem, and the only one`, () => {
    const problems = said(input, { ...FACTS, ...facts });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });

test('a link keeps the machine as a template before anything else, where that is agreed to', () => {
  const input = { ...choose({ target: 'vda', way: 'link' }), keepAsTemplate: true };
  const { plan, warnings } = planClone(input, FACTS, null);
  assert.deepEqual(said(input), []);
  assert.equal(plan.steps[0]?.kind, 'clone.keepTemplate');
  assert.ok(warnings.some((text) => text.startsWith('db is kept as a template')));
  assert.notEqual(
    planClone(input, { ...FACTS, isTemplate: true }, null).plan.steps[0]?.kind,
    'clone.keepTemplate',
  );
});

test('a pool that has the folder of the firmware is used, and one of another job is not', () => {
  const [pool] = FACTS.pools;
  assert.ok(pool !== undefined);
  const own = { ...pool, uuid: 'fw', name: 'nvram', path: '/nvram' };
  const kinds = (pools: CloneFacts['pools']) =>
    planClone(INPUT, { ...FACTS, pools }, null).plan.steps.map(({ kind }) => kind);
  assert.ok(!kinds([...FACTS.pools, own]).includes('clone.openFolder'));
  assert.ok(kinds([...FACTS.pools, { ...own, name: 'virtlane-firmware-x' }]).includes('clone.openFolder'));
});

test('without the host’s devices, with an empty drive and a new firmware', () => {
  const input = { ...choose({ target: 'sda', way: 'empty' }), hostDevices: 'omit', firmware: 'new' } as const;
  const { machines, warnings, plan } = planClone(input, FACTS, null);
  const xml = machines[0]?.xml ?? '';
  assert.doesNotMatch(xml, /hostdev|debian\.iso|nvram/);
  assert.ok(warnings.some((text) => text.includes('firmware')));
  assert.ok(!plan.steps.some(({ kind }) => kind.startsWith('clone.')));
});

test('while it runs, all disks are copied at one instant, once, and the other machines are copied from that', () => {
  const { plan, consistency } = planClone({ ...INPUT, name: 'web-#', count: 2 }, { ...FACTS, ...LIVE }, null);
  assert.equal(consistency, 'frozen');
  assert.deepEqual(
    plan.steps.map(({ title }) => title).filter((title) => /disk|Copy vd/.test(title)),
    [
      'Create the disk web-1.qcow2 in default',
      'Create the disk web-1-2.qcow2 in default',
      'Copy vda, vdb of db while it runs',
      'Copy web-1.qcow2 to the disk web-2.qcow2 in default',
      'Copy web-1-2.qcow2 to the disk web-2-2.qcow2 in default',
    ],
  );
  const backup = plan.steps.find(({ id }) => id === 'backup')?.params;
  assert.deepEqual(backup, {
    host: 'h',
    uuid: FACTS.model.uuid,
    name: 'db',
    freeze: true,
    disks: [
      { disk: 'vda', pool: POOL, path: '/images/web-1.qcow2', format: 'qcow2' },
      { disk: 'vdb', pool: POOL, path: '/images/web-1-2.qcow2', format: 'qcow2' },
    ],
    others: ['vdc', 'sda'],
  });
  const [first] = plan.steps.filter(({ kind }) => kind === 'volume.create');
  assert.equal((first?.params as { capacityBytes?: number } | undefined)?.capacityBytes, 2 ** 31);
  const live = FACTS.live ?? LIVE.live;
  assert.ok(live !== undefined && live !== null);
  const alone = { ...FACTS, running: true, live: { ...live, agent: 'none' as const } };
  assert.equal(planClone(INPUT, alone, null).consistency, 'powerCut');
});

/** Another host, which has a pool of the same name. */
const FAR: Partial<CloneFacts> = {
  host: { id: 'far', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' },
  pools: [{ ...DIR, host: 'far', uuid: 'far-default' }],
  volumeNames: new Map(),
  names: new Set(),
  elsewhere: { cannotRun: null, missing: new Set(), paths: new Set(['/images/vdc.img']) },
};
const OMITTED: CloneInput = { ...INPUT, to: 'far', hostDevices: 'omit' };

test('to another host what stands alone is sent, what lies on others is flattened before, once for all machines', () => {
  const volumes = new Map([...FACTS.volumes, volume('vda', { backed: true })]);
  const several = { ...OMITTED, name: 'web-#', count: 2, firmware: 'new' as const };
  const { plan, problems, machines, warnings } = planClone(several, { ...FACTS, ...FAR, volumes }, null);
  assert.deepEqual(problems, []);
  assert.ok(warnings.includes('vdc is what kvm-b has at /images/vdc.img: see that it is the same there.'));
  assert.deepEqual(
    plan.steps.map(({ host, title }) => `${host}: ${title}`),
    [
      'h: Copy vda.img to the disk web-1.qcow2-on-its-way-vda.qcow2 in default of kvm-a',
      'far: Send web-1.qcow2-on-its-way-vda.qcow2 from kvm-a to web-1.qcow2 in default',
      'far: Send vdb.img from kvm-a to web-1-2.img in default',
      'h: Delete web-1.qcow2-on-its-way-vda.qcow2 in default of kvm-a',
      'far: Define web-1',
      'far: Copy web-1.qcow2 to the disk web-2.qcow2 in default',
      'far: Copy web-1-2.img to the disk web-2-2.img in default',
      'far: Define web-2',
    ],
  );
  const model = readDomain(machines[0]?.xml ?? '');
  assert.deepEqual(
    model.disks.map(({ target, source }) => [target, source?.path ?? null]),
    [
      ['vda', '/images/web-1.qcow2'],
      ['vdb', '/images/web-1-2.img'],
      ['vdc', '/images/vdc.img'],
      ['sda', null],
    ],
  );
});

test('of one that runs the backup is made on its own host, and sent from there', () => {
  const { plan } = planClone({ ...OMITTED, firmware: 'new' }, { ...FACTS, ...LIVE, ...FAR }, null);
  assert.deepEqual(
    plan.steps.map(({ host, kind }) => `${host} ${kind}`),
    [
      'h volume.create',
      'h volume.create',
      'h clone.backup',
      'far clone.send',
      'far clone.send',
      'h clone.clear',
      'h clone.clear',
      'far create.define',
    ],
  );
});

test('what the other host has not, and cannot do', () => {
  const elsewhere = { cannotRun: 'no kvm', missing: new Set(['br7']), paths: new Set<string>() };
  const facts = { ...FACTS, ...FAR, elsewhere };
  const input = {
    ...choose({ target: 'vdc', way: 'share' }),
    to: 'far',
    networks: [{ from: 'a', to: 'lan' }],
  };
  assert.deepEqual(said(input, facts), [
    'networks: kvm-b has no network lan: choose one that it has.',
    'to: kvm-b cannot run such a machine: no kvm',
    'to: kvm-b has no bridge or device br7, which a card is on.',
    'hostDevices: db has devices of kvm-a: leave them out on another host.',
    'disks.vdc: kvm-b has no pool with /images/vdc.img: copy vdc, or leave it out.',
  ]);
});

test('a LUN and a floppy that are written to are shared only where that is chosen, and a LUN not even then', () => {
  const drives = [
    `<disk type='block' device='lun'><source dev='/dev/disk/by-id/lun-7'/><target dev='sdb' bus='scsi'/></disk>`,
    `<disk type='block' device='lun'><source dev='/dev/disk/by-id/lun-8'/><target dev='sdc' bus='scsi'/><shareable/></disk>`,
    `<disk type='file' device='floppy'><source file='/images/a.img'/><target dev='fda' bus='fdc'/></disk>`,
    `<disk type='file' device='floppy'><source file='/images/b.img'/><target dev='fdb' bus='fdc'/><readonly/></disk>`,
  ];
  const xml = XML.replace('</devices>', `${drives.join('')}</devices>`);
  const facts = { ...FACTS, xml, model: readDomain(xml) };
  assert.deepEqual(
    cloneOptions(facts)
      .disks.slice(-4)
      .map(({ target, ways, way }) => `${target}: ${ways.join(' ')}, ${way}`),
    [
      'sdb: omit, omit',
      'sdc: share omit, share',
      'fda: share empty omit, empty',
      'fdb: share empty omit, share',
    ],
  );
  const { problems, warnings, machines } = planClone(INPUT, facts, null);
  assert.deepEqual(problems, []);
  assert.doesNotMatch(machines[0]?.xml ?? '', /lun-7|a\.img/);
  assert.match(machines[0]?.xml ?? '', /lun-8[^]*b\.img/);
  assert.ok(warnings.includes('The disk sdb is a LUN of db alone: the new machines are without it.'));
  assert.ok(warnings.includes('The floppy in fda is db’s: the new machines have none in it.'));

  assert.deepEqual(said(choose({ target: 'sdb', way: 'share' }), facts), [
    'disks.sdb: The disk sdb is db’s alone: two machines that write to it destroy what is on it. Leave it out, or mark it as shareable first.',
  ]);
  const shared = planClone(choose({ target: 'fda', way: 'share' }), facts, null);
  assert.deepEqual(shared.problems, []);
  assert.ok(
    shared.warnings.includes(
      'The new machines write into the floppy of db, /images/a.img, as it does itself.',
    ),
  );

  const template = { ...facts, isTemplate: true };
  const none = { disks: 'copy', pool: null, template: FACTS.model.uuid } as const;
  const input = asClone({ ...INPUT, ...none }, template);
  assert.deepEqual(
    templateOf(input, template).disks.map(({ target, way }) => `${target} ${way}`),
    ['vda copy', 'vdb copy', 'vdc keep', 'vdd copy', 'sda keep', 'sdc keep', 'fdb keep'],
  );
});
