import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Job } from '../../main/contract/activity.ts';
import type { PoolInput } from '../../main/contract/storage.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { isFailed } from '../support/failed.ts';
import { StorageWatch } from '../support/storage.ts';
import { until } from '../support/wait.ts';
import { jobOver } from '../support/job-watch.ts';

const MIB = 1 << 20;
const FOLDER = '/var/lib/libvirt/pool-types';
const TARGET = 'iqn.2026-01.org.example:disks';
const INITIATOR = 'iqn.2026-01.org.example:lab';

/** A pool that this host cannot have. */
interface Refused {
  readonly input: Omit<PoolInput, 'host' | 'name'>;
  /** What a person is told to do… */
  readonly words: RegExp;
  /** …where the host does not have this file. */
  readonly lacks?: string;
}

const PROGRAM = /bin\//;
const backend = (type: string): string =>
  `/usr/lib/*/libvirt/storage-backend/libvirt_storage_backend_${type}.so`;
const server = [{ name: '127.0.0.1' }];
const REFUSED: readonly Refused[] = [
  {
    input: {
      type: 'netfs',
      hosts: server,
      dir: '/nowhere',
      path: `${FOLDER}/nfs`,
      format: 'nfs',
      build: true,
    },
    words: /cannot mount nfs\. Install nfs-common/,
    lacks: '/sbin/mount.nfs',
  },
  {
    input: {
      type: 'netfs',
      hosts: server,
      dir: '/nowhere',
      path: `${FOLDER}/smb`,
      format: 'cifs',
      build: true,
    },
    words: /cannot mount cifs\. Install cifs-utils/,
    lacks: '/sbin/mount.cifs',
  },
  { input: { type: 'logical', sourceName: 'no-such-group' }, words: /Install lvm2/, lacks: '/sbin/pvs' },
  {
    input: {
      type: 'iscsi',
      hosts: server,
      devices: [TARGET],
      auth: { type: 'chap', username: 'me', secret: 'hidden-value' },
    },
    words: /Install open-iscsi/,
    lacks: '/usr/bin/iscsiadm',
  },
  { input: { type: 'scsi', adapter: 'scsi_host77' }, words: /no SCSI adapter host77/ },
  {
    input: { type: 'zfs', sourceName: 'tank' },
    words: /Install libvirt-daemon-driver-storage-zfs/,
    lacks: backend('zfs'),
  },
  {
    input: { type: 'rbd', sourceName: 'rbd', hosts: server },
    words: /Install libvirt-daemon-driver-storage-rbd/,
    lacks: backend('rbd'),
  },
  {
    input: { type: 'gluster', sourceName: 'vol0', hosts: server },
    words: /Install libvirt-daemon-driver-storage-gluster/,
    lacks: backend('gluster'),
  },
  {
    input: { type: 'vstorage', sourceName: 'cluster', path: `${FOLDER}/vstorage` },
    words: /no driver for vstorage pools/,
    lacks: backend('vstorage'),
  },
  {
    input: { type: 'fs', devices: ['/dev/no-such'], format: 'ext4', path: `${FOLDER}/fs`, build: true },
    words: /no such device/,
  },
  { input: { type: 'disk', devices: ['/dev/no-such'] }, words: /was not created/ },
  { input: { type: 'dir', path: `${FOLDER}/missing` }, words: /was not created/ },
];

