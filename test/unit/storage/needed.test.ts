import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { noteHostPaths } from '../../../main/hosts/host-paths.ts';
import { refuseNeeded, refuseUnseen, readNeeded, type Loss } from '../../../main/storage/needed.ts';
import { Unseen } from '../../../main/storage/unseen.ts';
import {
  StorageHost,
  uuidOf,
  type MadeHost,
  type MadeMachine,
  type MadeVolume,
} from '../../support/storage-host.ts';

const onBase = { on: { path: '/images/base', format: 'qcow2' } };
const images = { active: true, volumes: { base: {} } };

/** Does what waits for a time as if that had passed. */
async function atOnce<T>({ mock }: TestContext, work: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ['setTimeout'] });
  const state = { done: false };
  const working = work().finally(() => {
    state.done = true;
  });
  working.catch(() => undefined);
  while (!state.done) {
    mock.timers.runAll();
    await new Promise(setImmediate);
  }
  mock.timers.reset();
  return working;
}

const neededOf = (made: MadeHost) => readNeeded(new StorageHost(made).client, new Set(['/images/base']), {});

test('what a person has agreed to is the whole list, also of what is not written out', () => {
  const of = (more: string, { length }: { length: number }) => {
    const unseen = new Unseen();
    for (let index = 0; index < length; index += 1) unseen.pool(`pool-${String(index).padStart(4, '0')}`);
    unseen.pool(more);
    return unseen.sentences();
  };
  for (const length of [12, 2000]) {
    const accepted = of('tape', { length });
    assert.ok((accepted[0]?.length ?? 0) <= 4096);
    const request = { what: 'x', loss: 'deleted', accepted } as const;
    refuseUnseen({ unseen: of('tape', { length }) }, request);
    assert.throws(() => refuseUnseen({ unseen: of('zfs', { length }) }, request), /cannot be known/);
  }
});

suite('who needs a file, and what cannot be seen', () => {
  test('a volume of another pool that lies on it', async () => {
    const needed = await neededOf({ pools: { images, other: { active: true, volumes: { top: onBase } } } });
    assert.deepEqual([needed.breaks, needed.unseen], [['/other/top'], []]);
  });

  test('a pool that is stopped, with the disk of a machine that is off: both are said', async () => {
    const { users, breaks, unseen } = await neededOf({
      pools: { images, other: { active: false, volumes: { top: onBase } } },
      machines: { web: { running: false, disks: ['/other/top'] } },
    });
    assert.deepEqual([users, breaks], [[], []]);
    assert.match(unseen.join('\n'), /pools are stopped.*: other\.\n.*disks are in no pool.*: web \(vda\)\./);
  });

  test('a disk that names a volume of a stopped pool', async () => {
    const { unseen } = await neededOf({
      pools: { images, other: { active: false, volumes: { top: onBase } } },
      machines: { web: { running: false, disks: ['other:top'] } },
    });
    assert.match(unseen.join('\n'), /disks are in no pool.*: web \(vda\)\./);
  });

  test('a volume that libvirt does not describe, and one whose chain leaves all pools', async () => {
    const away = { on: { path: '/srv/away', format: 'qcow2' } };
    const { unseen } = await neededOf({
      pools: { images: { ...images, volumes: { base: {}, away, bad: { unreadable: true } } } },
    });
    assert.match(
      unseen.join('\n'),
      /^What these volumes lie on cannot be read: away in images, bad in images\.$/,
    );
  });

  test('a volume that another program made, in a pool that nobody has a disk in', async () => {
    const other = { active: true, volumes: {}, unseen: { top: onBase } };
    assert.deepEqual((await neededOf({ pools: { images, other } })).breaks, ['/other/top']);
  });

  test('a pool that cannot be looked through anew; none of no files is', async () => {
    const refused = 'cannot open directory';
    const { unseen } = await neededOf({
      pools: {
        images,
        nfs: { active: true, volumes: {}, refused },
        vg: { active: true, type: 'logical', volumes: {}, refused },
      },
    });
    assert.match(unseen.join('\n'), /^These pools could not be looked through anew.*: nfs\.$/);
  });

  test('where libvirt works in the pool of the file it is said in its words, in another as unseen', async (context) => {
    const refused = 'pool has asynchronous jobs running.';
    const own = { pools: { images: { ...images, refused } } };
    await assert.rejects(
      atOnce(context, () => neededOf(own)),
      /asynchronous jobs/,
    );
    const other = { pools: { images, other: { active: true, volumes: {}, refused } } };
    const { unseen } = await atOnce(context, () => neededOf(other));
    assert.match(unseen.join('\n'), /anew.*: other\.$/);
  });

  test('raw disks lie on nothing, and a machine that runs has told what its disks lie on', async () => {
    const { unseen } = await neededOf({
      pools: { images },
      machines: {
        raw: { running: false, disks: ['/srv/disk'], format: 'raw' },
        runs: { running: true, disks: ['/srv/top'] },
      },
    });
    assert.deepEqual(unseen, []);
  });
});

