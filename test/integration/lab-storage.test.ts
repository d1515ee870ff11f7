import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { isFailed } from '../support/failed.ts';
import type { Failure } from '../../main/contract/failure.ts';
import type { PoolInput } from '../../main/contract/storage.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { offer, partsOf, sha256Of, sparsePattern, StorageWatch } from '../support/storage.ts';
import { until } from '../support/wait.ts';
import { jobOver } from '../support/job-watch.ts';

const MIB = 1 << 20;
const FOLDER = '/var/lib/libvirt/storage-test';

suite('storage on a real host', { timeout: 900_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let host: string;
  let watch: StorageWatch;
  let pool: string;
  const sh = (command: string): Promise<string> => lab.exec(1, 'sh', '-c', command);

  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    await sh(
      `virsh -q pool-destroy store; virsh -q pool-undefine store; rm -rf ${FOLDER}; mkdir -p ${FOLDER}; :`,
    );
    await sh('for s in $(virsh -q secret-list | cut -d" " -f2); do virsh -q secret-undefine $s; done; :');
    core = await TestCore.open({ lab });
    host = await core.connect(`root@${lab.address(1)}`);
    watch = await StorageWatch.open(core, host);
    await create({ name: 'store', type: 'dir', path: `${FOLDER}/store`, build: true });
    pool = (await watch.pool('store')).uuid;
  });
  after(async () => {
    await watch.close();
    await core.close();
    await sh(
      `for p in store second; do virsh -q pool-destroy $p; virsh -q pool-undefine $p; done; rm -rf ${FOLDER}; :`,
    );
    await lab.clean(1);
    await lab.release();
  });

  async function create(input: Omit<PoolInput, 'host'>): Promise<void> {
    const { job } = await core.client.pool.create({ host, ...input });
    await core.jobDone(job);
  }
  const failureOf = async (work: Promise<unknown>): Promise<Failure> => isFailed(work);
  const volume = (name: string) => ({ host, uuid: pool, name });
  const files = async (): Promise<string[]> =>
    (await sh(`ls ${FOLDER}/store`)).split('\n').filter((line) => line !== '');

  test('a folder becomes a pool, is seen, stopped, started, and is deleted with what is in it', async () => {
    const preview = await core.client.pool.preview({
      host,
      name: 'store',
      type: 'dir',
      path: `${FOLDER}/store`,
    });
    assert.equal(preview.problems.length, 2, preview.problems.join());
    const alias = { host, name: 'alias', type: 'dir' as const, path: `${FOLDER}/x/../store/` };
    assert.match((await core.client.pool.preview(alias)).problems.join(), /is the folder of the pool store/);
    await create({ name: 'second', type: 'dir', path: `${FOLDER}/second`, build: true, autostart: true });
    // libvirt sends no event for it: it is seen with the next list.
    await until(
      () => [...watch.pools.values()].some((one) => one.name === 'second' && one.autostart),
      'autostart',
    );
    const { uuid, ...seen } = await watch.pool('second');
    assert.deepEqual([seen.state, seen.autostart, seen.path], ['running', true, `${FOLDER}/second`]);
    await core.client.pool.stop({ host, uuid });
    await until(() => watch.pools.get(uuid)?.state === 'inactive', 'it is stopped');
    await sh(`touch "$(printf '${FOLDER}/second/Gr\\374n.raw')"`);
    await core.client.pool.start({ host, uuid });
    await until(() => watch.pools.get(uuid)?.state === 'running', 'it runs');
    await until(() => watch.hidden.get(uuid)?.noText === 1, 'a file whose name is no UTF-8 is counted');
    await sh(`rm ${FOLDER}/second/*; virsh -q pool-refresh second`);
    await until(() => watch.hidden.get(uuid)?.noText === 0, 'it is gone');
    await core.client.pool.setAutostart({ host, uuid, autostart: false });
    await until(() => watch.pools.get(uuid)?.autostart === false, 'it does not start by itself');
    const { job } = await core.client.volume.create({
      host,
      uuid,
      name: 'gone.raw',
      format: 'raw',
      capacityBytes: MIB,
    });
    await core.jobDone(job);
    await watch.volume(uuid, 'gone.raw');
    assert.deepEqual(
      (await core.client.pool.loss({ host, uuid })).volumes.map(({ name }) => name),
      ['gone.raw'],
    );
    await core.jobDone((await core.client.pool.delete({ host, uuid, volumes: true })).job);
    await until(() => !watch.pools.has(uuid), 'it is gone');
    assert.equal((await sh(`ls ${FOLDER}/second`)).trim(), '');
  });

  test('volumes: raw, qcow2 on another, LUKS; resized, copied, wiped, deleted with their secret', async () => {
    const make = async (name: string, more: object): Promise<void> => {
      const { job } = await core.client.volume.create({
        ...volume(name),
        format: 'qcow2',
        capacityBytes: 64 * MIB,
        ...more,
      });
      await core.jobDone(job);
    };
    await make('base.qcow2', {});
    await make('over.qcow2', { backing: `${FOLDER}/store/base.qcow2` });
    await make('full.raw', { format: 'raw', preallocation: 'full' });
    await make('locked.raw', { format: 'raw', passphrase: 'correct horse' });
    const base = await watch.volume(pool, 'base.qcow2', ({ baseOf }) => baseOf.length > 0);
    assert.deepEqual(base.baseOf, [`${FOLDER}/store/over.qcow2`]);
    assert.ok((await watch.volume(pool, 'full.raw')).allocationBytes >= 64 * MIB);
    assert.ok((await watch.volume(pool, 'locked.raw')).encrypted);
    assert.match(await sh(`head -c 4 ${FOLDER}/store/locked.raw`), /LUKS/);
    // While its file is out of libvirt's sight, another volume of the name does not cost it its passphrase.
    const secrets = await sh('virsh -q secret-list');
    await sh(`cd ${FOLDER}; mv store/locked.raw .; virsh -q pool-refresh store; mv locked.raw store/`);
    const another = { ...volume('locked.raw'), format: 'raw' as const, capacityBytes: MIB, passphrase: 'x' };
    const { job } = await core.client.volume.create(another);
    assert.equal((await jobOver(core, job)).state, 'failed');
    assert.equal(await sh('virsh -q secret-list'), secrets);
    const loss = await core.client.volume.loss(volume('base.qcow2'));
    assert.deepEqual(loss.breaks, [`${FOLDER}/store/over.qcow2`]);
    assert.equal((await failureOf(core.client.volume.delete(volume('base.qcow2')))).code, 'CONFLICT');
    await core.client.volume.resize({ ...volume('over.qcow2'), capacityBytes: 96 * MIB });
    await watch.volume(pool, 'over.qcow2', ({ capacityBytes }) => capacityBytes === 96 * MIB);
    await make('thin.raw', { format: 'raw' });
    const smaller = { ...volume('thin.raw'), capacityBytes: 32 * MIB };
    assert.match((await failureOf(core.client.volume.resize(smaller))).message, /is lost/);
    await core.client.volume.resize({ ...smaller, shrink: true });
    await core.jobDone(
      (
        await core.client.volume.clone({
          ...volume('over.qcow2'),
          to: pool,
          newName: 'flat.raw',
          format: 'raw',
        })
      ).job,
    );
    const flat = await watch.volume(pool, 'flat.raw');
    assert.deepEqual([flat.format, flat.backing, flat.capacityBytes], ['raw', null, 96 * MIB]);
    const locked = { ...volume('locked.raw'), to: pool, newName: 'plain.raw' };
    assert.match((await failureOf(core.client.volume.clone(locked))).message, /is encrypted/);
    await core.jobDone((await core.client.volume.wipe(volume('full.raw'))).job);
    for (const name of ['over.qcow2', 'base.qcow2', 'full.raw', 'thin.raw', 'locked.raw', 'flat.raw'])
      await core.jobDone((await core.client.volume.delete(volume(name))).job);
    assert.deepEqual(await files(), []);
    assert.equal((await sh('virsh -q secret-list')).trim(), '');
  });

  test('1 GiB with few data goes up and comes back, byte for byte; cancelled, nothing is left', async () => {
    const size = 1024 * MIB + 512;
    const offered = await offer(core, 'disk.raw', size);
    const wanted = await sha256Of(size);
    const { job } = await core.client.volume.upload({ ...volume('up.raw'), file: offered.file });
    const done = await core.jobDone(job);
    assert.ok(done.log.some(({ text }) => text.includes(wanted)));
    assert.match(await sh(`sha256sum ${FOLDER}/store/up.raw`), new RegExp(wanted));
    assert.ok(Number(await sh(`stat -c %b ${FOLDER}/store/up.raw`)) * 512 < 100 * MIB);
    const down = await core.client.volume.download(volume('up.raw'));
    assert.equal(down.sizeBytes, size);
    // Nobody reads this one for now, which must hold up nothing else.
    const slow = await core.client.volume.download(volume('up.raw'));
    const unread = await core.connection.openPipe(slow.token);
    const { stream } = await core.connection.openPipe(down.token);
    const hash = createHash('sha256');
    for await (const bytes of bytesOf(partsOf(stream))) hash.update(bytes);
    assert.equal(hash.digest('hex'), wanted);
    assert.ok((await core.jobDone(down.job)).log.some(({ text }) => text.includes(wanted)));
    unread.stream.destroy();
    assert.equal((await jobOver(core, slow.job)).state, 'cancelled');
    const again = await core.client.volume.upload({ ...volume('cancelled.raw'), file: offered.file });
    await sh(`while [ ! -e ${FOLDER}/store/cancelled.raw ]; do sleep .01; done`);
    await core.client.activity.cancelJob({ job: again.job });
    assert.equal((await jobOver(core, again.job)).state, 'cancelled');
    assert.deepEqual(await files(), ['up.raw']);
    await offered.close();
    await core.jobDone((await core.client.volume.delete(volume('up.raw'))).job);
  });

  test('raw becomes qcow2 on the host; a qcow2 file stays what it is; others are refused', async () => {
    const raw = await offer(core, 'disk.raw', 48 * MIB);
    const { job } = await core.client.volume.upload({
      ...volume('disk.qcow2'),
      file: raw.file,
      convert: true,
    });
    await core.jobDone(job);
    assert.deepEqual(await files(), ['disk.qcow2']);
    assert.match(
      await sh(
        `qemu-img convert -O raw ${FOLDER}/store/disk.qcow2 /tmp/back.raw; sha256sum /tmp/back.raw; rm /tmp/back.raw`,
      ),
      new RegExp(await sha256Of(48 * MIB)),
    );
    await raw.close();
    const bytes = Buffer.from(await sh(`base64 -w0 ${FOLDER}/store/disk.qcow2`), 'base64');
    const read = async function* (offset: number, length: number) {
      yield bytes.subarray(offset, offset + length);
    };
    const own = await offer(core, 'own.qcow2', bytes.length, read);
    await core.jobDone((await core.client.volume.upload({ ...volume('own.qcow2'), file: own.file })).job);
    const seen = await watch.volume(pool, 'own.qcow2', ({ format }) => format === 'qcow2');
    assert.equal(seen.capacityBytes, 48 * MIB);
    assert.match(await sh(`qemu-img check ${FOLDER}/store/own.qcow2`), /No errors/);
    await own.close();
    const vmdk = await offer(core, 'x.vmdk', 4096, async function* (_, length) {
      yield Buffer.concat([Buffer.from('KDMV'), Buffer.alloc(length - 4)]);
    });
    const refused = await failureOf(core.client.volume.upload({ ...volume('x'), file: vmdk.file }));
    assert.match(refused.message, /VMDK/);
    await vmdk.close();
    // It names a file of the host, and is no qcow2.
    const qed = await offer(core, 'x.qed', 65_536, async function* (offset, length) {
      const bytes = Buffer.alloc(65_536);
      bytes.write('QED\0');
      yield bytes.subarray(offset, offset + length);
    });
    for (const convert of [false, true])
      assert.match(
        (await failureOf(core.client.volume.upload({ ...volume('x'), file: qed.file, convert }))).message,
        /QED/,
      );
    await qed.close();
    for (const name of ['disk.qcow2', 'own.qcow2'])
      await core.jobDone((await core.client.volume.delete(volume(name))).job);
  });

  test('a file that is another one by the time it is sent: what has arrived is looked at, and taken away', async () => {
    const made = (extra: string): Promise<string> =>
      sh(
        `qemu-img create -q -f qcow2 ${extra} /tmp/made.qcow2 1M >/dev/null; base64 -w0 /tmp/made.qcow2; rm /tmp/made.qcow2`,
      );
    const whole = Buffer.from(await made(''), 'base64');
    const evil = Buffer.alloc(whole.length);
    Buffer.from(await made('-u -F raw -b /etc/shadow'), 'base64').copy(evil);
    const files = { 'lies on another': evil, 'is qcow2 no more': Buffer.alloc(whole.length) };
    for (const [what, other] of Object.entries(files)) {
      const file = await offer(core, 'x.qcow2', whole.length, async function* (offset, length) {
        // It is sent in one go, and looked at in small parts.
        const now = offset === 0 && length === whole.length ? other : whole;
        yield now.subarray(offset, offset + length);
      });
      const over = await jobOver(
        core,
        (await core.client.volume.upload({ ...volume('x.qcow2'), file: file.file })).job,
      );
      assert.equal(over.state, 'failed', what);
      assert.match(
        over.failure?.message ?? '',
        what === 'lies on another' ? /\/etc\/shadow/ : /changed/,
        what,
      );
      assert.deepEqual(over.mayBeLeft, []);
      assert.equal(await sh(`ls ${FOLDER}/store`), '', what);
      await file.close();
    }
  });

  test('a guest that wrote the header of another format into its disk: nothing is made of it', async () => {
    const xml = `<domain type="qemu"><name>tenant</name><memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os><devices>
      <disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${FOLDER}/store/g.img"/><target dev="vda" bus="virtio"/></disk></devices></domain>`;
    await sh(
      `cd ${FOLDER}/store; truncate -s 8M g.img; qemu-img create -q -f qcow2 -u -F raw -b /etc/shadow /tmp/h 1M; dd if=/tmp/h of=g.img conv=notrunc status=none; rm /tmp/h
       echo '${xml}' >/tmp/d.xml; virsh -q define /tmp/d.xml; rm /tmp/d.xml; virsh -q pool-refresh store`,
    );
    const copy = { ...volume('g.img'), to: pool, newName: 'copy' };
    try {
      const told = await failureOf(core.client.volume.clone(copy));
      assert.match(told.message, /raw to tenant and qcow2 to its pool/);
      await sh('virsh -q undefine tenant');
      // Now nobody says any more what it is.
      assert.match(
        (await failureOf(core.client.volume.clone(copy))).message,
        /\/etc\/shadow, which is in no active pool/,
      );
      const over = { ...volume('over'), format: 'qcow2' as const, capacityBytes: 64 * MIB };
      const backing = `${FOLDER}/store/g.img`;
      assert.match(
        (await failureOf(core.client.volume.create({ ...over, backing }))).message,
        /\/etc\/shadow/,
      );
      assert.deepEqual(await files(), ['g.img']);
    } finally {
      await sh(`virsh -q undefine tenant 2>/dev/null; rm ${FOLDER}/store/g.img; virsh -q pool-refresh store`);
    }
  });

  test('a link that is cut in the middle of an upload: it goes on when the host is back', async () => {
    const size = 600 * MIB;
    let cut = false;
    const offered = await offer(core, 'disk.raw', size, async function* (offset, length) {
      // What the file is was looked for at its end, before the job began.
      if (!cut && offset > 300 * MIB && offset < 500 * MIB) {
        cut = true;
        await sh('pkill -f "^sshd: root" || :');
      }
      yield* sparsePattern(offset, length);
    });
    const { job } = await core.client.volume.upload({ ...volume('cut.raw'), file: offered.file });
    const done = await core.jobDone(job);
    assert.ok(cut);
    assert.ok(
      done.log.some(({ text }) => /link is back|lost for a moment/.test(text)),
      JSON.stringify(done.log),
    );
    assert.match(await sh(`sha256sum ${FOLDER}/store/cut.raw`), new RegExp(await sha256Of(size)));
    await offered.close();
    await core.jobDone((await core.client.volume.delete(volume('cut.raw'))).job);
  });

  test('a full disk: libvirt’s words, and nothing is left', async () => {
    await sh(`mkdir -p ${FOLDER}/small; mount -t tmpfs -o size=8m tmpfs ${FOLDER}/small`);
    try {
      await create({ name: 'second', type: 'dir', path: `${FOLDER}/small` });
      const { uuid } = await watch.pool('second');
      const offered = await offer(core, 'big', 64 * MIB, async function* (_, length) {
        yield Buffer.alloc(length, 1);
      });
      const { job } = await core.client.volume.upload({ host, uuid, name: 'big', file: offered.file });
      const over = await jobOver(core, job);
      assert.equal(over.state, 'failed');
      assert.match(over.failure?.libvirt?.message ?? '', /No space left/);
      assert.equal((await sh(`ls ${FOLDER}/small`)).trim(), '');
      await offered.close();
      await core.jobDone((await core.client.pool.delete({ host, uuid, volumes: false })).job);
    } finally {
      await sh(`umount ${FOLDER}/small; rmdir ${FOLDER}/small; :`);
    }
  });

  test('a machine’s disk grows and moves to another pool while it runs', async () => {
    const uuid = await lab.addGuest(1, 'mover');
    await core.machine(host, uuid);
    await core.client.domain.start({ host, uuid });
    await core.machine(host, uuid, ({ state }) => state === 'running');
    const images = (await watch.pool('default')).uuid;
    const disk = await watch.volume(images, 'mover.qcow2', ({ usedBy }) =>
      usedBy.some(({ running }) => running),
    );
    assert.deepEqual(
      disk.usedBy.map(({ name, target, via }) => [name, target, via]),
      [['mover', 'vda', 'disk']],
    );
    const grown = disk.capacityBytes + 64 * MIB;
    await core.client.volume.resize({ host, uuid: images, name: 'mover.qcow2', capacityBytes: grown });
    assert.match(await sh('virsh domblkinfo mover vda'), new RegExp(`Capacity: +${grown}`));
    await watch.volume(images, 'mover.qcow2', ({ capacityBytes }) => capacityBytes === grown);
    const copy = { host, uuid: images, name: 'mover.qcow2', to: pool, newName: 'torn' };
    assert.match((await failureOf(core.client.volume.clone(copy))).message, /mover/);
    const { job } = await core.client.volume.move({ host, uuid, target: 'vda', pool, deleteSource: true });
    const moved = await core.jobDone(job);
    assert.match(
      await sh('virsh domblklist mover'),
      new RegExp(`${FOLDER}/store/mover.qcow2`),
      JSON.stringify(moved.log),
    );
    assert.match(await sh('virsh dumpxml --inactive mover'), new RegExp(`${FOLDER}/store/mover.qcow2`));
    assert.ok(!(await sh('ls /var/lib/libvirt/images')).includes('mover.qcow2'));
    await watch.volume(pool, 'mover.qcow2', ({ usedBy }) => usedBy.length === 1);
    // What somebody else copies it to is the machine's as well.
    await sh('virsh -q blockcopy mover vda --dest /var/lib/libvirt/images/mirror.qcow2 --transient-job');
    await sh('virsh -q pool-refresh default');
    const mirror = { host, uuid: images, name: 'mirror.qcow2' };
    const { users } = await core.client.volume.loss(mirror);
    assert.deepEqual(
      users.map(({ name, target, via }) => [name, target, via]),
      [['mover', 'vda', 'copy']],
    );
    assert.match((await failureOf(core.client.volume.delete(mirror))).message, /needed by mover/);
    await sh('virsh -q blockjob mover vda --abort');
    await core.client.domain.destroy({ host, uuid });
    await core.machine(host, uuid, ({ state }) => state === 'shutoff');
    await sh('virsh -q undefine mover');
    await core.jobDone((await core.client.volume.delete(volume('mover.qcow2'))).job);
    await core.jobDone((await core.client.volume.delete(mirror)).job);
  });
});
