import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virConnectListAllStoragePoolsFlags } from '../../../drivers/libvirt/constants/storage.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { planDeletion } from '../../../main/jobs/delete/plan.ts';
import { readDeletionFacts } from '../../../main/jobs/delete/read.ts';

const INACTIVE = virConnectListAllStoragePoolsFlags.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE;
const machine = (n: number): DomainRef => ({ name: `vm-${n}`, uuid: new Uint8Array(16).fill(n), id: -1 });

interface HostMade {
  /** Path to the file under it. */
  files: Record<string, string | null>;
  /** What each machine's XML names: a path, or `pool:volume`. */
  disks: Record<string, string[] | LibvirtError>;
  /** The folder that a machine, a container, has as its `/`. */
  folders?: Record<string, string>;
  /** Files that a refresh of the pool `default` finds. */
  unseen?: Record<string, string | null>;
  /** Of a file: what its pool tells of its times. */
  times?: Record<string, string>;
  keys?: Record<string, string>;
  /** What the machine that uses a path tells of its size. */
  sizes?: Record<string, number>;
  refresh?: LibvirtError;
  /** Pools that are not active. */
  stopped?: string[];
  /** Of all machines; left out: containers. */
  type?: string;
  /** Machines whose disks are qcow2; others' are what no format says. */
  qcow2?: string[];
}

/** The plan for vm-1: path, why it stays, and who uses it. */
async function planOn(made: HostMade) {
  const files = { ...made.files };
  const refreshed: string[] = [];
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_SUPPORT', message: 'no' }));
  const remote = {
    domainIsActive: () => Promise.resolve({ active: 0 }),
    domainHasManagedSaveImage: none,
    domainSnapshotNum: none,
    domainListAllCheckpoints: none,
    connectListAllDomains: () => Promise.resolve({ domains: [1, 2, 3].map(machine), ret: 3 }),
    domainGetXmlDesc: ({ dom }: { dom: DomainRef }) => {
      const of = made.disks[dom.name] ?? [];
      if (of instanceof LibvirtError) return Promise.reject(of);
      const list = of.map((path, i) => {
        const [, pool, volume] = /^(\w+):(.*)$/.exec(path) ?? [];
        const type = pool === undefined ? 'file' : 'volume';
        const source = pool === undefined ? `file='${path}'` : `pool='${pool}' volume='${volume}'`;
        const driver = made.qcow2?.includes(dom.name) === true ? "<driver type='qcow2'/>" : '';
        return `<disk type='${type}'>${driver}<source ${source}/><target dev='vd${i}'/></disk>`;
      });
      const folder = made.folders?.[dom.name];
      const root =
        folder === undefined
          ? ''
          : `<filesystem type='mount'><source dir='${folder}'/><target dir='/'/></filesystem>`;
      return Promise.resolve({
        xml: `<domain type='${made.type ?? 'lxc'}'><name>${dom.name}</name><devices>${list.join('')}${root}</devices></domain>`,
      });
    },
    domainGetBlockInfo: ({ path }: { path: string }) => {
      const capacity = made.sizes?.[path];
      return capacity === undefined ? none() : Promise.resolve({ capacity: BigInt(capacity) });
    },
    connectListAllStoragePools: ({ flags }: { flags: number }) =>
      Promise.resolve({
        pools:
          flags === INACTIVE
            ? (made.stopped ?? []).map((name) => ({ name }))
            : [{ name: 'default' }, { name: 'elsewhere' }],
        ret: 2,
      }),
    storagePoolListAllVolumes: ({ pool }: { pool: { name: string } }) =>
      Promise.resolve({
        vols:
          pool.name === 'default'
            ? Object.keys(files).map((name) => ({ pool: 'default', name, key: name }))
            : [],
      }),
    storagePoolGetXmlDesc: ({ pool }: { pool: { name: string } }) =>
      Promise.resolve({
        xml: `<pool type='dir'><name>${pool.name}</name><target><path>/${pool.name}</path></target></pool>`,
      }),
    storagePoolRefresh: ({ pool }: { pool: { name: string } }) => {
      refreshed.push(pool.name);
      if (made.refresh !== undefined) return Promise.reject(made.refresh);
      if (pool.name === 'default') Object.assign(files, made.unseen);
      return Promise.resolve();
    },
    storageVolLookupByPath: ({ path }: { path: string }) =>
      Object.hasOwn(files, path)
        ? Promise.resolve({ vol: { pool: 'default', name: path, key: made.keys?.[path] ?? path } })
        : Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_STORAGE_VOL', message: 'no' })),
    storagePoolLookupByName: ({ name }: { name: string }) => Promise.resolve({ pool: { name } }),
    storageVolLookupByName: ({ name }: { name: string }) =>
      Promise.resolve({ vol: { pool: 'default', name, key: `/${name}` } }),
    storageVolGetPath: ({ vol }: { vol: { key: string } }) => Promise.resolve({ name: vol.key }),
    storageVolGetXmlDesc: ({ vol }: { vol: { name: string } }) => {
      const under = files[vol.name] ?? null;
      const store = under === null ? '' : `<backingStore><path>${under}</path></backingStore>`;
      const time = made.times?.[vol.name];
      const times =
        time === undefined ? '' : `<timestamps><mtime>${time}</mtime><ctime>${time}</ctime></timestamps>`;
      return Promise.resolve({
        xml: `<volume><name>x</name><capacity>1</capacity><target><path>${vol.name}</path>${times}</target>${store}</volume>`,
      });
    },
  };
  const client = { remote } as unknown as LibvirtClient;
  const facts = await readDeletionFacts({ client, dom: machine(1) }, {});
  const plan = planDeletion({ ...facts, namesakes: [] });
  const volumes = plan.volumes.map(({ path, keep, usedBy }) => [path, keep, ...usedBy]);
  return { volumes, refreshed, unseen: plan.unseen };
}

