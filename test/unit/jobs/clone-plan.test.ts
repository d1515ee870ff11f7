import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput } from '../../../main/contract/clone.ts';
import type { CloneFacts } from '../../../main/jobs/clone/facts.ts';
import { asClone, templateOf } from '../../../main/jobs/clone/from-template.ts';
import { cloneOptions } from '../../../main/jobs/clone/options.ts';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { FACTS, INPUT, LIVE, LVM, OLD_HOST, volume, XML, FAR } from './clone-facts.ts';

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

const PMEM = `<memory model='nvdimm'><source><path>/pmem</path></source><target><size unit='MiB'>64</size></target></memory>`;

const PROBLEMS: readonly [string, CloneInput, Partial<CloneFacts>, RegExp][] = [
  [
    'a backup of a machine that runs, on a host without backups',
    { ...INPUT, copyBy: 'backup' },
    OLD_HOST,
    /^copyBy: kvm-a has no backups of machines that run/,
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
  [
    'a memory module that keeps what is in it',
    INPUT,
    { xml: XML.replace('<devices>', `<devices>${PMEM}<lease><key>k</key><target path='/lease'/></lease>`) },
    /^machine: db has a memory module that keeps what is in it in \/pmem/,
  ],
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

test('what both have that one machine has at a time is said: ports that are listened on, arguments for QEMU', () => {
  const xml = FACTS.xml
    .replace(
      '</devices>',
      "<serial type='tcp'><source mode='bind' host='0.0.0.0' service='4555'/></serial></devices>",
    )
    .replace(
      '</domain>',
      "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>",
    );
  const said = planClone(INPUT, { ...FACTS, xml }, null).warnings.join('\n');
  assert.match(said, /listens on the port 4555 of the host, as that of db does/);
  assert.match(said, /The arguments for QEMU in the definition are those of db/);
});

test('without the host’s devices, with an empty drive and a new firmware', () => {
  const input = { ...choose({ target: 'sda', way: 'empty' }), hostDevices: 'omit', firmware: 'new' } as const;
  const { machines, warnings, plan } = planClone(input, FACTS, null);
  const xml = machines[0]?.xml ?? '';
  assert.doesNotMatch(xml, /hostdev|debian\.iso|nvram/);
  assert.ok(warnings.some((text) => text.includes('firmware')));
  assert.ok(!plan.steps.some(({ kind }) => kind.startsWith('clone.')));
});

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
      'far: Copy web-1.qcow2 to the disk web-2.qcow2 in default',
      'far: Copy web-1-2.img to the disk web-2-2.img in default',
      'far: Define web-1',
      'far: Define web-2',
    ],
  );
  // What is made of the copy on the way does not ask for the machine any more.
  assert.equal(plan.holds?.[0]?.until, 'send-1-vdb');
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
    plan.steps.map(({ host, kind, ifRefused }) => `${ifRefused === undefined ? '' : 'else '}${host} ${kind}`),
    [
      'h volume.create',
      'h volume.create',
      'h clone.backup',
      'else h clone.clear',
      'else h clone.clear',
      'else h clone.snapshot',
      'else h volume.copy',
      'else h volume.copy',
      'else h clone.rejoin',
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

test('one that is off is held until the last of its bytes is read, by as many jobs as read it', () => {
  const held = { host: 'h', uuid: FACTS.model.uuid, name: 'db', reads: true };
  const until = (input: CloneInput, facts: Partial<CloneFacts> = {}) =>
    planClone(input, { ...FACTS, ...facts }, null).plan.holds?.[0]?.until;
  assert.deepEqual(planClone(INPUT, FACTS, null).plan.holds, [{ ...held, until: 'firmware-1' }]);
  const two: CloneInput = { ...INPUT, name: 'web-#', count: 2, firmware: 'new' };
  assert.equal(until(two), 'volume-2-2');
  assert.equal(until({ ...two, firmware: 'copy' }), 'firmware-2');
  // On another host the second is a copy of the first.
  assert.equal(until({ ...OMITTED, ...two, to: 'far', hostDevices: 'omit' }, FAR), 'send-1-vdb');
  const nothing = FACTS.model.disks.map(({ target }) => ({
    target,
    way: 'omit' as const,
    pool: null,
    format: null,
  }));
  assert.equal(until({ ...two, disks: nothing }), undefined);
  const links = choose({ target: 'vda', way: 'link' });
  assert.equal(until({ ...links, firmware: 'new' }, { isTemplate: true }), 'volume-1-2');
});

test('where a pool does not tell when its volumes are written to, the plan says so', () => {
  const told = (change: Partial<CloneFacts>) =>
    planClone(INPUT, { ...FACTS, ...change }, null).warnings.filter((text) => /does not tell/.test(text));
  const [warning, ...others] = told({});
  assert.match(
    warning ?? '',
    /^The pool default of kvm-a does not tell .+ where db is started while vda, vdb is/,
  );
  assert.deepEqual(others, []);
  const times = new Map([volume('vda', { changed: '1 1' }), volume('vdb', { changed: '1 1' })]);
  assert.deepEqual(told({ volumes: times }), []);
  assert.deepEqual(told(LIVE), []);
});
