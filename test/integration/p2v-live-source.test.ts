import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Exec } from '../../drivers/transport/exec.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { openSshSession } from '../../main/hosts/ssh-link.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import { DeviceReader, packingOf } from '../../main/jobs/p2v/live/device-reader.ts';
import { deviceUsed } from '../../main/jobs/p2v/live/device-used.ts';
import { diskLayout } from '../../main/jobs/p2v/live/disk-layout.ts';
import { SourceDiskReader } from '../../main/jobs/p2v/live/disk-reader.ts';
import { layoutFactsOf } from '../../main/jobs/p2v/live/layout-facts.ts';
import type { SourceFacts } from '../../main/jobs/p2v/live/model.ts';
import { probeSource } from '../../main/jobs/p2v/live/probe.ts';
import {
  readSnapshotResult,
  type SnapshotParams,
  type SnapshotResult,
} from '../../main/jobs/p2v/live/snapshot-step.ts';
import { SourceLogins } from '../../main/jobs/p2v/live/source-logins.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/p2v/live/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { MemorySecrets } from '../../main/settings/secrets.ts';
import { missing } from '../support/commands.ts';
import { Forward } from '../support/forward.ts';
import { ServerMachine } from '../support/server-machine.ts';
import { until } from '../support/wait.ts';

const skip =
  process.getuid?.() === 0
    ? missing('qemu-system-x86_64', 'mmdebstrap', 'e2fsck', 'debugfs', 'sqlite3')
    : 'needs root';
/** What the links go through, so that they can be cut. */
const FRONT = '127.0.0.2';
const TAG = 'virtlane-0a1b2c3d';
const MIB = 1024 ** 2;
const { signal } = new AbortController();

/** What a journal keeps of a step. */
class Journal {
  noted: Json | undefined = undefined;
  readonly log: string[] = [];
  readonly results = new Map<string, Json>();

  /** What of a step's context those of the source use: they ask no libvirt. */
  get step(): StepContext {
    const none = (): never => assert.fail('it asks a host of libvirt');
    return {
      signal,
      log: (text) => this.log.push(text),
      progress: () => undefined,
      session: none,
      client: none,
      secret: none,
      result: (id) => this.results.get(id),
      note: (value) => {
        this.noted = value;
        return Promise.resolve();
      },
      noted: () => this.noted,
      settling: () => Promise.resolve(),
      silent: () => undefined,
      outside: () => undefined,
      untilBack: () => Promise.resolve(),
      written: () => 'never',
    };
  }
}