async function host(files: HostMade['files'], disks: HostMade['disks']) {
  return (await planOn({ files, disks })).volumes;
}

test('kernel and initrd of its own installation are found in any pool, another’s are not', async () => {
  const own = ['/default/vm-1-installer.kernel', '/elsewhere/vm-1-installer.initrd'];
  const files = Object.fromEntries([...own, '/default/vm-2-installer.kernel'].map((path) => [path, null]));
  const made = await planOn({ files, disks: {} });
  assert.deepEqual(made.volumes, []);
  const machines = await planOn({ files, disks: {}, type: 'kvm' });
  assert.deepEqual(
    machines.volumes,
    own.map((path) => [path, null]),
  );
});

test('a file that a machine which is off was made from is in use, however deep', async () => {
  const files = { '/a': null, '/b': '/a', '/c': '/b' };
  assert.deepEqual(await host(files, { 'vm-1': ['/a'], 'vm-2': ['/c'] }), [['/a', 'usedByOther', 'vm-2']]);
});

test('a file that nobody else needs may go, what is under it stays', async () => {
  const files = { '/a': '/base', '/base': null, '/c': '/base' };
  assert.deepEqual(await host(files, { 'vm-1': ['/a'], 'vm-3': ['/c'] }), [
    ['/a', null],
    ['/base', 'backing', 'vm-3'],
  ]);
});

test('a file stays while a volume lies on it that no machine has', async () => {
  assert.deepEqual(await host({ '/a': null, '/over': '/a' }, { 'vm-1': ['/a'] }), [
    ['/a', 'usedByOther', '/over'],
  ]);
});

test('a container’s folder stays while another machine has a disk in it, or a pool its folder', async () => {
  const made = {
    files: { '/default/web': null, '/default/web/srv/vm': null },
    folders: { 'vm-1': '/default/web' },
  };
  const alone = await planOn({ ...made, disks: {} });
  assert.deepEqual(alone.volumes, [['/default/web', null]]);
  const disk = await planOn({ ...made, disks: { 'vm-2': ['/default/web/srv/vm'] } });
  assert.deepEqual(disk.volumes, [['/default/web', 'usedByOther', 'vm-2']]);
  const root = await planOn({ ...made, disks: {}, folders: { ...made.folders, 'vm-2': '/default/web/srv' } });
  assert.deepEqual(root.volumes, [['/default/web', 'usedByOther', 'vm-2']]);
  const pool = await planOn({ ...made, disks: {}, folders: { 'vm-1': '/elsewhere' } });
  assert.deepEqual(pool.volumes[0]?.slice(2), ['the pool elsewhere']);
});

test('a container of the host’s own files has no folder that could go', async () => {
  for (const folder of ['/', '//'])
    assert.deepEqual(
      (await planOn({ files: { '/': null }, disks: {}, folders: { 'vm-1': folder } })).volumes,
      [],
    );
});