suite('a disk by a link of the host’s file system', () => {
  const made = {
    pools: { images },
    machines: { web: { running: false, disks: ['/srv/link'], format: 'raw' } },
    sizes: { '/srv/link': 1 },
  };
  const links: Readonly<Record<string, string>> = { '/srv/link': '/images/base' };
  const readlink = (told: (path: string) => string, asked: string[] = []): Exec => {
    return (_, { stdin = '' }) => {
      const paths = String(stdin).split('\n').slice(0, -1);
      asked.push(...paths);
      return Promise.resolve({
        status: 0,
        stdout: paths.map((path) => `${told(path)}\n`).join(''),
        stderr: '',
      });
    };
  };
  const followed = async (host: MadeHost, exec: Exec) => {
    const { client } = new StorageHost(host);
    noteHostPaths(client, { commands: { exec } });
    return readNeeded(client, new Set(['/images/base']), {});
  };

  test('the host tells where it leads, of all paths at once', async () => {
    const asked: string[] = [];
    const { users, unseen } = await followed(
      made,
      readlink((path) => links[path] ?? path, asked),
    );
    assert.deepEqual([users.map(({ name, via }) => [name, via]), unseen], [[['web', 'disk']], []]);
    assert.deepEqual(asked, ['/images/base', '/srv/link', '/images']);
  });

  test('what lies on a link, and the folder of a pool that is one', async () => {
    const top = { on: { path: '/srv/link', format: 'qcow2' } };
    const { breaks } = await followed(
      { pools: { images, other: { active: true, volumes: { top } } } },
      readlink((path) => links[path] ?? path),
    );
    assert.deepEqual(breaks, ['/other/top']);
    const { users } = await followed(
      { ...made, machines: { web: { running: false, disks: ['/real/base'] } } },
      readlink((path) => path.replace(/^\/images/, '/real')),
    );
    assert.deepEqual(
      users.map(({ name }) => name),
      ['web'],
    );
  });

  test('a link that an active pool lists as a volume, as a disk, under one, and as the folder of a pool', async () => {
    const alias = { active: true, volumes: { link: {} } };
    const told = readlink((path) => (path === '/alias/link' ? '/images/base' : path));
    const disk = { running: true, disks: ['/alias/link'], format: 'raw' };
    const { users } = await followed({ pools: { images, alias }, machines: { web: disk } }, told);
    assert.deepEqual(
      users.map(({ name, via }) => [name, via]),
      [['web', 'disk']],
    );
    const top = { on: { path: '/alias/link', format: 'qcow2' } };
    const under = { pools: { images, alias, other: { active: true, volumes: { top } } } };
    assert.deepEqual((await followed(under, told)).breaks, ['/other/top']);
    const folder = { pools: { images, other: { active: false, folder: '/alias/link', volumes: {} } } };
    assert.deepEqual((await followed(folder, told)).breaks, ['the pool other']);
  });

  test('where nobody tells, one that is as large may be it: that is said; another size is another file', async () => {
    const silent: Exec = () => Promise.reject(new TransportError('EXEC', 'no shell'));
    for (const needed of [await neededOf(made), await followed(made, silent)]) {
      assert.deepEqual(needed.users, []);
      assert.match(needed.unseen.join(), /disks are in no pool.*: web \(vda\)\./);
    }
    const { unseen } = await neededOf({ ...made, sizes: { '/srv/link': 2 } });
    assert.deepEqual(unseen, []);
  });

  test('where nobody tells, a link in a pool to what is written to between two looks is that file, and another file is not', async () => {
    let now = 1000;
    const written = { changed: () => (now += 1) };
    const usersOf = async (base: MadeVolume, link: MadeVolume) => {
      const pools = {
        images: { active: true, volumes: { base } },
        alias: { active: true, volumes: { link } },
      };
      const machines = { web: { running: true, disks: ['/alias/link'], format: 'raw' } };
      return (await neededOf({ pools, machines })).users.map(({ name }) => name);
    };
    assert.deepEqual(await usersOf(written, written), ['web']);
    assert.deepEqual(await usersOf({ changed: () => 500 }, written), []);
    assert.deepEqual(await usersOf(written, { changed: () => 500 }), []);
    assert.deepEqual(await usersOf({}, {}), []);
  });

  test('a path that the login may not look at is not known, and answers that do not fit are none', async () => {
    for (const told of [() => '', () => '/images/base\n/images/base']) {
      const { users, unseen } = await followed(made, readlink(told));
      assert.deepEqual(users, []);
      assert.match(unseen.join(), /web \(vda\)/);
    }
  });
});