suite('types of pools on a real host', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let host: string;
  let watch: StorageWatch;
  const devices: string[] = [];
  const sh = (command: string): Promise<string> => lab.exec(1, 'sh', '-c', command);
  const line = async (command: string): Promise<string> => (await sh(command)).trim();
  const clean = (): Promise<string> =>
    sh(
      `for p in $(virsh -q pool-list --all --name | grep ^type-); do virsh -q pool-destroy $p; virsh -q pool-undefine $p; done;
       umount ${FOLDER}/*; rm -rf ${FOLDER}; :`,
    );

  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    await clean();
    await sh(`mkdir -p ${FOLDER}`);
    core = await TestCore.open({ lab });
    host = await core.connect(`root@${lab.address(1)}`);
    watch = await StorageWatch.open(core, host);
  });
  after(async () => {
    await watch.close();
    await core.close();
    await clean();
    for (const device of devices) await sh(`losetup -d /dev/${device}; rm -f /dev/${device}*; :`);
    await lab.clean(1);
    await lab.release();
  });

  const create = async (input: Omit<PoolInput, 'host'>): Promise<Job> =>
    jobOver(core, (await core.client.pool.create({ host, ...input })).job);
  /** A program of the host that other tests need is put away for the time: what libvirtd has loaded cannot be. */
  async function without<T>(lacks: string | undefined, work: () => Promise<T>): Promise<T> {
    if (lacks === undefined || !PROGRAM.test(lacks) || (await line(`ls ${lacks} 2>/dev/null; :`)) === '')
      return work();
    await sh(`mv ${lacks} ${lacks}.away`);
    try {
      return await work();
    } finally {
      await sh(`mv ${lacks}.away ${lacks}`);
    }
  }
  async function made(input: Omit<PoolInput, 'host'>): Promise<{ host: string; uuid: string }> {
    const over = await create(input);
    assert.equal(over.state, 'done', JSON.stringify(over.failure));
    return { host, uuid: (await watch.pool(input.name)).uuid };
  }
  async function gone(ref: { host: string; uuid: string }): Promise<void> {
    await core.jobDone((await core.client.pool.delete({ ...ref, volumes: false })).job);
    await until(() => !watch.pools.has(ref.uuid), 'the pool is gone');
  }
  /** A disk of the host, `/dev/<name>`: a file behind a loop device, which has no node in the lab. Answers with the kernel's name. */
  async function disk(name: string, sizeMiB: number): Promise<string> {
    const file = `${FOLDER}/${name}.img`;
    const loop = await line(
      `truncate -s ${sizeMiB}M ${file}; for try in 1 2 3 4 5; do d=$(losetup -f); mknod /dev/${name} b 7 \${d#/dev/loop};
       losetup -P /dev/${name} ${file} && echo \${d#/dev/} && break; rm /dev/${name}; done`,
    );
    assert.match(loop, /^loop\d+$/);
    devices.push(name);
    return loop;
  }

  test('pools that cannot be made leave nothing, not even a secret, and the words say what to do', async () => {
    const found = async () => ({
      pools: (await line('virsh -q pool-list --all --name')).split('\n').toSorted(),
      files: await sh(`ls ${FOLDER}`),
      secrets: await line('virsh -q secret-list'),
    });
    const before = await found();
    for (const { input, words, lacks } of REFUSED) {
      const over = await without(lacks, () => create({ name: `type-${input.type}`, ...input }));
      const told = JSON.stringify(over);
      assert.equal(over.state, 'failed', told);
      assert.deepEqual(over.mayBeLeft, [], told);
      assert.ok(!told.includes('hidden-value'));
      if (lacks === undefined || PROGRAM.test(lacks) || (await line(`ls ${lacks} 2>/dev/null; :`)) === '')
        assert.match(over.failure?.message ?? '', words, told);
    }
    assert.deepEqual(await found(), before);
  });

  test('fs: a file system is made on a device, mounted, and never written over', async () => {
    await disk('lab-fs', 64);
    const input: Omit<PoolInput, 'host'> = {
      name: 'type-fs',
      type: 'fs',
      devices: ['/dev/lab-fs'],
      format: 'ext4',
      path: `${FOLDER}/mounted`,
      build: true,
    };
    const ref = await made(input);
    const volume = { ...ref, name: 'kept.qcow2', format: 'qcow2', capacityBytes: 16 * MIB } as const;
    await core.jobDone((await core.client.volume.create(volume)).job);
    assert.match(await sh('mount'), new RegExp(`/dev/lab-fs on ${FOLDER}/mounted type ext4`));
    await gone(ref);
    const again = await made(input);
    await watch.volume(again.uuid, 'kept.qcow2', ({ format }) => format === 'qcow2');
    await gone(again);
  });

  test('fs: what the host itself has mounted is no pool of that type, and stays mounted', async () => {
    const path = `${FOLDER}/hosts`;
    await sh(`mkdir -p ${path}; mount -t tmpfs /srv/device ${path}; echo precious > ${path}/data`);
    for (const build of [true, false]) {
      const input: PoolInput = { host, name: 'hosts', type: 'fs', devices: ['/srv/device'], path, build };
      const over = await jobOver(core, (await core.client.pool.create(input)).job);
      assert.match(over.failure?.message ?? '', /Make a pool of the type dir of /);
      assert.equal(await line(`cat ${path}/data`), 'precious');
    }
    await sh(`umount ${path}`);
  });

  test('disk: volumes are partitions, with the names of partitions', async () => {
    const loop = await disk('lab-disk', 64);
    const node = `/sys/block/${loop}/${loop}p1/dev`;
    const part = 'lab-disk1';
    const input: Omit<PoolInput, 'host'> = {
      name: 'type-disk',
      type: 'disk',
      devices: ['/dev/lab-disk'],
      format: 'gpt',
      build: true,
    };
    const ref = await made(input);
    const volume = { ...ref, name: part, format: 'raw', capacityBytes: 16 * MIB } as const;
    const refused = await isFailed(core.client.volume.create({ ...volume, name: 'data' }));
    assert.match(refused.message, /partitions of \/dev\/lab-disk/);
    assert.equal(
      (await isFailed(core.client.volume.create({ ...volume, format: 'qcow2' }))).code,
      'CONFLICT',
    );
    // Without the partition's node libvirt cannot see what it has made: it says so, and so must the job.
    const blind = await jobOver(core, (await core.client.volume.create(volume)).job);
    assert.equal(blind.state, 'failed', JSON.stringify(blind));
    assert.deepEqual(blind.mayBeLeft, [`volume ${part} in pool type-disk`]);
    await sh(`parted -s /dev/lab-disk rm 1; virsh -q pool-start type-disk; :`);
    await until(() => watch.pools.get(ref.uuid)?.state === 'running', 'it runs again');
    // libvirt waits for udev before it looks for the node. The lab has no udev: in its place is what makes the node right then.
    await without('/bin/udevadm', async () => {
      const makesNode = `[ -b /dev/${part} ] || [ ! -e ${node} ] || mknod /dev/${part} b $(tr : ' ' <${node})`;
      await lab.execWith(
        `#!/bin/sh\n${makesNode}\n`,
        1,
        'sh',
        '-ec',
        'cat >/bin/udevadm; chmod 755 /bin/udevadm',
      );
      try {
        await core.jobDone((await core.client.volume.create(volume)).job);
      } finally {
        await sh('rm /bin/udevadm');
      }
    });
    const seen = await watch.volume(ref.uuid, part);
    assert.deepEqual([seen.path, seen.type, seen.format], [`/dev/${part}`, 'block', 'none']);
    assert.equal(
      (await isFailed(core.client.volume.resize({ ...volume, capacityBytes: 32 * MIB }))).code,
      'UNSUPPORTED',
    );
    await core.jobDone((await core.client.volume.delete({ ...ref, name: part })).job);
    assert.equal(await line(`parted -sm /dev/lab-disk print | grep -c ^1: ; :`), '0');
    await gone(ref);
  });

  test('iscsi-direct: a target is found, and its disk is seen and wiped; what libvirt cannot do is refused', async () => {
    await sh(
      `kill -9 $(pidof tgtd); mkdir -p /run/tgt; printf full > ${FOLDER}/lun.img; truncate -s 8M ${FOLDER}/lun.img
       TGT_IPC_SOCKET=/run/tgt/socket tgtd --iscsi portal=127.0.0.1:3260 </dev/null >/dev/null 2>&1
       export TGT_IPC_SOCKET=/run/tgt/socket; for try in 1 2 3 4 5 6 7 8 9; do tgtadm --op show --mode sys >/dev/null 2>&1 && break; sleep .2; done
       tgtadm --lld iscsi --op new --mode target --tid 1 -T ${TARGET} && tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL &&
       tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 -b ${FOLDER}/lun.img`,
    );
    try {
      const at = { host, type: 'iscsi-direct', server: '127.0.0.1' } as const;
      const found = await core.client.pool.sources({ ...at, initiator: INITIATOR });
      assert.deepEqual(
        found.map(({ input }) => input.devices),
        [[TARGET]],
      );
      const ref = await made({
        name: 'type-iscsi-direct',
        type: 'iscsi-direct',
        hosts: server,
        devices: [TARGET],
        initiator: INITIATOR,
      });
      // Number 0 is the target's controller; libvirt counts one sector too few.
      const volume = await watch.volume(ref.uuid, 'unit:0:0:1');
      assert.equal(volume.capacityBytes, 8 * MIB - 512);
      await core.jobDone((await core.client.volume.wipe({ ...ref, name: volume.name })).job);
      assert.equal(await line(`head -c 4 ${FOLDER}/lun.img | od -An -tx1`), '00 00 00 00');
      const new_ = { ...ref, name: 'new', format: 'raw', capacityBytes: MIB } as const;
      for (const work of [
        () => core.client.volume.create(new_),
        () => core.client.volume.download({ ...ref, name: volume.name }),
        () => core.client.volume.delete({ ...ref, name: volume.name }),
      ])
        assert.equal((await isFailed(work())).code, 'UNSUPPORTED');
      await gone(ref);
    } finally {
      // It ignores a polite end while it has a target.
      await sh('kill -9 $(pidof tgtd)');
    }
  });

  test('mpath: the host’s multipath devices are a pool, and hosts without a way to look find nothing', async () => {
    await gone(await made({ name: 'type-mpath', type: 'mpath' }));
    assert.deepEqual(await core.client.pool.sources({ host, type: 'scsi' }), []);
    assert.deepEqual(await core.client.pool.sources({ host, type: 'netfs', server: '127.0.0.1' }), []);
  });
});