test('a pool that is stopped may hold what lies on a file: it is not offered, and the pool is named', async () => {
  const made = { files: { '/a': null }, disks: { 'vm-1': ['/a'] }, stopped: ['nfs'] };
  const { volumes, unseen } = await planOn(made);
  assert.deepEqual(volumes, [['/a', 'unseen']]);
  assert.deepEqual(unseen, ['These pools are stopped, and what their volumes lie on cannot be seen: nfs.']);
});

test('a disk of a machine that is off and in no pool may lie on a file', async () => {
  const made = {
    files: { '/a': null },
    disks: { 'vm-1': ['/a'], 'vm-2': ['/mnt/over.qcow2'] },
    qcow2: ['vm-2'],
  };
  const { volumes, unseen } = await planOn(made);
  assert.deepEqual(volumes, [['/a', 'unseen']]);
  assert.match(unseen.join(), /in no pool that is active.*vm-2 \(vd0\)/);
});

test('a machine that names its disk by pool and volume uses the file', async () => {
  assert.deepEqual(await host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': ['default:a'] }), [
    ['/a', 'usedByOther', 'vm-2'],
  ]);
  assert.deepEqual(await host({ '/a': null, '/b': '/a' }, { 'vm-1': ['/a'], 'vm-2': ['default:b'] }), [
    ['/a', 'usedByOther', 'vm-2'],
  ]);
});

test('files that name each other do not go on for ever', async () => {
  assert.deepEqual(await host({ '/a': '/b', '/b': '/a' }, { 'vm-1': ['/a'] }), [
    ['/a', null],
    ['/b', 'backing'],
  ]);
});

test('a machine that has gone is passed over, one that cannot be read fails the plan', async () => {
  const gone = new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' });
  assert.deepEqual(await host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': gone }), [['/a', null]]);
  const denied = new LibvirtError({ code: 'VIR_ERR_ACCESS_DENIED', message: 'no' });
  await assert.rejects(host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': denied }), denied);
});

test('a file made on top of it that the pool did not know is found by a refresh of all pools', async () => {
  const { volumes, refreshed } = await planOn({
    files: { '/default/a': null },
    disks: { 'vm-1': ['/default/a'], 'vm-2': ['/default/clone'] },
    unseen: { '/default/clone': '/default/a' },
  });
  assert.deepEqual(volumes, [['/default/a', 'usedByOther', 'vm-2']]);
  assert.deepEqual(refreshed, ['default', 'elsewhere']);
});

test('a pool that cannot be looked through anew is told, and nothing is offered', async () => {
  const refresh = new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message: 'cannot open directory' });
  const made = { files: { '/default/a': null }, disks: { 'vm-1': ['/default/a'] }, refresh };
  const { volumes, unseen } = await planOn(made);
  assert.deepEqual(volumes, [['/default/a', 'unseen']]);
  assert.match(unseen.join(), /looked through anew.*: default, elsewhere\./);
});

test('a disk of its own that is named by pool and volume may go', async () => {
  assert.deepEqual(await host({ '/a': '/base', '/base': null }, { 'vm-1': ['default:a'] }), [
    ['/a', null],
    ['/base', 'backing'],
  ]);
});

test('the same file by a second pool is in use', async () => {
  const disks = { 'vm-1': ['/a'], 'vm-2': ['/link/a'] };
  const files = { '/a': null, '/link/a': null };
  const used = [['/a', 'usedByOther', 'vm-2']];
  const time = '1700000000.123456789';
  const same = await planOn({ files, disks, times: { '/a': time, '/link/a': time } });
  assert.deepEqual(same.volumes, used);
  const byKey = await planOn({ files, disks, keys: { '/a': 'k', '/link/a': 'k' } });
  assert.deepEqual(byKey.volumes, used);
  const other = await planOn({ files, disks, times: { '/a': time, '/link/a': '1700000000.1' } });
  assert.deepEqual(other.volumes, [['/a', null]]);
});

test('the same file by a path that no pool has is in use when its name and size are the same', async () => {
  const disks = { 'vm-1': ['/a'], 'vm-2': ['/link/a'] };
  const same = await planOn({ files: { '/a': null }, disks, sizes: { '/link/a': 1 } });
  assert.deepEqual(same.volumes, [['/a', 'usedByOther', 'vm-2']]);
  const larger = await planOn({ files: { '/a': null }, disks, sizes: { '/link/a': 2 } });
  assert.deepEqual(larger.volumes, [['/a', null]]);
  assert.deepEqual((await planOn({ files: { '/a': null }, disks })).volumes, [['/a', null]]);
});
