import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import { clockLook } from '../../../main/jobs/clock-look.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { factsOf, GIB, input, levels, pool, sourceOf, targetOf, volumeOf, WEB } from './migrate-facts.ts';

/** A definition that stayed; the machine runs on a third host. */
const LEFT = sourceOf(WEB, { state: 'shutoff', runsOn: 'kvm-c' });
const planned = (facts = factsOf(), asked = input()) => planMigration(asked, facts);

test('a machine that runs: a volume exactly as large, the move, and no way back from it', () => {
  const { plan, shown } = planned();
  assert.deepEqual(
    plan.steps.map(({ id, host, final }) => ({ id, host, final })),
    [
      { id: 'volume-1', host: 'b', final: undefined },
      { id: 'move', host: 'a', final: true },
    ],
  );
  const [volume, move] = plan.steps.map(({ params }) => params as Record<string, unknown>);
  assert.deepEqual(
    { format: volume?.['format'], capacityBytes: volume?.['capacityBytes'], name: volume?.['name'] },
    { format: 'qcow2', capacityBytes: 10 * GIB, name: 'web-1.qcow2' },
  );
  assert.equal(move?.['relayed'], true);
  assert.deepEqual([shown.kind, shown.via, levels(factsOf())], ['live', 'relay', []]);
  assert.equal(JSON.stringify(plan).includes('tomato'), false);
});

test('a file that both hosts see is not copied; a file of the same name that is another one gets company', () => {
  const same = planned(factsOf({ target: targetOf({ files: new Map([['vda', 'same']]) }) }));
  assert.deepEqual(
    same.plan.steps.map(({ id }) => id),
    ['move'],
  );
  assert.deepEqual(
    same.shown.disks.map(({ way }) => way),
    ['shared'],
  );
  const volumeNames = new Map([[pool().uuid, new Set(['web-1.qcow2'])]]);
  const other = planned(factsOf({ target: targetOf({ files: new Map([['vda', 'other']]), volumeNames }) }));
  assert.deepEqual(
    other.shown.disks.map(({ path }) => path),
    ['/images/web-1-2.qcow2'],
  );
});

test('disks go to the pool that is asked for, else of the same folder, else of the same name', () => {
  const fast = pool({ uuid: 'fast', name: 'fast', path: '/fast' });
  const named = pool({ uuid: 'named', path: '/srv/images' });
  const placed = (pools: readonly ReturnType<typeof pool>[], asked = input()) =>
    planned(factsOf({ target: targetOf({ pools }) }), asked).shown.disks.map(({ path }) => path);
  assert.deepEqual(placed([fast, named, pool()], input({ pool: 'fast' })), ['/fast/web-1.qcow2']);
  assert.deepEqual(placed([fast, named, pool()]), ['/images/web-1.qcow2']);
  assert.deepEqual(placed([fast, named]), ['/srv/images/web-1.qcow2']);
  assert.deepEqual(levels(factsOf({ target: targetOf({ pools: [fast] }) })), ['stop disks']);
  assert.deepEqual(levels(factsOf({ target: targetOf({ pools: [pool({ state: 'inactive' })] }) })), [
    'stop disks',
  ]);
});

test('the way of the data: through this computer where both are a login, else direct; never what cannot be', () => {
  assert.equal(planned(factsOf({ canRelay: false })).shown.via, 'direct');
  assert.equal(planned(factsOf(), input({ via: 'direct' })).shown.via, 'direct');
  assert.deepEqual(levels(factsOf({ canRelay: false }), input({ via: 'relay' })), ['stop route']);
  assert.deepEqual(levels(factsOf(), input({ via: 'direct' })), ['warn route']);
});

test('from host to host, and through this computer after all where that is possible and nothing forbids it', () => {
  const fallsBack = (change: Parameters<typeof input>[0], facts = factsOf()) => {
    const move = planned(facts, input({ via: 'direct', ...change })).plan.steps.at(-1);
    return (move?.params as { fallsBack: boolean } | undefined)?.fallsBack;
  };
  assert.equal(fallsBack({}), true);
  assert.equal(fallsBack({ tls: true }), false);
  assert.equal(fallsBack({ via: 'relay' }), false);
  assert.equal(fallsBack({}, factsOf({ canRelay: false })), false);
});

