import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { MigrateInput } from '../../main/contract/migrate.ts';
import { Lab } from '../lab/lab.ts';
import { movesByState } from '../../renderer/state/moves.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { jobOver, shown } from '../support/job-watch.ts';
import { putOnBase } from './migrate-base.ts';
import { CERTIFIED, certify, uncertify } from './migrate-certificates.ts';
import {
  atPhase,
  configureQemu,
  killedCore,
  Mover,
  NAME,
  other,
  type At,
  type Hosts,
} from './migrate-lab.ts';
import { pastedCommand } from './migrate-pasted.ts';
import { isTold, noData, noPacket, type Quiet } from './migrate-quiet.ts';
import { strangerRefuses } from './migrate-stranger.ts';
import { LIMIT_MS, SerialBeats, standsBriefly, standsWithinLimit } from './serial-beats.ts';

/** What QEMU needs for post-copy where vm.unprivileged_userfaultfd is off. */
const AS_ROOT = ['user = "root"', 'group = "root"', 'clear_emulator_capabilities = 0'];

suite('the ways a machine can go from host to host', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let hosts: Hosts;
  let mover: Mover;
  /** Where it is. */
  let at: At = 1;
  before(async () => {
    lab = await Lab.up(2);
    await Promise.all([lab.clean(1), lab.clean(2)]);
    await configureQemu(lab, AS_ROOT);
    core = await TestCore.open({ lab });
    hosts = {
      1: await core.connect(`root@${lab.address(1)}`),
      2: await core.connect(`root@${lab.address(2)}`),
    };
    mover = await Mover.boot(lab, core, hosts);
  });
  after(async () => {
    await core.close();
    await Promise.all([lab.clean(1), lab.clean(2), uncertify(lab)]);
    await configureQemu(lab, []);
    await lab.release();
  });

  const asked = (change: Partial<MigrateInput>): MigrateInput =>
    mover.input(at, { via: 'direct', address: lab.address(other(at)), ...change });
  const peer = (): Partial<MigrateInput> => ({
    drive: 'peer',
    peerUri: `qemu+tcp://${lab.address(other(at))}/system`,
  });

  async function moves(
    change: Partial<MigrateInput>,
    meanwhile: (job: string) => Promise<void> = () => Promise.resolve(),
    volumes?: string[],
  ): Promise<string> {
    const { job } = await core.client.migrate.run(asked(change));
    await meanwhile(job);
    const end = await jobOver(core, job);
    assert.equal(end.state, 'done', JSON.stringify(end));
    at = other(at);
    await mover.runsOnlyOn(at, volumes);
    return JSON.stringify(end.log);
  }

  const beats = (): Promise<SerialBeats> => SerialBeats.watch(lab, NAME, { from: at, to: other(at) });

  /** And stands still for less than is allowed. */
  const movesWithin = (change: () => Partial<MigrateInput>): Promise<void> =>
    standsWithinLimit(
      () => beats(),
      () => moves({ ...change(), downtimeMs: LIMIT_MS }),
    );

  test('driven by the source’s libvirtd, with its disk copied and its memory compressed', async () => {
    await movesWithin(() => ({ ...peer(), compression: 'xbzrle' }));
  });

  /** The command that the window shows, by the editor that its shell knows. */
  async function pasted(uri: string, change: Partial<MigrateInput>): Promise<void> {
    const command = await pastedCommand(core, { uri, input: asked({}), change });
    await lab.exec(at, 'env', 'EDITOR=ls -l', 'sh', '-c', command);
  }

  test('the command that the window shows is one that virsh takes: it moves the machine, and ends at the first thing that fails', async () => {
    const image = `/var/lib/libvirt/images/${NAME}.qcow2`;
    const networks = { nowhere: 'elsewhere' };
    await lab.exec(at, 'virsh', '-q', 'desc', NAME, '--config', 'pending');
    await assert.rejects(
      pasted(`qemu+tcp://${lab.address(other(at))}:1/system`, { networks }),
      /unable to connect|Connection refused/i,
    );
    await mover.runsOnlyOn(at);
    await pasted(`qemu+tcp://${lab.address(other(at))}/system`, { networks });
    at = other(at);
    await lab.exec(other(at), 'virsh', '-q', 'vol-delete', image);
    await mover.runsOnlyOn(at);
    const desc = (...of: string[]) => lab.exec(at, 'virsh', '-q', 'desc', NAME, ...of);
    assert.deepEqual([(await desc('--config')).trim(), /pending/.test(await desc())], ['pending', false]);
    assert.equal((await lab.exec(other(at), 'sh', '-c', 'ls /tmp/*/inactive.xml || :')).trim(), '');
    await lab.exec(at, 'virsh', '-q', 'autostart', '--disable', NAME);
  });

  test('virsh moves it: both rows tell of it, and it is neither ended nor copied meanwhile', async () => {
    const there = other(at);
    const image = `/var/lib/libvirt/images/${NAME}.qcow2`;
    const uri = `qemu+tcp://${lab.address(there)}/system`;
    const size = /virtual size: .*\((\d+) bytes\)/.exec(
      await lab.exec(at, 'qemu-img', 'info', '-U', image),
    )?.[1];
    const made = ['default', `${NAME}.qcow2`, size ?? '', '--format', 'qcow2'];
    await lab.exec(there, 'virsh', '-q', 'vol-create-as', ...made);
    const flags = ['--live', '--persistent', '--undefinesource', '--copy-storage-all', '--bandwidth', '4'];
    const over = lab.exec(at, 'virsh', '-q', 'migrate', ...flags, NAME, uri);
    await until(() => movesByState(core.mirror.domains).get(mover.uuid), 'both hosts show it');
    assert.deepEqual(movesByState(core.mirror.domains).get(mover.uuid), {
      from: hosts[at],
      to: hosts[there],
    });
    const shown = { managedSave: false, snapshots: 0, checkpoints: 0, nvram: false, tpm: false };
    const { client } = core;
    for (const [host, way] of [
      [at, 'from'],
      [there, 'to'],
    ] as const) {
      const ref = { host: hosts[host], uuid: mover.uuid };
      const calls = {
        'forced off': () => client.domain.destroy(ref),
        deleted: () => client.domain.delete({ ...ref, volumes: [], force: true, shown }),
        saved: () => client.domain.save(ref),
        resumed: () => client.domain.resume(ref),
        cloned: () =>
          client.clone.run(cloneInput({ host: ref.host, machine: ref.uuid, to: ref.host, name: 'twin' })),
        'kept as a template': () => client.template.keep(ref),
      };
      for (const [done, call] of Object.entries(calls))
        await assert.rejects(
          call,
          new RegExp(`is being moved ${way} .* by another program, and is not ${done} before that is over`),
        );
    }
    await lab.exec(at, 'virsh', '-q', 'migrate-setspeed', NAME, '1000');
    await over;
    at = there;
    await lab.exec(other(at), 'virsh', '-q', 'vol-delete', image);
    await mover.runsOnlyOn(at);
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'running');
    assert.deepEqual([...movesByState(core.mirror.domains)], []);
  });

  test('the app is killed while libvirtd drives: that goes on, and the next start knows where it is', async () => {
    const input = asked({ ...peer(), bandwidthMiBs: 40 });
    const again = await killedCore(core, { input, when: 'on the way' });
    core = again.core;
    await Promise.all([core.inState(hosts[1], 'connected'), core.inState(hosts[2], 'connected')]);
    assert.equal(again.end.state, 'done', JSON.stringify(again.end));
    at = other(at);
    await mover.runsOnlyOn(at);
  });

  test('cancelled while libvirtd drives: it runs on where it was, and no volume is left', async () => {
    const { job } = await core.client.migrate.run(asked({ ...peer(), bandwidthMiBs: 1, downtimeMs: 450 }));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    assert.equal(await mover.downtimeLimit(at), 450);
    await core.client.migrate.tune({ host: hosts[at], uuid: mover.uuid, downtimeMs: 700 });
    assert.equal(await mover.downtimeLimit(at), 700);
    await core.client.activity.cancelJob({ job });
    const { state, mayBeLeft } = await jobOver(core, job);
    assert.deepEqual({ state, mayBeLeft }, { state: 'cancelled', mayBeLeft: [] });
    await mover.runsOnlyOn(at);
  });

  /** It failed at something that is on its way, and is where it was. */
  async function stays(change: Partial<MigrateInput>, meanwhile: () => Promise<void>): Promise<void> {
    const { job } = await core.client.migrate.run(asked(change));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    await meanwhile();
    const { state, mayBeLeft } = await jobOver(core, job);
    assert.deepEqual({ state, mayBeLeft }, { state: 'failed', mayBeLeft: [] });
    await Promise.all([core.inState(hosts[1], 'connected'), core.inState(hosts[2], 'connected')]);
    await mover.runsOnlyOn(at);
  }

  for (const way of ['app', 'peer'] as const)
    test(`the source’s libvirtd ends on the way (driven by ${way}): it runs on where it was, and no volume is left`, async () => {
      await stays({ ...(way === 'peer' ? peer() : {}), bandwidthMiBs: 1 }, async () => {
        // At once: told to end, it waits a minute for what is on its way.
        await lab.exec(at, 'sh', '-c', 'kill -9 $(cat /run/libvirtd.pid)');
        await lab.startLibvirtd(at);
      });
    });

  test('the link to the source is lost while data goes from host to host: what goes on without it is ended', async () => {
    await stays({ bandwidthMiBs: 1, downtimeMs: 450 }, async () => {
      assert.equal(await mover.downtimeLimit(at), 450);
      await core.client.migrate.tune({ host: hosts[at], uuid: mover.uuid, downtimeMs: 700 });
      assert.equal(await mover.downtimeLimit(at), 700);
      await lab.exec(at, 'sh', '-c', 'pkill -f "^sshd: root" || :');
    });
  });

  /** Nothing reaches the target or leaves it, from when data goes to it until the machine is known to have stayed. */
  async function whileSilent(
    change: Partial<MigrateInput>,
    meanwhile: (job: string) => Promise<unknown>,
    quiet: Quiet = noPacket,
  ) {
    const there = other(at);
    const { job } = await core.client.migrate.run(asked({ bandwidthMiBs: 1, ...change }));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    await quiet.begin(lab, there);
    try {
      await meanwhile(job);
      // What waits for the target holds up libvirt's own question, too.
      await until(
        async () => /: +None/.test(await lab.exec(at, 'virsh', 'domjobinfo', NAME).catch(() => '')),
        'the source has ended it, and waits for nobody',
      );
      assert.equal(await mover.state(at), 'running');
      // libvirt says so of a guest that stands still, too.
      await mover.countsOn(at);
    } finally {
      await quiet.end(lab, there);
    }
    const { state, mayBeLeft, log } = await jobOver(core, job);
    assert.deepEqual(mayBeLeft, []);
    assert.match(JSON.stringify(log), /told to let the connections of the move go/);
    await core.inState(hosts[there], 'connected');
    await mover.runsOnlyOn(at);
    return state;
  }

  const silent = (job: string) =>
    isTold(core, job, /has said nothing for some seconds: mover is on \S+ as before/);

  test('the target falls silent on the way: it is said, and the move is given up when its link is lost', async () => {
    assert.equal(await whileSilent({}, silent), 'failed');
  });

  test('the target falls silent, and the move is cancelled before anybody knows: neither the guest nor its host waits for it', async () => {
    const cancel = (job: string) => core.client.activity.cancelJob({ job });
    assert.equal(await whileSilent({}, cancel), 'cancelled');
  });

  test('the target falls silent while the source’s libvirtd drives: it is given up before the guest waits for it', async () => {
    assert.equal(await whileSilent(peer(), silent), 'failed');
  });

  test('nothing of the move comes through, and the target answers: it is said, and who cancels waits for nobody', async () => {
    const cancel = async (job: string): Promise<void> => {
      await isTold(
        core,
        job,
        /answers, but nothing of the move has gone to it .*: mover is on \S+ as before/,
      );
      await core.client.activity.cancelJob({ job });
    };
    assert.equal(await whileSilent({}, cancel, noData), 'cancelled');
  });

  test('the target has no room: it runs on where it was, and no volume is left', async () => {
    const there = other(at);
    const pool =
      'mkdir -p /mnt/small && mount -t tmpfs -o size=4M small /mnt/small && virsh -q pool-create-as small dir --target /mnt/small';
    await lab.exec(there, 'sh', '-c', pool);
    try {
      const small = (await lab.exec(there, 'virsh', 'pool-uuid', 'small')).trim();
      const { job } = await core.client.migrate.run(asked({ pool: small }));
      const { state, mayBeLeft } = await jobOver(core, job);
      assert.deepEqual({ state, mayBeLeft }, { state: 'failed', mayBeLeft: [] });
      assert.equal((await lab.exec(there, 'ls', '/mnt/small')).trim(), '');
      await mover.runsOnlyOn(at);
    } finally {
      await lab.exec(there, 'sh', '-c', 'virsh -q pool-destroy small; umount /mnt/small');
    }
  });

  test('encrypted by the hosts’ certificates, over parallel connections', async () => {
    const refused = await core.client.migrate.run(asked({ tls: true, tlsName: CERTIFIED }));
    const end = await jobOver(core, refused.job);
    assert.equal(end.state, 'failed');
    assert.match(end.failure?.detail ?? '', /certificates, which both hosts must have in \/etc\/pki\/qemu/);
    await mover.runsOnlyOn(at);
    await certify(lab);
    await movesWithin(() => ({ tls: true, tlsName: CERTIFIED, parallel: 2 }));
  });

  test('post-copy, when a person says so: it goes on there before all of its memory is over', async () => {
    await standsBriefly(
      () => beats(),
      () =>
        moves({ postCopy: true, bandwidthMiBs: 20 }, async (job) => {
          await shown(core, job, ({ migration }) => (migration?.iteration ?? 0) > 0);
          await core.client.migrate.tune({ host: hosts[at], uuid: mover.uuid, postCopy: true });
        }),
      false,
    );
  });

  test('libvirtd drives, and its link to the target’s breaks as that was told to start it: it is paused where it was, marked, and not resumed by any Virtlane', async () => {
    const there = other(at);
    const answers = (what: '-I' | '-D') =>
      lab.exec(there, 'iptables', what, 'OUTPUT', '-p', 'tcp', '--sport', '16509', '-j', 'DROP');
    const { job } = await core.client.migrate.run(asked({ ...peer(), bandwidthMiBs: 40 }));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    await answers('-I');
    let end;
    try {
      end = await jobOver(core, job);
    } finally {
      await answers('-D');
    }
    assert.equal(end.state, 'failed');
    assert.match(
      JSON.stringify(end.log),
      /runs on both hosts, as libvirt let it go on at its source too: it is paused there/,
    );
    assert.deepEqual([await mover.state(at), await mover.state(there)], ['paused', 'running']);
    // The mark is libvirt's to keep.
    await lab.stopLibvirtd(at);
    await lab.startLibvirtd(at);
    await core.inState(hosts[at], 'connected');
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'paused');
    const left = { host: hosts[at], uuid: mover.uuid };
    await assert.rejects(core.client.domain.resume(left), /is left from its migration/);
    await assert.rejects(core.client.domain.save(left), /is what a migration has left, .* it is not saved/);
    const marked = /was paused as it ran on \S+, too, .* before \S+ was asked: add that host/;
    await strangerRefuses(lab, { at, uuid: mover.uuid }, marked);
    await core.client.domain.destroy(left);
    await lab.exec(
      at,
      'sh',
      '-c',
      `virsh -q undefine ${NAME}; virsh -q vol-delete ${mover.disk}; : > /var/log/libvirt/qemu/${NAME}-serial.log`,
    );
    at = there;
    await mover.runsOnlyOn(at);
  });

  test('what was written since a base that both hosts have goes over, and nothing else', async () => {
    await putOnBase(lab, at, mover.disk);
    await mover.counting(core, at);
    const both = ([1, 2] as const).flatMap((host) => [`${host} base.qcow2`, `${host} ${NAME}.qcow2`]);
    const top = { disks: [{ target: 'vda', way: 'top' as const, pool: null }], deleteSource: false };
    await standsBriefly(
      () => beats(),
      () => moves(top, undefined, both),
    );
    const info = await lab.exec(at, 'qemu-img', 'info', '-U', mover.disk);
    assert.match(info, /backing file: \S*base\.qcow2/);
    const sizes = await lab.exec(at, 'sh', '-c', `du -k ${mover.disk} $(dirname ${mover.disk})/base.qcow2`);
    const [written, whole] = sizes.split('\n').map((line) => Number.parseInt(line, 10));
    assert.ok((written ?? 0) < (whole ?? 0) / 4, `${written} KiB on ${whole} KiB`);
    await lab.exec(at, 'virsh', '-q', 'destroy', NAME);
    await mover.isWhole(at);
    await lab.exec(at, 'virsh', '-q', 'start', NAME);
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'running');
  });

  test('somebody deletes it on both hosts while the target’s answer is waited for: that is told, and no file is taken away', async () => {
    const there = other(at);
    const answers = (what: '-I' | '-D') =>
      lab.exec(there, 'iptables', what, 'OUTPUT', '-p', 'tcp', '--sport', '22', '-j', 'DROP');
    const forget = atPhase('after', 'finishing', async () => {
      await answers('-I');
    });
    let job = '';
    try {
      ({ job } = await core.client.migrate.run(asked({})));
      await until(async () => (await mover.state(there)) === 'running', 'it was started');
      for (const host of [there, at])
        await lab.exec(host, 'sh', '-c', `virsh -q destroy ${NAME} && virsh -q undefine ${NAME}`);
      await lab.exec(there, 'sh', '-c', 'pkill -f "^sshd: root" || :');
    } finally {
      forget();
      await answers('-D');
    }
    const volumes = await mover.volumes();
    const { state, failure, mayBeLeft } = await jobOver(core, job);
    assert.equal(state, 'failed');
    assert.match(JSON.stringify(failure), /neither \S+ nor \S+ has it any more/);
    assert.match(mayBeLeft[0] ?? '', /neither .* has it any more/);
    assert.deepEqual(await mover.volumes(), volumes);
    assert.deepEqual(
      [...new Set(volumes.map(([host]) => Number(host)))].toSorted((a, b) => a - b),
      [1, 2],
    );
  });
});
