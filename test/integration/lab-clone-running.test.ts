import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { CloneInput } from '../../main/contract/clone.ts';
import { usualMigration } from '../../main/contract/migrate.ts';
import { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import {
  makeDatabaseDisk,
  TELL_DATABASE,
  tellDatabaseOf,
  transactionsOf,
  WRITE_DATABASE,
} from '../support/database-disk.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { JobGate } from '../support/job-gate.ts';
import type { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';
import { BUSY, countScript, filesScript, FORGET, IMAGES, UUID, WRITER } from './clone-busy-machine.ts';
import { CreateBench } from './create-lab.ts';

const CHILD = path.join(import.meta.dirname, 'create-killed-core.ts');

suite('clones of a machine that runs and writes', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let shell: Transcript;
  let other: string;
  let folder: string;
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  const on = (host: number, script: string): Promise<string> => lab.exec(host, 'sh', '-c', script);
  before(async () => {
    lab = await Lab.up(2);
    await Promise.all([lab.clean(1), lab.clean(2)]);
    const first = await TestCore.open({ lab });
    ({ folder } = first);
    await first.stop();
    core = await TestCore.open({ folder, secrets: new FileSecrets(path.join(folder, 'secrets.json')) });
    bench = await CreateBench.open(lab, core);
    other = await core.connect(`root@${lab.address(2)}`);
    await bench.addImage('busy.qcow2');
    await sh(
      `cd ${IMAGES}; truncate -s 8M busy-a.img; qemu-img create -q -f qcow2 busy-b.qcow2 8M; yes | head -c 400M >busy-much.img; truncate -s ${4 * 1024 ** 2 + 512} busy-odd.img`,
    );
    await sh(`${makeDatabaseDisk(`${IMAGES}/busy-files.img`)} && virsh -q pool-refresh default`);
    await lab.execWith(
      BUSY,
      1,
      'sh',
      '-c',
      'cat >/tmp/busy.xml; virsh -q define /tmp/busy.xml; rm /tmp/busy.xml',
    );
    // QEMU sees what is mounted when it starts.
    await sh(
      'mkdir -p /small && mount -t tmpfs -o size=6M none /small && virsh -q pool-create-as small dir --target /small',
    );
    await sh('virsh -q start busy');
    shell = await bench.shell(UUID);
    shell.type('mkdir /m; mount -t ext4 /dev/vdd /m\n');
    shell.type(`${WRITE_DATABASE} (${WRITER}) & echo busy-$((40+2))\n`);
    await shell.shows(/busy-42/);
    await core.machine(bench.host, UUID, ({ state }) => state === 'running');
    await until(
      async () => (await core.client.clone.options(ref())).agent === 'connected',
      'the agent of the guest answers',
    );
  });
  after(async () => {
    await core.close();
    await sh('virsh -q pool-destroy small; virsh -q destroy busy; umount /small; rmdir /small');
    await Promise.all([lab.clean(1), lab.clean(2)]);
    await lab.release();
  });

  const ref = () => ({ host: bench.host, uuid: UUID });
  const without = (target: string) => ({ target, way: 'omit' as const, pool: null, format: null });
  /** All disks but the one that takes its time, and the one that no backup can be made of: libvirt makes volumes of whole KiB. */
  const quick = ['vde', 'vdf'].map(without);
  const input = (name: string, change: Partial<CloneInput> = {}): CloneInput =>
    cloneInput({ host: bench.host, machine: UUID, to: bench.host, name }, { disks: quick, ...change });
  const countOn = async (file: string, host = 1) => Number((await on(host, countScript(file))).trim());
  const transactions = async (guest: Transcript): Promise<number> => {
    guest.type(`\n${TELL_DATABASE}\n`);
    return transactionsOf(await guest.shows(/base-\d.*?-end/));
  };
  /** The database of a clone, once it has started. */
  const transactionsIn = async (uuid: string): Promise<{ count: number; guest: Transcript }> => {
    await core.client.domain.start({ host: bench.host, uuid });
    const guest = await bench.shell(uuid);
    guest.type('mkdir -p /m; mount -t ext4 /dev/vdd /m\n');
    return { count: await transactions(guest), guest };
  };
  /** Its file system was written to when it was copied: who mounts it reads the journal first. */
  const needsRecovery = async (file: string): Promise<boolean> =>
    (await sh(filesScript(file))).includes('needs_recovery');
  const isFrozen = async (): Promise<boolean> =>
    (await sh(`virsh qemu-agent-command busy '{"execute":"guest-fsfreeze-status"}'`)).includes('frozen');
  const forget = (): Promise<string> => sh(FORGET);

  test('two of one instant, over all disks, with whole files; they boot, and the machine goes on', async () => {
    const asked = input('copy-#', { count: 2 });
    const plan = await core.client.clone.plan(asked);
    assert.deepEqual([plan.problems, plan.consistency], [[], 'frozen']);
    const start = await transactions(shell);
    const { job, machines } = await core.client.clone.run(asked);
    const { log } = await bench.done(job);
    assert.match(JSON.stringify(log), /with whole files: its file systems were frozen by the agent/);
    assert.equal(await isFrozen(), false);
    for (const { name } of machines) {
      const [first, second] = [await countOn(`${name}-2.qcow2`), await countOn(`${name}-3.qcow2`)];
      assert.ok(first > 100_000 && (first === second || first === second + 1), `${first} and ${second}`);
    }
    assert.equal(await countOn('copy-1-2.qcow2'), await countOn('copy-2-2.qcow2'), 'of one instant');
    await sh(
      `qemu-img check -q ${IMAGES}/copy-1.qcow2 && qemu-img compare -q ${IMAGES}/copy-1.qcow2 ${IMAGES}/copy-2.qcow2`,
    );
    const before = await countOn('copy-1-2.qcow2');
    shell.type('\necho now-$(cat /m/count)-\n');
    const now = /\d+/.exec(await shell.shows(/now-\d+-/))?.[0];
    assert.ok(Number(now) >= before, 'it writes on');
    const end = await transactions(shell);
    assert.equal(await needsRecovery('copy-2-4.qcow2'), false, 'nothing was under way');
    const { count, guest } = await transactionsIn(machines[1]?.uuid ?? '');
    assert.ok(start <= count && count < end, `${count} of ${start} to ${end}`);
    guest.type('echo is-$(cat /m/marker)-$(cat /m/count)-\n');
    const written = /\d+/.exec(await guest.shows(/is-kept-\d+-/))?.[0];
    assert.ok(Math.abs(Number(written) - before) <= 1, `${written} of ${before}`);
    await forget();
  });

  test('without the agent: as after a power cut, and said; the database is whole', async () => {
    const asked = input('copy', { freeze: false });
    const plan = await core.client.clone.plan(asked);
    assert.equal(plan.consistency, 'powerCut');
    assert.ok(
      plan.warnings.some((text) => text.includes('after a power cut')),
      plan.warnings.join(),
    );
    const start = await transactions(shell);
    const { job, machines } = await core.client.clone.run(asked);
    assert.match(JSON.stringify((await bench.done(job)).log), /as its disks would be after a power cut/);
    const end = await transactions(shell);
    assert.equal(await needsRecovery('copy-4.qcow2'), true);
    const { count } = await transactionsIn(machines[0]?.uuid ?? '');
    assert.ok(start <= count && count < end, `${count} of ${start} to ${end}`);
    await forget();
  });

  /** Kills a core at the point; answers with the job that the next one found. */
  /** @param meanwhile before another program begins */
  async function killedAt(
    when: string,
    asked: CloneInput,
    meanwhile = (): Promise<void> => Promise.resolve(),
  ): Promise<string> {
    await core.stop();
    const secrets = path.join(folder, 'secrets.json');
    const child = await startChild(CHILD, [folder, secrets, JSON.stringify(asked), when]);
    assert.equal(await endOf(child), 'SIGKILL');
    await meanwhile();
    core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
    bench = bench.with(core);
    await core.inState(bench.host, 'connected');
    await core.inState(other, 'connected');
    const [file = ''] = await readdir(path.join(folder, 'data', 'jobs'));
    return path.parse(file).name;
  }
  /** Answers with how it ended. */
  async function killed(when: string, choice: 'goOn' | 'undo', asked = input('copy')) {
    const id = await killedAt(when, asked);
    assert.equal((await bench.now(id))?.state, 'interrupted');
    await core.client.activity.resumeJob({ job: id, choice });
    return bench.ended(id);
  }

  /** What it writes to, as it runs and as it would start. */
  const worksOn = (): Promise<string> =>
    sh('for f in "" --inactive; do virsh domblklist $f busy | grep -o "/var.*"; done');

  test('by a snapshot: of one instant, with whole files; what it wrote meanwhile is in its own disks', async () => {
    const [there, disks] = [await bench.everything(), await worksOn()];
    const asked = input('copy', { copyBy: 'snapshot' });
    const plan = await core.client.clone.plan(asked);
    assert.deepEqual([plan.problems, plan.copyBy, plan.consistency], [[], 'snapshot', 'frozen']);
    const start = await transactions(shell);
    const { job } = await core.client.clone.run(asked);
    // Another's file would be laid over the first one's, and the machine stay on it.
    const [problem] = (await core.client.clone.plan(input('copy-2nd', { copyBy: 'snapshot' }))).problems;
    assert.match(problem?.message ?? '', /^busy is being copied to copy/);
    await assert.rejects(core.client.clone.run(input('copy-2nd')), /copy-2nd is not created/);
    await assert.rejects(core.client.domain.save(ref()), /not done yet \(clone of busy to copy\)/);
    const { items } = await core.client.migrate.plan(usualMigration({ ...ref(), to: other }));
    assert.ok(items.some(({ level, message }) => level === 'stop' && /being copied to copy/.test(message)));
    assert.match(JSON.stringify((await bench.done(job)).log), /with whole files/);
    const end = await transactions(shell);
    assert.equal(await isFrozen(), false);
    assert.equal(await worksOn(), disks);
    const [first, second] = [await countOn('copy-2.qcow2'), await countOn('copy-3.qcow2')];
    assert.ok(first > 100_000 && (first === second || first === second + 1), `${first} and ${second}`);
    assert.equal(await needsRecovery('copy-4.qcow2'), false);
    const raw = '/tmp/files';
    const count = transactionsOf(
      await sh(`qemu-img convert -O raw ${IMAGES}/copy-4.qcow2 ${raw}; ${tellDatabaseOf(raw)}; rm ${raw}`),
    );
    assert.ok(start <= count && count < end, `${count} of ${start} to ${end}`);
    await forget();
    assert.deepEqual(await bench.everything(), there);
  });

  test('a backup that libvirt refuses is a copy by a snapshot, unless it was asked for by name', async () => {
    const [there, disks] = [await bench.everything(), await worksOn()];
    // QEMU may not look into the folder, which no look at the host tells.
    await sh('mkdir -m 700 /closed; virsh -q pool-create-as closed dir --target /closed');
    const pool = (await sh('virsh pool-uuid closed')).trim();
    const closed = input('copy', {
      disks: [...quick, { target: 'vda', way: 'copy' as const, pool, format: null }],
    });
    const { copyBy, steps } = await core.client.clone.plan(closed);
    assert.deepEqual([copyBy, steps.filter((title) => title.includes('beside'))], ['backup', []]);
    const asked = await core.client.clone.run({ ...closed, copyBy: 'backup' });
    const { state, failure } = await bench.ended(asked.job);
    assert.equal(state, 'failed');
    assert.match(JSON.stringify(failure), /Permission denied/);
    assert.deepEqual([await isFrozen(), await bench.everything()], [false, there]);
    const start = await transactions(shell);
    const { job } = await core.client.clone.run(closed);
    assert.match(
      JSON.stringify((await bench.done(job)).log),
      /Permission denied.+: it is done in another way/,
    );
    const end = await transactions(shell);
    assert.deepEqual([await isFrozen(), await worksOn()], [false, disks]);
    const [first, second] = [await countOn('copy-2.qcow2'), await countOn('copy-3.qcow2')];
    assert.ok(first > 100_000 && (first === second || first === second + 1), `${first} and ${second}`);
    const raw = '/tmp/files';
    const count = transactionsOf(
      await sh(`qemu-img convert -O raw ${IMAGES}/copy-4.qcow2 ${raw}; ${tellDatabaseOf(raw)}; rm ${raw}`),
    );
    assert.ok(start <= count && count < end, `${count} of ${start} to ${end}`);
    await forget();
    await sh('virsh -q pool-destroy closed; rm -r /closed');
    assert.deepEqual(await bench.everything(), there);
  });

  suite('of two, by a snapshot as libvirt refuses the backup', () => {
    let was: readonly [readonly string[], string];
    let asked: CloneInput;
    before(async () => {
      await sh('mkdir -m 700 /closed; virsh -q pool-create-as closed dir --target /closed');
      const pool = (await sh('virsh pool-uuid closed')).trim();
      const vda = { target: 'vda', way: 'copy' as const, pool, format: null };
      asked = input('copy-#', {
        count: 2,
        disks: [...['vdb', 'vdc', 'vdd', 'vde', 'vdf'].map(without), vda],
      });
      was = [await bench.everything(), await worksOn()];
    });
    after(() => sh('virsh -q pool-destroy closed; rm -r /closed'));
    /** Begins it and holds it at a step, with that in the journal and the host not asked for it. */
    async function heldAt(step: string): Promise<{ job: string; letGo: () => void }> {
      const gate = new JobGate(new Map([[asked.name, { moment: 'begun', step }]]));
      const { job } = await core.client.clone.run(asked);
      await until(() => gate.holds(asked.name), `it is at ${step}`);
      return { job, letGo: () => gate.letGo() };
    }

    test('cancelled before the first is copied: it is back on its disks, and nothing is left', async () => {
      const { job, letGo } = await heldAt('again-1-vda');
      assert.match(await worksOn(), /meanwhile/);
      await core.client.activity.cancelJob({ job });
      letGo();
      const { state, mayBeLeft } = await bench.ended(job);
      assert.deepEqual([state, mayBeLeft], ['cancelled', []]);
      assert.deepEqual([await bench.everything(), await worksOn()], was);
      assert.equal(await sh('ls /closed'), '');
    });

    test('somebody makes a volume where the empty one was: that stays, and nothing else', async () => {
      const { job, letGo } = await heldAt('snapshot');
      assert.equal(await sh('ls /closed'), '');
      await sh('echo precious >/closed/copy-1.qcow2; virsh -q pool-refresh closed');
      letGo();
      const { state, failure, mayBeLeft } = await bench.ended(job);
      assert.deepEqual([state, mayBeLeft], ['failed', []]);
      assert.match(failure?.message ?? '', /has a volume copy-1.qcow2 already/);
      assert.deepEqual([await bench.everything(), await worksOn()], was);
      assert.equal(await sh('cat /closed/*'), 'precious\n');
    });
  });

  test('a disk that no volume is as large as is never copied by a backup: libvirtd may die of the refusal', async () => {
    const odd = input('copy', { disks: [without('vde')] });
    assert.equal((await core.client.clone.plan(odd)).copyBy, 'snapshot');
    const { problems } = await core.client.clone.plan({ ...odd, copyBy: 'backup' });
    assert.match(problems.map(({ message }) => message).join(), /^The size of vdf is no whole number of KiB/);
    const { job } = await core.client.clone.run({
      ...odd,
      disks: ['vda', 'vdb', 'vdc', 'vdd', 'vde'].map(without),
    });
    await bench.done(job);
    await sh(`qemu-img compare -q -f raw -F qcow2 ${IMAGES}/busy-odd.img ${IMAGES}/copy.qcow2`);
    await forget();
  });

  test('by a snapshot, and the app is killed meanwhile: the next one merges what it wrote without being asked', async () => {
    const [there, disks] = [await bench.everything(), await worksOn()];
    const before = await transactions(shell);
    const id = await killedAt('after begin volume-1-1', input('copy', { copyBy: 'snapshot' }));
    const job = await bench.ended(id);
    assert.deepEqual([job.state, job.mayBeLeft], ['failed', []], JSON.stringify(job));
    assert.equal(await isFrozen(), false);
    assert.equal(await worksOn(), disks);
    assert.deepEqual(await bench.everything(), there);
    shell = await bench.shell(UUID);
    assert.ok((await transactions(shell)) > before, 'it writes on');
  });

  test('nothing copies a disk of it in another way', async () => {
    const volume = { host: bench.host, uuid: bench.pool, name: 'busy-a.img' };
    await assert.rejects(
      core.client.volume
        .clone({ ...volume, to: bench.pool, newName: 'torn.img' })
        .then(({ job }) => bench.done(job)),
      /busy/,
    );
    assert.ok(!(await bench.everything()).includes('torn.img'));
  });

  test('the app is killed while the file systems are frozen: the next one thaws them without being asked', async () => {
    const before = await bench.everything();
    const id = await killedAt('after note backup {"frozen":true,"begun":true}', input('copy'));
    const job = await bench.ended(id);
    assert.deepEqual([job.state, job.mayBeLeft], ['failed', []], JSON.stringify(job));
    assert.equal(await isFrozen(), false);
    assert.deepEqual(await bench.everything(), before);
  });

  test('the app is killed while the file systems are frozen, and none follows: the host thaws them by itself', async () => {
    const before = await bench.everything();
    const id = await killedAt('after note backup {"frozen":true,"begun":true}', input('copy'), async () => {
      assert.equal(await isFrozen(), true);
      await until(async () => !(await isFrozen()), 'they are thawed', 180_000);
      await until(async () => !(await sh('ls /tmp')).includes('virtlane-thaw'), 'it has ended');
    });
    const job = await bench.ended(id);
    assert.deepEqual([job.state, job.mayBeLeft], ['failed', []], JSON.stringify(job));
    assert.deepEqual(await bench.everything(), before);
  });

  test('the app is killed when the copy is made: gone on with, it is a whole one', async () => {
    const job = await killed('before done backup', 'goOn');
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.equal(await isFrozen(), false);
    assert.doesNotMatch(await sh('ls /tmp'), /virtlane-thaw/, 'it is called off');
    const [first, second] = [await countOn('copy-2.qcow2'), await countOn('copy-3.qcow2')];
    assert.ok(first === second || first === second + 1, `${first} and ${second}`);
    await forget();
  });

  test('to another host: whole, and nothing stays behind', async () => {
    const before = await bench.everything();
    const { job } = await core.client.clone.run(input('copy', { to: other }));
    await bench.done(job);
    assert.deepEqual(await bench.everything(), before);
    const [first, second] = [await countOn('copy-2.qcow2', 2), await countOn('copy-3.qcow2', 2)];
    assert.ok(first > 100_000 && (first === second || first === second + 1), `${first} and ${second}`);
    await on(2, `qemu-img check -q ${IMAGES}/copy.qcow2`);
    assert.equal(await on(2, `ls ${IMAGES} | grep on-its-way; true`), '');
  });

  test('cancelled in the middle: nothing is left, and the machine runs on', async () => {
    const before = await bench.everything();
    const { job } = await core.client.clone.run(input('copy', { disks: [without('vdf')] }));
    await until(async () => {
      const steps = (await bench.now(job))?.steps ?? [];
      return steps.some(({ title, state }) => title.includes('while it runs') && state === 'running');
    }, 'the copy is being made');
    await core.client.activity.cancelJob({ job });
    assert.equal((await bench.ended(job)).state, 'cancelled');
    assert.deepEqual(await bench.everything(), before);
    assert.equal(await isFrozen(), false);
  });

  test('the place for it is full: that is said, nothing is left, and the machine runs on', async () => {
    const before = await bench.everything();
    const pool = (await sh('virsh pool-uuid small')).trim();
    const disks = [...quick, { target: 'vda', way: 'copy' as const, pool, format: null }];
    const { job } = await core.client.clone.run(input('copy', { disks }));
    const { state, failure } = await bench.ended(job);
    assert.equal(state, 'failed');
    assert.match(JSON.stringify(failure), /ended before it was whole/);
    assert.deepEqual(await bench.everything(), before);
    assert.equal((await sh('ls /small')).trim(), '');
    assert.equal((await sh('virsh domstate busy')).trim(), 'running');
  });
});