test('a machine that is off: its definition, without passwords in the plan, and only then out of the list', () => {
  const source = sourceOf(WEB, { state: 'shutoff', autostart: true });
  const target = targetOf({ files: new Map([['vda', 'same']]) });
  const { plan, shown, secrets } = planned(factsOf({ source, target, definition: WEB }));
  assert.deepEqual(
    plan.steps.map(({ id, host, final, optional }) => ({ id, host, final, optional })),
    [
      { id: 'define', host: 'b', final: undefined, optional: undefined },
      { id: 'undefine', host: 'a', final: true, optional: undefined },
      { id: 'autostart', host: 'b', final: undefined, optional: true },
    ],
  );
  assert.equal(shown.kind, 'offline');
  assert.equal(JSON.stringify(plan).includes('tomato'), false);
  assert.deepEqual(secrets, { 'screen-1': 'tomato' });
});

const uefi = WEB.replace(`<os>`, `<os firmware='efi'>`);

test('off, on storage of its own: disks and firmware are sent and compared, defined there, and only then out of the list', () => {
  const source = sourceOf(uefi, { state: 'shutoff' });
  const ids = (facts: MigrateFacts, asked = input()) => planned(facts, asked).plan.steps.map(({ id }) => id);
  const facts = factsOf({ source, definition: uefi });
  assert.deepEqual(ids(facts, input({ deleteSource: true })), [
    'folder-a',
    'folder-b',
    'send-1-vda',
    'firmware-1',
    'define',
    'folder-b-end',
    'folder-a-end',
    'undefine',
    'delete-1',
  ]);
  const { shown, plan } = planned(facts);
  assert.deepEqual([shown.kind, shown.via, levels(facts)], ['offline', 'relay', []]);
  const define = plan.steps.find(({ id }) => id === 'define')?.params as { xml: string };
  assert.match(define.xml, /<nvram>\/var\/lib\/libvirt\/qemu\/nvram\/web-1_VARS-ffffffff.fd<\/nvram>/);
  const undefine = plan.steps.find(({ id }) => id === 'undefine')?.params as Record<string, unknown>;
  assert.equal(undefine['removeFirmware'], false);
  assert.deepEqual(undefine['sent'], [{ pool: pool().uuid, name: 'web-1.qcow2', changed: '1700000000.5' }]);
  // What lies on another file is made whole first.
  const backed = factsOf({ source, volumes: new Map([['vda', volumeOf({ backed: true })]]) });
  assert.deepEqual(
    ids(backed).filter((id) => id.startsWith('away') || id.startsWith('send')),
    ['away-1-vda', 'send-1-vda', 'away-1-vda-end'],
  );
  assert.deepEqual(levels(factsOf({ source, volumes: new Map([['vda', null]]) })), ['stop disks']);
});

test('the source’s disks are deleted only where that is asked, after the move, and may stay', () => {
  const ids = (deleteSource: boolean) =>
    planned(factsOf(), input({ deleteSource })).plan.steps.map(
      ({ id, optional }) => `${id} ${optional === true}`,
    );
  assert.deepEqual(ids(true), ['volume-1 false', 'move false', 'delete-1 true']);
  assert.deepEqual(ids(false), ['volume-1 false', 'move false']);
});

test('what started with the source does not from before the switch on, wherever a definition may be left', () => {
  const steps = (state: 'running' | 'shutoff', keepDefinition: boolean) => {
    const facts = factsOf({ source: sourceOf(WEB, { state, autostart: true }), definition: WEB });
    const { plan } = planned(facts, input({ keepDefinition }));
    return plan.steps.map(({ id, host }) => `${id} ${host}`).filter((step) => !/volume|disk|send/.test(step));
  };
  for (const keep of [true, false])
    assert.deepEqual(steps('running', keep), ['autostart-off a', 'move a', 'autostart b']);
  assert.deepEqual(steps('shutoff', true).slice(-3), ['autostart-off a', 'define b', 'autostart b']);
  assert.deepEqual(steps('shutoff', false).slice(-3), ['define b', 'undefine a', 'autostart b']);
});

const iso = WEB.replace(
  '<interface',
  `<disk type='file' device='cdrom'><source file='/iso/debian.iso'/><target dev='sda' bus='sata'/></disk><interface`,
);
const passthrough = WEB.replace('<interface', `<hostdev mode='subsystem' type='usb'/><interface`);
const hostCpu = WEB.replace('<devices>', `<cpu mode='host-passthrough'/><devices>`);
const tpm = WEB.replace(
  '<interface',
  `<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm><interface`,
);
const bridged = WEB.replace(
  `type='network'><source network='office'/>`,
  `type='bridge'><source bridge='br9'/>`,
);

const large = WEB.replace(
  '<os>',
  `<memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking><os>`,
);
const bound = WEB.replace('<os>', `<numatune><memory mode='strict' nodeset='0-1'/></numatune><os>`);