suite('what a machine has beside its disks', () => {
  const usersOf = async (made: Partial<MadeMachine>, asked = '/images/base') => {
    const host = new StorageHost({ pools: { images }, machines: { web: { running: false, ...made } } });
    const { users } = await readNeeded(host.client, new Set([asked]), {});
    return users.map(({ name, target, via }) => [name, target, via]);
  };
  const filesystem = (type: string, source: string, target: string): Partial<MadeMachine> => ({
    devices: `<filesystem type='${type}'><source ${source}/><target dir='${target}'/></filesystem>`,
  });

  test('the copy that is being made of a disk, and what that lies on', async () => {
    const copied = (mirror: string): Partial<MadeMachine> => ({
      running: true,
      devices: `<disk type='file' device='disk'><source file='/images/a'/><target dev='vda'/><mirror type='file' job='copy' ready='yes'>${mirror}</mirror></disk>`,
    });
    const base = "<format type='qcow2'/><source file='/images/base'/>";
    assert.deepEqual(await usersOf(copied(base)), [['web', 'vda', 'copy']]);
    const on = `<source file='/srv/b'/><backingStore type='file'>${base}</backingStore>`;
    assert.deepEqual(await usersOf(copied(on)), [['web', 'vda', 'backing']]);
  });

  test('a container’s image, by its path and by its pool, and its folder', async () => {
    const used = [['web', '/', 'file']];
    assert.deepEqual(await usersOf(filesystem('file', "file='/images/base'", '/')), used);
    assert.deepEqual(await usersOf(filesystem('block', "dev='/images/base'", '/')), used);
    assert.deepEqual(await usersOf(filesystem('volume', "pool='images' volume='base'", '/')), used);
    assert.deepEqual(await usersOf(filesystem('mount', "dir='/images//base/'", '/')), used);
  });

  for (const name of ['kernel', 'initrd', 'dtb', 'loader', 'nvram'])
    test(`its ${name}`, async () => {
      assert.deepEqual(await usersOf({ os: `<${name}>/images/base</${name}>` }), [['web', name, 'file']]);
    });

  test('a file of the same name elsewhere is another kernel', async () => {
    assert.deepEqual(await usersOf({ os: '<kernel>/boot/base</kernel>' }), []);
  });

  test('a folder is needed by who has something in it, and not by who has a folder above it', async () => {
    assert.deepEqual(await usersOf({ disks: ['/images/base/srv/vm'] }), [['web', 'vda', 'disk']]);
    assert.deepEqual(await usersOf(filesystem('mount', "dir='/images/base/srv'", 'share')), [
      ['web', 'share', 'file'],
    ]);
    assert.deepEqual(await usersOf({ disks: ['/images/base2'] }), []);
    assert.deepEqual(await usersOf(filesystem('mount', "dir='/'", '/')), []);
  });

  test('and by a pool whose folder is in it, also one that is stopped', async () => {
    for (const active of [true, false]) {
      const inner = { active, folder: '/images/base/isos', volumes: {} };
      const { breaks } = await neededOf({ pools: { images, inner } });
      assert.deepEqual(breaks, ['the pool inner']);
    }
  });
});

