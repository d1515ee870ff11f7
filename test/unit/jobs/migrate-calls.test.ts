import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virDomainMigrateFlags as FLAGS } from '../../../drivers/libvirt/constants/domain-migrate.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { param, type TypedParam } from '../../../drivers/libvirt/typed-params.ts';
import { migrationFlags, type Manner } from '../../../main/jobs/migrate/flags.ts';
import { migrationParams, nbdPort, uriPort, type Wishes } from '../../../main/jobs/migrate/params.ts';
import { copiesDisks, figuresOf, MigrationPace } from '../../../main/jobs/migrate/progress.ts';
import { movesNothing, moveXml } from '../../../main/jobs/migrate/xml.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const MANNER: Manner = {
  persistent: true,
  copies: 'whole',
  wasPaused: false,
  autoConverge: true,
  unsafe: false,
  drive: 'app',
  tls: false,
  postCopy: false,
  compression: 'none',
  parallel: null,
  keepDefinition: false,
};

test('the target is not told what only the source may be', () => {
  const { source, target } = migrationFlags(MANNER);
  const common =
    FLAGS.VIR_MIGRATE_LIVE |
    FLAGS.VIR_MIGRATE_PERSIST_DEST |
    FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE |
    FLAGS.VIR_MIGRATE_NON_SHARED_DISK;
  assert.equal(target, common);
  assert.equal(
    source,
    common |
      FLAGS.VIR_MIGRATE_ABORT_ON_ERROR |
      FLAGS.VIR_MIGRATE_AUTO_CONVERGE |
      FLAGS.VIR_MIGRATE_CHANGE_PROTECTION,
  );
});

test('both are told that a machine stays paused; one without a definition gets one there, so that it never vanishes', () => {
  const { source, target } = migrationFlags({ ...MANNER, wasPaused: true, persistent: false });
  for (const flags of [source, target]) {
    assert.ok(flags & FLAGS.VIR_MIGRATE_PAUSED);
    assert.ok(flags & FLAGS.VIR_MIGRATE_PERSIST_DEST);
    assert.equal(flags & FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE, 0);
  }
});

test('each choice is its flag, and nothing else', () => {
  const added = (change: Partial<Manner>): number => {
    const before = migrationFlags(MANNER).source;
    return migrationFlags({ ...MANNER, ...change }).source ^ before;
  };
  const protects = FLAGS.VIR_MIGRATE_CHANGE_PROTECTION;
  assert.equal(added({ drive: 'peer' }), FLAGS.VIR_MIGRATE_PEER2PEER | protects);
  assert.equal(
    added({ drive: 'tunnel' }),
    FLAGS.VIR_MIGRATE_PEER2PEER | FLAGS.VIR_MIGRATE_TUNNELLED | protects,
  );
  assert.equal(added({ tls: true }), FLAGS.VIR_MIGRATE_TLS);
  assert.equal(added({ postCopy: true }), FLAGS.VIR_MIGRATE_POSTCOPY);
  assert.equal(added({ compression: 'xbzrle' }), FLAGS.VIR_MIGRATE_COMPRESSED);
  assert.equal(added({ parallel: 3 }), FLAGS.VIR_MIGRATE_PARALLEL);
  assert.equal(added({ keepDefinition: true }), FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE);
  assert.equal(
    added({ copies: 'top' }),
    FLAGS.VIR_MIGRATE_NON_SHARED_DISK | FLAGS.VIR_MIGRATE_NON_SHARED_INC,
  );
});

const WISHES: Wishes = {
  name: 'web-1',
  isRenamed: false,
  compression: 'none',
  parallel: null,
  tlsName: null,
  disks: ['vda', 'vdb'],
  bandwidthMiBs: 50,
  live: '<live/>',
  persistent: '<persistent/>',
  uri: 'tcp://127.0.0.1',
  listen: '127.0.0.1',
};

const shown = (params: readonly TypedParam[]): string[] =>
  params.map(({ field, value }) => `${field} ${value.value}`);