const luks = WEB.replace(
  `<source file='/images/web-1.qcow2'/>`,
  `<source file='/images/web-1.qcow2'><encryption format='luks'/></source>`,
);

const CASES: [string, Partial<MigrateFacts>, string[]][] = [
  ['one host under two names', { target: targetOf({ uuid: 'host-a' }) }, ['stop host']],
  ['a host that does not tell who it is', { target: targetOf({ uuid: null }) }, ['warn host']],
  [
    'a definition of the same UUID',
    { target: targetOf({ sameUuid: { name: 'web-1', active: false } }) },
    ['stop machine'],
  ],
  [
    'the same machine there',
    { target: targetOf({ sameUuid: { name: 'web-1', active: true } }) },
    ['stop machine'],
  ],
  ['another machine of its name', { target: targetOf({ sameName: 'other' }) }, ['stop name']],
  ['a snapshot', { source: sourceOf(WEB, { snapshots: 1 }) }, ['stop snapshots']],
  ['a checkpoint', { source: sourceOf(WEB, { checkpoints: 1 }) }, ['stop snapshots']],
  ['a disk that is being copied', { source: sourceOf(WEB, { blockJobs: ['vda'] }) }, ['stop state']],
  ['a machine without a definition', { source: sourceOf(WEB, { persistent: false }) }, ['warn state']],
  [
    'what a migration has left',
    { source: sourceOf(WEB, { state: 'paused', reason: 'migration' }) },
    ['stop state'],
  ],
  ['one whose memory is on two hosts', { source: sourceOf(WEB, { reason: 'postcopy' }) }, ['stop state']],
  ['a machine that sleeps', { source: sourceOf(WEB, { state: 'pmsuspended' }) }, ['stop state']],
  ['a template', { source: sourceOf(WEB, { template: true }) }, ['stop state']],
  ['a definition of what runs elsewhere', { source: LEFT, definition: WEB }, ['stop state']],
  ['another hypervisor', { target: targetOf({ hypervisor: 'Xen' }) }, ['stop hypervisor']],
  ['an older host', { target: targetOf({ libvirt: 8_000_000 }) }, ['warn version']],
  ['a lesser CPU', { target: targetOf({ cpu: 'incompatible' }) }, ['stop cpu']],
  ['a CPU that nobody knows', { target: targetOf({ cpu: 'unknown' }) }, ['warn cpu']],
  ['the very CPU of its host, which the other has too', { source: sourceOf(hostCpu) }, []],
  [
    'the very CPU of its host, and another model there',
    {
      source: sourceOf(hostCpu),
      target: targetOf({ hostCpu: { model: 'Skylake', identity: 'Skylake aes' } }),
    },
    ['warn cpu'],
  ],
  [
    'the very CPU of its host, and a feature less there',
    { source: sourceOf(hostCpu), target: targetOf({ hostCpu: { model: 'EPYC', identity: 'EPYC' } }) },
    ['warn cpu'],
  ],
  [
    'the very CPU of its host, and a host that does not tell',
    { source: sourceOf(hostCpu), target: targetOf({ hostCpu: null }) },
    ['warn cpu'],
  ],
  [
    'little memory free',
    { target: targetOf({ memory: { totalKiB: 2 ** 24, freeKiB: 2 ** 20 } }) },
    ['warn memory'],
  ],
  [
    'too little memory at all',
    { target: targetOf({ memory: { totalKiB: 2 ** 19, freeKiB: 0 } }) },
    ['stop memory'],
  ],
  [
    'clocks that are apart',
    { target: targetOf({ clock: { aheadMs: 8000, withinMs: 510 } }) },
    ['warn clock'],
  ],
  ['a clock that nobody tells', { target: targetOf({ clock: null }) }, []],
  [
    'large pages, of which none is free',
    { source: sourceOf(large), target: targetOf({ freeLargePages: 0 }) },
    ['stop memory'],
  ],
  ['large pages enough', { source: sourceOf(large), target: targetOf({ freeLargePages: 1 }) }, []],
  ['large pages that nobody counts', { source: sourceOf(large) }, ['warn memory']],
  ['a NUMA node that is not there', { source: sourceOf(bound) }, ['stop memory']],
  ['little room', { target: targetOf({ pools: [pool({ availableBytes: GIB })] }) }, ['warn space']],
  ['no such network', { target: targetOf({ networks: new Map() }) }, ['stop networks']],
  [
    'a network that is not active',
    { target: targetOf({ networks: new Map([['office', false]]) }) },
    ['stop networks'],
  ],
  [
    'off, and a network that is not active',
    {
      source: sourceOf(WEB, { state: 'shutoff' }),
      target: targetOf({ files: new Map([['vda', 'same']]), networks: new Map([['office', false]]) }),
    },
    ['warn networks'],
  ],
  ['no such bridge', { source: sourceOf(bridged) }, ['stop networks']],
  ['an ISO that is not there', { source: sourceOf(iso) }, ['stop media']],
  ['a disk that is encrypted', { source: sourceOf(luks) }, ['stop disks']],
  ['what is its host’s', { source: sourceOf(passthrough) }, ['stop devices']],
  [
    'an older QEMU without its machine type',
    { source: sourceOf(WEB.replace('pc-q35-7.2', 'pc-q35-9.0')) },
    ['stop machineType'],
  ],
  [
    'off, with a TPM and a saved state',
    {
      source: sourceOf(tpm, { state: 'shutoff', saved: true }),
      target: targetOf({ files: new Map([['vda', 'same']]) }),
    },
    ['stop state', 'stop tpm'],
  ],
];
for (const [what, change, found] of CASES)
  test(`${what}: ${found.join(', ')}, with the reason`, () => {
    const facts = factsOf(change);
    assert.deepEqual(levels(facts), found);
    for (const { level, message, remedy } of planned(facts).shown.items) {
      assert.match(message, /\.$/);
      if (level === 'stop') assert.notEqual(remedy, null);
    }
  });