suite('whether a file may be lost', () => {
  const judge = async (made: MadeHost, loss: Loss, accepted: readonly string[] | null = []) => {
    const needed = await neededOf(made);
    return () => refuseNeeded(needed, { what: 'base', loss, accepted });
  };
  const disk = (running: boolean): MadeHost => ({
    pools: { images },
    machines: { web: { running, disks: ['/images/base'] } },
  });
  const under: MadeHost = { pools: { images: { ...images, volumes: { base: {}, top: onBase } } } };
  const farUnder: MadeHost = {
    pools: { images: { ...images, volumes: { base: {}, mid: onBase } } },
    machines: { web: { running: false, disks: ['/images/mid'] } },
  };
  const stopped: MadeHost = { pools: { images, other: { active: false, volumes: {} } } };

  test('deleted: by no machine’s disk, and by nothing that lies on it', async () => {
    assert.throws(await judge(disk(false), 'deleted'), /needed by web/);
    assert.throws(await judge(under, 'deleted'), /needed by \/images\/top/);
  });

  test('wiped: the disk of a machine that is off may be, what others lie on may not', async () => {
    (await judge(disk(false), 'wiped'))();
    assert.throws(await judge(disk(true), 'wiped'), /needed by web/);
    assert.throws(await judge(under, 'wiped'), /needed by \/images\/top/);
    assert.throws(await judge(farUnder, 'wiped'), /needed by web, \/images\/mid/);
  });

  test('wiped: no kernel and no container’s image, also of one that is off', async () => {
    const kernel = { running: false, os: '<kernel>/images/base</kernel>' };
    assert.throws(await judge({ pools: { images }, machines: { kernel } }, 'wiped'), /needed by kernel/);
  });

  test('what cannot be seen refuses until a person has agreed to just that', async () => {
    const { unseen } = await neededOf(stopped);
    assert.throws(await judge(stopped, 'deleted'), /cannot be known\. These pools are stopped.*: other\./);
    assert.throws(await judge(stopped, 'deleted', ['another sentence']), /cannot be known/);
    (await judge(stopped, 'deleted', unseen))();
    (await judge(stopped, 'deleted', null))();
  });
});

suite('a step asks again when its time has come', () => {
  const base = { host: 'h', pool: uuidOf(1), poolName: 'images', name: 'base', accepted: [] };
  const used: MadeHost = { pools: { images }, machines: { web: { running: true, disks: ['/images/base'] } } };

  for (const kind of ['volume.delete', 'volume.wipe'])
    test(`${kind}: a machine that got the volume since refuses it`, async () => {
      await assert.rejects(new StorageHost(used).step(kind).check(base), /needed by web/);
      await new StorageHost({ pools: { images } }).step(kind).check(base);
    });

  test('volume.delete: one that is gone already is no reason', async () => {
    await new StorageHost(used).step('volume.delete').check({ ...base, name: 'gone' });
  });

  test('volume.delete: a pool that was stopped since refuses it', async () => {
    const host = new StorageHost({ pools: { images, other: { active: false, volumes: {} } } });
    await assert.rejects(host.step('volume.delete').check(base), /cannot be known/);
  });

  test('pool.empty: a machine, or a new volume, that needs one of them refuses it', async () => {
    const params = {
      host: 'h',
      uuid: uuidOf(1),
      name: 'images',
      type: 'dir',
      volumes: ['base'],
      accepted: [],
    };
    await assert.rejects(new StorageHost(used).step('pool.empty').check(params), /needed by web/);
    const newer = new StorageHost({ pools: { images: { ...images, volumes: { base: {}, newer: onBase } } } });
    await assert.rejects(newer.step('pool.empty').check(params), /needed by \/images\/newer/);
    await new StorageHost({ pools: { images } }).step('pool.empty').check(params);
  });

  test('disk.pivot: the file that it leaves stays where another machine or volume needs it', async () => {
    const pivot = {
      host: 'h',
      machine: uuidOf(1),
      machineName: 'web',
      target: 'vda',
      path: '/images/new',
      source: { pool: uuidOf(1), name: 'base', path: '/images/base' },
    };
    const web = { running: true, disks: ['/images/new'] };
    const run = async (made: MadeHost) => {
      const host = new StorageHost(made);
      const step = host.step('disk.pivot');
      await step.run(pivot);
      return { calls: host.calls, log: step.log.join('\n') };
    };
    assert.deepEqual((await run({ pools: { images }, machines: { web } })).calls, ['delete /images/base']);
    const kept = await run({
      pools: { images },
      machines: { web, twin: { running: false, disks: ['/images/base'] } },
    });
    assert.deepEqual(kept.calls, []);
    assert.match(kept.log, /base stays: .*needed by twin/);
    assert.deepEqual((await run({ ...under(), machines: { web } })).calls, []);
  });

  const under = (): MadeHost => ({ pools: { images: { ...images, volumes: { base: {}, top: onBase } } } });
});