test('each call has what it needs: Begin’s XML goes on, and the source is told the relay’s ports', () => {
  const params = migrationParams(WISHES);
  const common = ['persistent_xml <persistent/>', 'migrate_disks vda', 'migrate_disks vdb', 'bandwidth 50'];
  const begun = ['destination_xml <begun/>', ...common];
  assert.deepEqual(shown(params.begin), ['destination_xml <live/>', ...common]);
  assert.deepEqual(shown(params.prepare('<begun/>')), [
    ...begun,
    'listen_address 127.0.0.1',
    'migrate_uri tcp://127.0.0.1',
  ]);
  const way = { uri: 'tcp://127.0.0.1:4001', disksUri: 'tcp://127.0.0.1:4002' };
  assert.deepEqual(shown(params.perform('<begun/>', way)), [
    ...begun,
    'listen_address 127.0.0.1',
    'migrate_uri tcp://127.0.0.1:4001',
    'disks_uri tcp://127.0.0.1:4002',
  ]);
  assert.deepEqual(shown(params.finish('<begun/>')).at(-1), 'destination_name web-1');
  assert.deepEqual(shown(params.confirm('<begun/>')), begun);
});

test('another name, compression, parallel connections and the certificate’s name are told to both', () => {
  const params = migrationParams({
    ...WISHES,
    disks: [],
    name: 'web-2',
    isRenamed: true,
    compression: 'zstd',
    parallel: 4,
    tlsName: 'kvm-b',
  });
  for (const list of [params.begin, params.prepare('<x/>'), params.peer, params.confirm('<x/>')]) {
    const told = shown(list);
    for (const one of [
      'compression zstd',
      'parallel.connections 4',
      'tls.destination kvm-b',
      'destination_name web-2',
    ])
      assert.ok(told.includes(one), one);
  }
});

test('what is not asked for is in no list: a daemon refuses what it does not know', () => {
  const bare = {
    ...WISHES,
    disks: [],
    bandwidthMiBs: null,
    live: null,
    persistent: null,
    uri: null,
    listen: null,
  };
  const params = migrationParams(bare);
  assert.deepEqual(shown(params.begin), []);
  assert.deepEqual(shown(params.perform('<begun/>', { uri: null, disksUri: null })), [
    'destination_xml <begun/>',
  ]);
});

test('ports of the target, as Prepare tells them', () => {
  const cookie = (text: string): Uint8Array => Buffer.from(`<qemu-migration>${text}</qemu-migration>\0`);
  assert.equal(nbdPort(cookie(`<nbd port='49153'><disk target='vda'/></nbd>`)), 49_153);
  assert.equal(nbdPort(cookie('<graphics/>')), null);
  assert.equal(nbdPort(cookie(`<nbd port='99999'/>`)), null);
  assert.equal(uriPort('tcp://127.0.0.1:49152'), 49_152);
  assert.equal(uriPort('tcp:kvm-b:49152'), 49_152);
  assert.equal(uriPort('tcp://[::1]:49152'), 49_152);
  for (const none of [null, 'unix:///run/x', 'tcp://kvm-b', 'tcp://kvm-b:0'])
    assert.equal(uriPort(none), null);
});

const LIVE = `<domain type='kvm' id='3'>
  <name>web-1</name>
  <devices>
    <disk type='block' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source dev='/dev/vg/web-1' index='2'/>
      <backingStore/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/images/data.qcow2'/>
      <backingStore type='file'><format type='qcow2'/><source file='/images/base.qcow2'/></backingStore>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <interface type='bridge'>
      <source network='office' portid='4f' bridge='virbr4'/>
    </interface>
    <interface type='bridge'><source bridge='br0'/></interface>
  </devices>
</domain>`;

test('on the target a disk has its new place and nothing under it, a network its new name; the rest is as it was', () => {
  const moved = moveXml(LIVE, {
    disks: [{ target: 'vda', path: '/images/web-1.img', format: 'raw' }],
    networks: { office: 'lan', br0: 'br7', virbr4: 'wrong' },
  });
  assert.match(
    moved,
    /<disk type='file' device='disk'>\s*<driver name='qemu' type='raw' cache='none'\/>\s*<source file=.\/images\/web-1.img.\/>/,
  );
  assert.match(moved, /<source network='lan'\/>/);
  assert.match(moved, /<source bridge='br7'\/>/);
  const vdb = /<disk type='file' device='disk'>\s*<driver name='qemu' type='qcow2'\/>[^]*?<\/disk>/;
  assert.equal(vdb.exec(moved)?.[0], vdb.exec(LIVE)?.[0]);
});