test('a network by another name there', () => {
  const target = targetOf({ networks: new Map([['lan', true]]) });
  assert.deepEqual(levels(factsOf({ target }), input({ networks: { office: 'lan' } })), []);
});

test('what can be mended at a click says how, and what there is to choose from', () => {
  const fixes = (facts: MigrateFacts, asked = input()) =>
    planned(facts, asked).shown.items.flatMap(({ fix }) => fix ?? []);
  const elsewhere = targetOf({
    networks: new Map([
      ['lan', true],
      ['old', false],
    ]),
    pools: [pool({ uuid: 'fast', name: 'fast', path: '/fast' })],
  });
  const facts = factsOf({ target: elsewhere });
  assert.deepEqual(fixes(facts), [{ kind: 'pool' }, { kind: 'network', from: 'office' }]);
  const { networks, pools } = planned(facts).shown;
  assert.deepEqual(networks, [{ from: 'office', to: 'office', choices: ['lan', 'old'], inactive: ['old'] }]);
  assert.deepEqual(pools, [{ uuid: 'fast', name: 'fast' }]);
  assert.deepEqual(fixes(facts, input({ pool: 'fast', networks: { office: 'lan' } })), []);
  const asleep = planned(facts, input({ pool: 'fast', networks: { office: 'old' } })).shown;
  assert.deepEqual(asleep.networks, [
    { from: 'office', to: 'old', choices: ['lan', 'old'], inactive: ['old'] },
  ]);
  const item = asleep.items.find(({ id, level }) => id === 'networks' && level === 'stop');
  assert.deepEqual(item?.fix, { kind: 'startNetwork', name: 'old' });
  assert.match(item?.remedy ?? '', /virtlane net start kvm-b\/old, or .* --network office=NAME$/);
  assert.deepEqual(fixes(factsOf({ source: sourceOf(iso) })), [
    { kind: 'eject', target: 'sda', path: '/iso/debian.iso' },
  ]);
  assert.deepEqual(fixes(factsOf(), input({ via: 'direct' })), [{ kind: 'way', via: 'relay' }]);
});

test('what goes over, and what the target has left then', () => {
  const { bytes, afterwards } = planned().shown;
  assert.deepEqual(bytes, { memory: GIB, disks: 10 * GIB });
  assert.deepEqual(
    [afterwards.memory?.takenBytes, afterwards.pools.map(({ name, takenBytes }) => [name, takenBytes])],
    [GIB, [['images', 10 * GIB]]],
  );
  const off = planned(factsOf({ source: sourceOf(WEB, { state: 'shutoff' }) })).shown;
  assert.deepEqual([off.bytes, off.afterwards.memory?.takenBytes], [{ memory: 0, disks: 10 * GIB }, 0]);
});

test('a host’s clock: by the middle of the second that it tells, and of the time that asking took', () => {
  const look = clockLook('1700000000\n', { before: 1_699_999_999_900, after: 1_700_000_000_100 });
  assert.deepEqual(look, { aheadMs: 500, withinMs: 600 });
  assert.equal(clockLook('date: invalid option', { before: 0, after: 1 }), null);
});