// A machine with LVM and a database that is written to all the time, over SSH; nothing but its sshd knows of us.
suite('a running machine is brought to rest, read, and left as it was', { skip, timeout: 600_000 }, () => {
  let machine: ServerMachine;
  let folder: string;
  let forward: Forward | null = null;
  let logins: SourceLogins;
  let host: SourceHost;
  let facts: SourceFacts;
  let kinds: ReadonlyMap<string, StepKind>;
  /** Before each program of the source; cuts the link when it likes. */
  let watching: (argv: readonly string[]) => void = () => undefined;
  /** What cuts it, until it is back. */
  let cutting: Promise<void> = Promise.resolve();
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
    const address = { target: `root@${FRONT}:${machine.port}`, keyFile: machine.keyFile };
    host = {
      name: 'cellar',
      clock: systemClock,
      use: (until, work) => logins.use(address, until, ({ exec }) => work(watched(exec))),
      boot: firstBoot(),
      onAway: (isAway) => away.push(isAway),
    };
    kinds = new Map(liveStepKinds({ clock: systemClock }, () => host).map((kind) => [kind.name, kind]));
    await connect();
    facts = await host.use(signal, (exec) => probeSource({ exec, name: 'cellar' }, signal));
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
  /** The link is gone while a program of that name runs there, which waits for it at its beginning, and is back after that. */
  async function cutAt(program: string): Promise<void> {
    const waiting = `/usr/local/sbin/${program}`;
    await machine.sh(`cat > ${waiting} <<'END'
#!/bin/sh
touch /run/begun
until [ -e /run/cut ]; do sleep 0.1; done
[ ! -x /usr/sbin/${program} ] || exec /usr/sbin/${program} "$@"
exec /usr/bin/${program} "$@"
END
      rm -f /run/begun /run/cut; chmod 755 ${waiting}`);
    watching = (argv) => {
      if (!argv.includes(program)) return;
      watching = () => undefined;
      const hasBegun = async () => (await machine.sh('ls /run')).split('\n').includes('begun');
      cutting = until(hasBegun, `${program} runs`).then(async () => {
        forward?.close();
        await machine.sh(`touch /run/cut; rm ${waiting}`);
        await connect();
      });
    };
  }
  const kind = (name: string): StepKind => kinds.get(name) ?? assert.fail(name);
  const source = { target: 'cellar', keyFile: null };
  const snapshots = [{ group: 'cellar', origin: 'root', name: `${TAG}-root`, sizeBytes: 64 * MIB }];
  const snapshotParams: SnapshotParams = { source, tag: TAG, snapshots, physical: ['/dev/sda3'] };
  /** Nothing of a job is there, and the database is written to. */
  async function assertAsItWas(): Promise<void> {
    const [found = '', state] = (
      await machine.sh(`entries() { sqlite3 -cmd '.timeout 60000' /var/lib/ledger/ledger.db 'SELECT count(*) FROM entry'; }
        first=$(entries); while [ "$(entries)" = "$first" ]; do sleep 0.2; done
        lvs --noheadings -o lv_name,lv_attr; systemctl is-active ledger; ls /run | grep lease || true`)
    ).split('\n');
    assert.match(found, /^\s*root\s+-wi-ao----\s*$/);
    assert.equal(state, 'active');
  }

  test('a disk is read by a snapshot while a database is written to', async () => {
    const journal = new Journal();
    const made = await kind('p2v.snapshot').run(snapshotParams, journal.step);
    try {
      await assertCopied(readSnapshotResult(made) ?? assert.fail());
    } finally {
      await kind('p2v.snapshot').undo(snapshotParams, made, journal.step);
    }
    await assertAsItWas();
  });

  /** The volume’s copy is whole, and so is the database in it. */
  async function assertCopied(taken: SnapshotResult): Promise<void> {
    const text = taken.metadata
      .flatMap(({ pieces }) => pieces.map(({ base64 }) => Buffer.from(base64, 'base64').toString('latin1')))
      .join('');
    assert.match(text, /LABELONE[^]*root \{/);
    assert.doesNotMatch(text, new RegExp(TAG));
    const reader = new DeviceReader(host, packingOf(facts.tools));
    const snapshot = `/dev/cellar/${TAG}-root`;
    const layout = layoutFactsOf(facts, 'sda');
    const root = layout.groups[0]?.volumes[0] ?? assert.fail('the probe knows no volume');
    const used = await deviceUsed(
      reader,
      { device: { path: snapshot, live: false }, sizeBytes: root.sizeBytes },
      signal,
    );
    assert.ok(used !== null && typeof used !== 'string', JSON.stringify(used));
    const parts = diskLayout(layout, {
      snapshots: new Map([[root.path, snapshot]]),
      used: new Map([[root.path, used]]),
      metadata: new Map(
        taken.metadata.map(({ path: partition, pieces }) => [
          partition,
          pieces.map(({ offset, base64 }) => ({ offset, data: Buffer.from(base64, 'base64') })),
        ]),
      ),
    });
    const disk = new SourceDiskReader(reader, parts);
    assert.equal(disk.sizeBytes, facts.disks[0]?.sizeBytes);
    const { at = 0 } = layout.disk.partitions.find(({ content }) => content.kind === 'physicalVolume') ?? {};
    const [stripe] = root.segments[0]?.stripes ?? [];
    const copy = path.join(folder, 'root');
    const file = await open(copy, 'w');
    let done = 0;
    for await (const part of disk.read(at + (stripe?.at ?? 0), root.sizeBytes, signal)) {
      if (part instanceof Uint8Array) await file.write(part, 0, part.length, done);
      done += part instanceof Uint8Array ? part.length : part.zeros;
    }
    await file.truncate(done);
    await file.close();

    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
    const sh = async (script: string) =>
      (await promisify(execFile)('sh', ['-ec', script], { cwd: folder, env, maxBuffer: 2 ** 24 })).stdout;
    await sh('e2fsck -fn root');
    assert.equal(
      (await sh('debugfs -R "cat /var/lib/marker" root 2>/dev/null | sha256sum')).slice(0, 64),
      await machine.marker(),
    );
    // With the journal beside it, as a machine finds it that lost its power.
    await sh(
      'for f in ledger.db ledger.db-journal; do debugfs -R "dump /var/lib/ledger/$f $f" root 2>/dev/null; done; [ -s ledger.db-journal ] || rm -f ledger.db-journal',
    );
    assert.match(
      await sh('sqlite3 ledger.db "PRAGMA integrity_check; SELECT count(*) > 10 FROM entry"'),
      /^ok\n1\n$/,
    );
    await rm(copy);
  }

  test('services are stopped and run again', async () => {
    const journal = new Journal();
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
    await kind('p2v.release').run({ source, services: 'quiesce', snapshots: null }, journal.step);
    await assertAsItWas();
  });

  test('a link that is lost while a snapshot is made, and again while it is removed, leaves none, and no file system at rest', async () => {
    const journal = new Journal();
    await cutAt('lvcreate');
    await assert.rejects(async () => kind('p2v.snapshot').run(snapshotParams, journal.step));
    // As a program that is started again sees it; what was made is whole or is gone.
    const settled = await kind('p2v.snapshot').settle(snapshotParams, journal.step);
    await cutting;
    await cutAt('lvremove');
    await kind('p2v.snapshot').undo(snapshotParams, settled.done ? settled.result : null, journal.step);
    await cutting;
    await assertAsItWas();
  });

  test('one that is lost while services are stopped lets them run again', async () => {
    const journal = new Journal();
    await cutAt('systemctl');
    const params = { source, tag: TAG, services: ['ledger'] };
    await kind('p2v.quiesce')
      .run(params, journal.step)
      .catch(() => null);
    await kind('p2v.quiesce').undo(params, null, journal.step);
    await cutting;
    assert.equal(
      (await machine.sh('systemctl is-active ledger; ls /run | grep lease || true')).trim(),
      'active',
    );
  });
});