test('where nothing differs nothing is sent', () => {
  assert.equal(movesNothing({ disks: [], networks: {} }), true);
  assert.equal(moveXml(LIVE, { disks: [], networks: { elsewhere: 'lan' } }), LIVE);
});

const stats = (values: Record<string, number>) => figuresOf(new Map(Object.entries(values)));

test('progress never goes back and is never whole: first the disks, then the memory', async () => {
  const clock = new FakeClock();
  const pace = new MigrationPace(clock, { diskBytes: 1000, memoryBytes: 1000 });
  const fractions: (number | null)[] = [];
  for (const now of [
    { disk_total: 500, disk_processed: 250 },
    { disk_total: 1000, disk_processed: 1000 },
    { disk_total: 1000, disk_processed: 1000, memory_total: 2000, memory_remaining: 2000 },
    {
      disk_total: 1000,
      disk_processed: 1000,
      memory_total: 2000,
      memory_remaining: 100,
      memory_iteration: 1,
    },
    {
      disk_total: 1000,
      disk_processed: 1000,
      memory_total: 2000,
      memory_remaining: 1500,
      memory_iteration: 2,
    },
    { disk_total: 1000, disk_processed: 1000, memory_total: 2000, memory_remaining: 0, memory_iteration: 2 },
  ]) {
    await clock.advance(500);
    fractions.push(pace.at(stats(now)).progress.fraction);
  }
  assert.deepEqual(fractions, [0.125, 0.5, 0.5, 2900 / 3000, 2900 / 3000, 0.99]);
});

test('what QEMU tells of a disk comes in lumps: the speed is that of some seconds', async () => {
  const clock = new FakeClock();
  const pace = new MigrationPace(clock, { diskBytes: 1 << 30, memoryBytes: 0 });
  const rates: (number | null)[] = [];
  // 32 MiB every 8 s.
  for (let second = 0; second <= 40; second += 1) {
    const disk_processed = Math.floor(second / 8) * (32 << 20);
    rates.push(pace.at(stats({ disk_total: 1 << 30, disk_processed })).progress.bytesPerSecond ?? null);
    await clock.advance(1000);
  }
  assert.deepEqual(rates.slice(0, 8), Array(8).fill(null));
  for (const rate of rates.slice(8)) assert.ok(rate !== null && rate > 2 << 20 && rate < 6 << 20, `${rate}`);
});

test('while disks are under way a new speed is one for the memory alone', async () => {
  const telling = (values: Record<string, number>) => {
    const params = Object.entries(values).map(([field, value]) => param(field, 'ullong', BigInt(value)));
    const remote = { domainGetJobStats: () => Promise.resolve({ type: 2, params }) };
    return copiesDisks({ remote } as unknown as LibvirtClient, {} as DomainRef);
  };
  assert.equal(await telling({ disk_total: 100, disk_processed: 5 }), true);
  assert.equal(await telling({ disk_total: 100, disk_processed: 100, memory_total: 50 }), false);
  assert.equal(await telling({ memory_total: 50 }), false);
});

test('it is said when the guest changes its memory faster than it is sent', () => {
  const pace = new MigrationPace(new FakeClock(), { diskBytes: 0, memoryBytes: 0 });
  const at = (round: number, dirty: number) =>
    pace.at(
      stats({
        memory_total: 2 ** 30,
        memory_remaining: 2 ** 20,
        memory_iteration: round,
        memory_bps: 10 * 2 ** 20,
        memory_page_size: 4096,
        memory_dirty_rate: dirty,
      }),
    ).line;
  assert.equal(at(1, 5000), 'Round 1 over the memory: 1 MiB left');
  assert.equal(at(1, 5000), null);
  assert.match(at(3, 5000) ?? '', /faster \(20 MiB\/s\)/);
  assert.equal(at(4, 100), 'Round 4 over the memory: 1 MiB left');
});
