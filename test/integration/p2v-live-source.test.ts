import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Exec } from '../../drivers/transport/exec.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { openSshSession } from '../../main/hosts/ssh-link.ts';
import type { StepKind } from '../../main/jobs/engine/step.ts';
import type { SnapshotParams } from '../../main/jobs/p2v/live/snapshot-step.ts';
import { SourceLogins } from '../../main/jobs/p2v/live/source-logins.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/source/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { MemorySecrets } from '../../main/settings/secrets.ts';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { Forward } from '../support/forward.ts';
import { HeldProgram } from '../support/held-program.ts';
import { ServerMachine } from '../support/server-machine.ts';
import { SourceJournal } from '../support/source-journal.ts';
import { until } from '../support/wait.ts';
import { LiveImport } from './live-import.ts';

const skip = process.getuid?.() === 0 ? missing('qemu-system-x86_64', 'mmdebstrap') : 'needs root';
/** What the links go through, so that they can be cut. */
const FRONT = '127.0.0.2';
const TAG = 'virtlane-0a1b2c3d';
const MIB = 1024 ** 2;

// A machine with LVM and a database that is written to all the time, over SSH; nothing but its sshd knows of us.
suite('a running machine is brought to rest, read, and left as it was', { skip, timeout: 1_500_000 }, () => {
  let machine: ServerMachine;
  let folder: string;
  let forward: Forward | null = null;
  let logins: SourceLogins;
  let host: SourceHost;
  let address: { target: string; keyFile: string };
  let kinds: ReadonlyMap<string, StepKind>;
  /** Before each program of the source; cuts the link when it likes. */
  let watching: (argv: readonly string[]) => void = () => undefined;
  /** What cuts it, until it is back. */
  let cutting: Promise<void> | undefined;
  const away: boolean[] = [];

  before(async () => {
    machine = await ServerMachine.up();
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-live-source-'));
    await writeFile(path.join(folder, 'known'), (await machine.knownHost()).replace('127.0.0.1', FRONT));
    const knownHosts = new KnownHosts({ ownFile: path.join(folder, 'known'), readFiles: [] });
    const resolve = { home: folder, configFiles: [], env: {} };
    logins = new SourceLogins({
      clock: systemClock,
      secrets: new MemorySecrets(),
      open: (target, request) => openSshSession(target, request, { knownHosts, resolve }),
      onNotKept: (error) => assert.fail(String(error)),
    });
    address = { target: `root@${FRONT}:${machine.port}`, keyFile: machine.keyFile };
    host = {
      name: 'cellar',
      clock: systemClock,
      use: (until, work) => logins.use(address, until, ({ exec }) => work(watched(exec))),
      boot: firstBoot('cellar'),
      onAway: (isAway) => away.push(isAway),
    };
    kinds = new Map(liveStepKinds({ clock: systemClock }, () => host).map((kind) => [kind.name, kind]));
    await connect();
  });
  after(async () => {
    await logins.close();
    forward?.close();
    await machine.close();
    await rm(folder, { recursive: true });
  });

  const watched =
    (exec: Exec): Exec =>
    (argv, options) => {
      watching(argv);
      return exec(argv, options);
    };
  async function connect(): Promise<void> {
    forward = await Forward.open(FRONT, '127.0.0.1', [machine.port]);
  }
  /** The link is gone while a program of that name runs there, told to do that, which waits for it at its beginning, and is back after that. */
  async function cutAt(program: string, told?: string): Promise<void> {
    cutting = undefined;
    const held = await HeldProgram.on(machine, program, told);
    watching = (argv) => {
      if (!argv.includes(program) || !argv.includes(told ?? program)) return;
      watching = () => undefined;
      cutting = held.begun().then(async () => {
        forward?.close();
        await held.letGo();
        await connect();
      });
    };
  }
  async function wasCut(): Promise<void> {
    assert.ok(cutting !== undefined, 'the link was cut');
    await cutting;
  }
  const kind = (name: string): StepKind => kinds.get(name) ?? assert.fail(name);
  const source = { target: 'cellar', keyFile: null };
  const snapshots = [{ group: 'store', origin: 'ledger', name: `${TAG}-ledger`, sizeBytes: 32 * MIB }];
  const snapshotParams: SnapshotParams = {
    source,
    tag: TAG,
    snapshots,
    physical: ['/dev/sdb'],
    withFiles: false,
    rests: null,
  };

  test('services are stopped and run again', async () => {
    const journal = new SourceJournal();
    const params = { source, tag: TAG, services: ['ledger', 'never-installed'] };
    await assert.rejects(async () =>
      kind('p2v.quiesce').check({ source, tag: TAG, services: ['--now'] }, journal.step),
    );
    journal.results.set('quiesce', await kind('p2v.quiesce').run(params, journal.step));
    assert.deepEqual(journal.results.get('quiesce'), { tag: TAG, units: ['ledger.service'] });
    // As a program sees it that is started again, and has the note alone.
    assert.deepEqual(await kind('p2v.quiesce').settle(params, journal.step), {
      done: true,
      result: journal.results.get('quiesce'),
    });
    assert.match(await machine.sh('systemctl is-active ledger || true'), /inactive/);
    await kind('p2v.release').run(
      { source, services: 'quiesce', snapshots: null, files: null },
      journal.step,
    );
    await machine.assertAsItWas();
  });

  test('a link that is lost while a snapshot is made, and again while it is removed, leaves none, and no file system at rest', async () => {
    const journal = new SourceJournal();
    await cutAt('lvcreate');
    await kind('p2v.snapshot').run(snapshotParams, journal.step);
    assert.match(journal.log.join('\n'), /was lost while its snapshots were made: they are made anew/);
    // As a program that is started again sees it.
    const settled = await kind('p2v.snapshot').settle(snapshotParams, journal.step);
    await wasCut();
    await cutAt('lvremove');
    await kind('p2v.snapshot').undo(snapshotParams, settled.done ? settled.result : null, journal.step);
    await wasCut();
    await machine.assertAsItWas();
  });

  test('one that is lost while services are stopped lets them run again', async () => {
    const journal = new SourceJournal();
    await cutAt('systemctl', 'stop');
    const params = { source, tag: TAG, services: ['ledger'] };
    await kind('p2v.quiesce')
      .run(params, journal.step)
      .catch(() => null);
    await kind('p2v.quiesce').undo(params, null, journal.step);
    await wasCut();
    assert.equal(
      (await machine.sh('systemctl is-active ledger; ls /run | grep ^virtlane || true')).trim(),
      'active',
    );
  });

  test('a source that hears nothing of the job for long removes its snapshots itself', async () => {
    const journal = new SourceJournal();
    await kind('p2v.snapshot').run(snapshotParams, journal.step);
    await machine.sh(`touch -d '7 hours ago' /run/${TAG}.snapshots`);
    await machine.sh(`while lvs --noheadings -o lv_name | grep ${TAG}; do sleep 1; done`);
    await machine.assertAsItWas();
    // The job finds nothing to take back.
    await kind('p2v.snapshot').undo(snapshotParams, null, journal.step);
  });

  suite('a machine is made of it on a host', () => {
    let lab: Lab;
    let live: LiveImport;
    before(async () => {
      lab = await Lab.up(1);
      await lab.clean(1);
      const known = (await machine.knownHost()).replace('127.0.0.1', FRONT);
      const { target, keyFile } = address;
      live = await LiveImport.open(lab, { target, keyFile, known, disks: ['sdb'] });
      live.allow('snapshot:store/ledger', 'service:ledger');
    });
    after(async () => {
      await live.close();
      await lab.clean(1);
      await lab.release();
    });
    test('the app is killed when the snapshot is made, and the job is taken back: nothing is left, here and there', async () => {
      const id = await live.killed({ when: 'before done source-snapshots' });
      await live.client.activity.resumeJob({ job: id, choice: 'undo' });
      const job = await live.ended(id);
      assert.deepEqual([job.state, job.mayBeLeft], ['cancelled', []], JSON.stringify(job));
      await machine.assertAsItWas();
      assert.deepEqual(await live.everything(), live.empty);
    });

    test('cancelled while the host’s libvirtd does not run: the source is as it was before it is back', async () => {
      const { job: id } = await live.run();
      await live.copied(4);
      await lab.stopLibvirtd(1);
      try {
        await live.client.activity.cancelJob({ job: id });
        await until(async () => (await live.now(id))?.state === 'waiting', 'it waits for the host', 240_000);
        await machine.assertAsItWas();
      } finally {
        await lab.startLibvirtd(1);
      }
      const job = await live.ended(id);
      assert.deepEqual([job.state, job.mayBeLeft], ['cancelled', []], JSON.stringify(job));
      assert.deepEqual(await live.everything(), live.empty);
    });

    test('the app is killed, the link is cut, the source’s sshd and the host’s libvirtd end: gone on with, it is whole', async () => {
      const id = await live.killed({ once: () => live.copied(4) });
      await live.client.activity.resumeJob({ job: id, choice: 'goOn' });
      const has = (words: RegExp) => async () =>
        (await live.now(id))?.log.some(({ text }) => words.test(text));
      await live.copied(8);
      forward?.close();
      await until(has(/does not answer: it is waited for/), 'it waits for the source', 240_000);
      await connect();
      await until(has(/is back$/), 'the source is back', 240_000);
      await machine.sh(
        'setsid sh -c "sleep 1; systemctl restart ssh; pkill -f ^sshd.*root" >/dev/null 2>&1 &',
      );
      await live.copied(16);
      await lab.stopLibvirtd(1);
      await lab.startLibvirtd(1);
      const job = await live.ended(id);
      assert.equal(job.state, 'done', JSON.stringify(job));
      assert.ok(
        job.log.some(({ text }) => /link is back|lost for a moment/.test(text)),
        JSON.stringify(job.log),
      );
      await machine.assertAsItWas();
      assert.deepEqual(await live.everything(), [...live.empty, 'cellar', 'cellar.qcow2'].toSorted());
      const [stock, , check = ''] = (await live.holds(['stock', 'ledger.db'])).split('\n');
      assert.equal(stock, `${await machine.stock()}  stock`);
      await live.gone();
      const [word, entries] = check.split(' ');
      assert.equal(word, 'ok');
      assert.ok(Number(entries) > 10, 'the database has what was written before');
    });
  });
});
