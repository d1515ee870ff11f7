import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Homes } from '../../main/settings/homes.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { jobOver, shown } from '../support/job-watch.ts';
import { CliProcesses } from './cli-process.ts';
import { atPhase, killedCore, Mover, NAME, other, type At, type Hosts } from './migrate-lab.ts';
import { strangerRefuses } from './migrate-stranger.ts';
import { LIMIT_MS, SerialBeats, standsBriefly, standsWithinLimit } from './serial-beats.ts';

const RENAMED = 'mover-there';

suite('a machine goes from host to host', { timeout: 900_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let hosts: Hosts;
  let mover: Mover;
  /** Where it is. */
  let at: At = 1;
  before(async () => {
    lab = await Lab.up(2);
    await Promise.all([lab.clean(1), lab.clean(2)]);
    core = await TestCore.open({ lab });
    hosts = {
      1: await core.connect(`root@${lab.address(1)}`),
      2: await core.connect(`root@${lab.address(2)}`),
    };
    mover = await Mover.boot(lab, core, hosts);
    // Whatever goes between them goes through Virtlane.
    for (const host of [1, 2] as const) await wall(host, '-A');
  });
  after(async () => {
    for (const host of [1, 2] as const) await lab.exec(host, 'iptables', '-F', 'INPUT');
    await core.close();
    await Promise.all([lab.clean(1), lab.clean(2)]);
    await lab.release();
  });

  function wall(host: At, what: '-A' | '-D'): Promise<string> {
    const from = lab.address(other(host));
    return lab.exec(host, 'iptables', what, 'INPUT', '-s', from, '-j', 'REJECT');
  }

  async function moved(change: Parameters<Mover['input']>[1] = {}) {
    const { job } = await core.client.migrate.run(mover.input(at, change));
    return jobOver(core, job);
  }

  const beats = (): Promise<SerialBeats> => SerialBeats.watch(lab, NAME, { from: at, to: other(at) });

  test('it runs on, with its disk copied, between hosts that do not reach each other', async () => {
    const found = await core.client.migrate.check({ host: hosts[at], uuid: mover.uuid });
    assert.deepEqual(
      found.map(({ host, items }) => [host, items.filter(({ level }) => level === 'stop')]),
      [[hosts[2], []]],
    );
    const clock = found[0]?.items.find(({ id }) => id === 'clock');
    assert.match(clock?.message ?? '', /^The clocks of .* agree\.$/);
    // So that it is refused at once, and not waited for as behind a firewall that drops.
    await wall(1, '-D');
    const job = await moved({ via: 'direct', address: lab.address(2) });
    await wall(1, '-A');
    assert.equal(job.state, 'done', JSON.stringify(job));
    at = 2;
    await mover.runsOnlyOn(at);
    assert.match(JSON.stringify(job.log), /does not reach .* goes through this computer/);
    assert.match(JSON.stringify(job.log), /It stood still for \d+ ms/);
  });

  test('it stands still for less than a person allows', async () => {
    await standsWithinLimit(
      () => beats(),
      async () => {
        const job = await moved({ downtimeMs: LIMIT_MS });
        assert.equal(job.state, 'done', JSON.stringify(job));
        at = other(at);
        await mover.runsOnlyOn(at);
        return JSON.stringify(job.log);
      },
    );
  });

  test('cancelled on the way: it runs on where it was, and no volume is left', async () => {
    const { job } = await core.client.migrate.run(mover.input(at, { bandwidthMiBs: 1, downtimeMs: 450 }));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    assert.equal(await mover.downtimeLimit(at), 450);
    const limits = { host: hosts[at], uuid: mover.uuid, bandwidthMiBs: 3, downtimeMs: 700 };
    await core.client.migrate.tune(limits);
    assert.equal((await lab.exec(at, 'virsh', 'migrate-getspeed', NAME)).trim(), '3');
    assert.equal(await mover.downtimeLimit(at), 700);
    await core.client.activity.cancelJob({ job });
    const { state, mayBeLeft } = await jobOver(core, job);
    assert.deepEqual({ state, mayBeLeft }, { state: 'cancelled', mayBeLeft: [] });
    await mover.runsOnlyOn(at);
  });

  test('the target’s libvirtd ends on the way: it runs on where it was, and no volume is left', async () => {
    const there = other(at);
    const { job } = await core.client.migrate.run(mover.input(at, { bandwidthMiBs: 1 }));
    await shown(core, job, ({ progress }) => (progress ?? 0) > 0.05);
    await lab.stopLibvirtd(there);
    await lab.startLibvirtd(there);
    const { state, mayBeLeft } = await jobOver(core, job);
    assert.deepEqual({ state, mayBeLeft }, { state: 'failed', mayBeLeft: [] });
    await core.inState(hosts[there], 'connected');
    await mover.runsOnlyOn(at);
  });

  test('the target is told to start it, and its answer is lost: it is asked, and has it alone', async () => {
    const there = other(at);
    const answers = (what: '-I' | '-D') =>
      lab.exec(there, 'iptables', what, 'OUTPUT', '-p', 'tcp', '--sport', '22', '-j', 'DROP');
    const forget = atPhase('after', 'finishing', async () => {
      await answers('-I');
    });
    try {
      const { job } = await core.client.migrate.run(mover.input(at));
      await until(async () => (await mover.state(there)) === 'running', 'it was started');
      assert.equal(await mover.state(at), 'paused');
      await lab.exec(there, 'sh', '-c', 'pkill -f "^sshd: root" || :');
      await answers('-D');
      const end = await jobOver(core, job);
      assert.equal(end.state, 'done', JSON.stringify(end));
    } finally {
      forget();
    }
    at = there;
    await core.inState(hosts[at], 'connected');
    await mover.runsOnlyOn(at);
  });

  /** Kills the app at the point; the next start finds out by itself. */
  async function killed(when: string, meanwhile: () => Promise<void> = () => Promise.resolve()) {
    const input = mover.input(at, when.startsWith('on') ? { bandwidthMiBs: 1 } : {});
    const again = await killedCore(core, { input, when, meanwhile });
    core = again.core;
    await Promise.all([core.inState(hosts[1], 'connected'), core.inState(hosts[2], 'connected')]);
    assert.deepEqual(again.end.mayBeLeft, []);
    return again.end;
  }

  for (const when of ['on the way', 'after finishing'])
    test(`the app is killed ${when}: it runs on where it was, and no volume is left`, async () => {
      const { state, failure, log } = await killed(when);
      assert.equal(state, 'failed');
      assert.match(failure?.message ?? '', /The Virtlane that did it ended in the middle/);
      assert.equal(log.filter(({ text }) => text.startsWith(`${NAME} is on `)).length, 1);
      await mover.runsOnlyOn(at);
    });

  test('the app is killed when the target has it: what is left at the source is never resumed, and goes; it lives there from now on', async () => {
    const home = hosts[at];
    // As after an evacuation from which it has come back.
    const homes = new Homes({
      dataDir: path.join(core.folder, 'data'),
      transient: false,
      onBroken: () => assert.fail(),
    });
    await homes.leave(mover.uuid, core.mirror.hosts.find(({ id }) => id === home)?.uri ?? '');
    const { state } = await killed('before arrived', () => refusesToResume());
    assert.equal(state, 'done');
    at = other(at);
    await mover.runsOnlyOn(at);
    assert.deepEqual(await core.client.migrate.away({ host: home }), []);
  });

  async function refusesToResume(): Promise<void> {
    assert.equal(await mover.state(at), 'paused');
    await strangerRefuses(lab, { at, uuid: mover.uuid }, /before the other host was asked/);
  }

  test('paused by a person, it goes and stays paused; it starts with its new host, and the list knows at once', async () => {
    await core.client.domain.setAutostart({ host: hosts[at], uuid: mover.uuid, autostart: true });
    await core.client.domain.suspend({ host: hosts[at], uuid: mover.uuid });
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'paused');
    const job = await moved();
    assert.equal(job.state, 'done', JSON.stringify(job));
    at = other(at);
    assert.deepEqual([await mover.state(at), await mover.state(other(at))], ['paused', null]);
    await core.machine(hosts[at], mover.uuid, ({ state, autostart }) => state === 'paused' && autostart);
    await core.client.domain.setAutostart({ host: hosts[at], uuid: mover.uuid, autostart: false });
    await core.client.domain.resume({ host: hosts[at], uuid: mover.uuid });
    await mover.runsOnlyOn(at);
  });

  test('off, its disk and the settings of its firmware go, read back and compared, and then it is there alone', async () => {
    const firmware = `<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
      <nvram>/var/lib/libvirt/qemu/nvram/${NAME}_VARS.fd</nvram>`;
    const nvram = (host: At) =>
      lab.exec(
        host,
        'sh',
        '-c',
        'cd /var/lib/libvirt/qemu/nvram; for f in *; do echo "$f $(cat "$f")"; done',
      );
    const sum = async (host: At) =>
      (await lab.exec(host, 'sha256sum', `/var/lib/libvirt/images/${NAME}.qcow2`)).split(' ')[0];
    await lab.exec(at, 'virsh', '-q', 'destroy', NAME);
    const plain = await lab.exec(at, 'virsh', 'dumpxml', '--inactive', NAME);
    const xml = plain.replace('</os>', `${firmware}</os>`);
    const define = 'cat > /tmp/define.xml; virsh -q define /tmp/define.xml';
    await lab.execWith(xml, at, 'sh', '-c', define);
    await lab.exec(at, 'sh', '-c', `echo marker > /var/lib/libvirt/qemu/nvram/${NAME}_VARS.fd`);
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
    const before = await sum(at);
    const job = await moved();
    assert.equal(job.state, 'done', JSON.stringify(job));
    at = other(at);
    assert.deepEqual([await mover.state(at), await mover.state(other(at))], ['shut off', null]);
    assert.equal(await sum(at), before);
    assert.deepEqual(await mover.volumes(), [`${at} ${NAME}.qcow2`]);
    assert.match(await nvram(at), new RegExp(`^${NAME}_VARS-[0-9a-f]{8}.fd marker$`, 'm'));
    assert.doesNotMatch(await nvram(other(at)), /marker/);
    assert.match(await lab.exec(at, 'virsh', 'dumpxml', NAME), /<nvram>.*_VARS-[0-9a-f]{8}.fd<\/nvram>/);
    assert.doesNotMatch(await lab.exec(at, 'virsh', 'pool-list', '--all'), /virtlane/);
    await lab.execWith(plain, at, 'sh', '-c', define);
  });

  test('the CD of its first boot goes with it; what it left is replaced when it comes back, and what was changed since is not', async () => {
    const [seed, files] = [`${NAME}-seed.iso`, '/var/lib/libvirt/images'];
    const plain = await lab.exec(at, 'virsh', 'dumpxml', '--inactive', NAME);
    const attach = `seq 9000 > ${files}/${seed}; virsh -q pool-refresh default
      virsh -q attach-disk ${NAME} ${files}/${seed} sda --type cdrom --mode readonly --config`;
    await lab.exec(at, 'sh', '-ec', attach);
    const both = ([1, 2] as const).flatMap((host) => [`${host} ${seed}`, `${host} ${NAME}.qcow2`]);
    for (let trip = 1; trip <= 2; trip += 1) {
      const away = await moved({ deleteSource: false });
      assert.equal(away.state, 'done', JSON.stringify(away));
      assert.match(
        JSON.stringify(away.log),
        /stays on \S+: default\/mover\.qcow2 \(.*default\/mover-seed\.iso/,
      );
      at = other(at);
      assert.deepEqual(await mover.volumes(), both);
      await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
    }
    await lab.exec(other(at), 'sh', '-c', `echo foreign >> ${files}/${seed}`);
    await core.client.domain.start({ host: hosts[at], uuid: mover.uuid });
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'running');
    const back = await moved();
    assert.equal(back.state, 'done', JSON.stringify(back));
    at = other(at);
    const now = `${NAME}-2-seed.iso`;
    assert.deepEqual(
      await mover.volumes(),
      [now, seed, `${NAME}.qcow2`].map((file) => `${at} ${file}`),
    );
    for (const more of [[], ['--inactive']])
      assert.match(
        await lab.exec(at, 'virsh', 'domblklist', ...more, NAME),
        new RegExp(`sda +${files}/${now}`),
      );
    assert.equal(
      await lab.exec(at, 'sh', '-c', `seq 9000 | cmp - ${files}/${now}; tail -1 ${files}/${seed}`),
      'foreign\n',
    );
    await lab.exec(
      at,
      'sh',
      '-c',
      `virsh -q destroy ${NAME}; rm ${files}/*-seed.iso; virsh -q pool-refresh default`,
    );
    await lab.execWith(plain, at, 'sh', '-c', 'cat > /tmp/define.xml; virsh -q define /tmp/define.xml');
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
  });

  test('off, with a CPU that no host has: it goes with the one that both have, and starts there', async () => {
    const plain = await lab.exec(at, 'virsh', 'dumpxml', '--inactive', NAME);
    const define = 'cat > /tmp/define.xml; virsh -q define /tmp/define.xml';
    const cpu = `<cpu mode='custom' match='exact' check='none'><model>qemu64</model><feature policy='require' name='avx512f'/></cpu>`;
    await lab.execWith(plain.replace(/<cpu [^]*?<\/cpu>/, cpu), at, 'sh', '-c', define);
    const { items, cpu: found } = await core.client.migrate.plan(mover.input(at));
    const [stops] = items.filter(({ level }) => level === 'stop');
    assert.match(stops?.message ?? '', /lacks what the guest was promised \(avx512f\)/);
    const model = found?.baseline ?? '';
    assert.deepEqual(stops?.fix, { kind: 'cpu', model, shutDown: false });
    const job = await moved({ cpu: 'baseline' });
    assert.equal(job.state, 'done', JSON.stringify(job));
    at = other(at);
    const there = await lab.exec(at, 'virsh', 'dumpxml', '--inactive', NAME);
    assert.match(there, new RegExp(`<model fallback='forbid'>${model}</model>`));
    await lab.exec(at, 'virsh', '-q', 'start', NAME);
    await lab.exec(at, 'virsh', '-q', 'destroy', NAME);
    await lab.execWith(plain, at, 'sh', '-c', define);
    await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
  });

  /** The same on the command line. */
  async function byCommand(...more: string[]) {
    const cli = await CliProcesses.create();
    try {
      const ssh = path.join(cli.home, '.ssh');
      await mkdir(ssh, { mode: 0o700 });
      await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
      await chmod(path.join(ssh, 'id_ed25519'), 0o600);
      const uris = [1, 2].flatMap((host) => ['-c', `root@${lab.address(host)}`]);
      return await cli.run('--accept-new', ...uris, 'migrate', NAME, lab.address(other(at)), ...more);
    } finally {
      await cli.remove();
    }
  }

  test('on storage that both see nothing is copied; off, only its definition goes', async () => {
    for (const host of [1, 2] as const)
      await lab.exec(
        host,
        'sh',
        '-c',
        'virsh -q pool-define-as shared dir --target /srv/shared && virsh -q pool-start shared && virsh -q pool-refresh shared',
      );
    try {
      const xml = await lab.exec(at, 'virsh', 'dumpxml', '--inactive', NAME);
      const here = `/srv/shared/${NAME}.qcow2`;
      const there = xml.replace(`/var/lib/libvirt/images/${NAME}.qcow2`, here);
      await lab.exec(
        at,
        'sh',
        '-c',
        `virsh -q destroy ${NAME}; mv /var/lib/libvirt/images/${NAME}.qcow2 ${here}`,
      );
      for (const host of [1, 2] as const) await lab.exec(host, 'virsh', '-q', 'pool-refresh', 'shared');
      await lab.execWith(there, at, 'sh', '-c', 'cat > /tmp/define.xml; virsh -q define /tmp/define.xml');
      await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
      const off = await core.client.migrate.plan(mover.input(at));
      assert.deepEqual([off.kind, off.disks.map(({ way }) => way)], ['offline', ['shared']]);
      const insert = `virsh -q attach-disk ${NAME} /srv/tools.iso sda --type cdrom --mode readonly --config`;
      await lab.exec(at, 'sh', '-ec', `truncate -s 1M /srv/tools.iso; ${insert}`);
      const refused = await byCommand();
      assert.match(refused.err, /tools\.iso is in the drive sda, and is not on/);
      const command = await byCommand('--eject');
      assert.equal(command.code, 0, command.err);
      assert.doesNotMatch(await lab.exec(other(at), 'virsh', 'dumpxml', NAME), /tools\.iso/);
      assert.match(command.out.toString(), /^mover: moved from \S+ to \S+$/m);
      at = other(at);
      assert.deepEqual([await mover.state(at), await mover.state(other(at))], ['shut off', null]);
      await core.machine(hosts[at], mover.uuid, ({ state }) => state === 'shutoff');
      await core.client.domain.start({ host: hosts[at], uuid: mover.uuid });
      mover.disk = here;
      await mover.counting(core, at);
      // From host to host.
      for (const host of [1, 2] as const) await wall(host, '-D');
      const goes = (change: Parameters<Mover['input']>[1]): Promise<void> =>
        standsBriefly(
          () => beats(),
          async () => {
            const job = await moved({ unsafe: true, ...change });
            assert.equal(job.state, 'done', JSON.stringify(job));
            at = other(at);
            await mover.runsOnlyOn(at);
            return JSON.stringify(job.log);
          },
        );
      await goes({ via: 'direct', address: lab.address(other(at)) });
      // Through the link of the two libvirtds, and called something else there.
      const peerUri = () => `qemu+tcp://${lab.address(other(at))}/system`;
      await goes({ drive: 'tunnel', peerUri: peerUri(), name: RENAMED });
      for (const more of [[], ['--inactive']])
        assert.match(
          await lab.exec(at, 'virsh', 'dumpxml', ...more, RENAMED),
          new RegExp(`<name>${RENAMED}</name>`),
        );
      await goes({ drive: 'peer', peerUri: peerUri() });
      await lab.exec(at, 'virsh', '-q', 'destroy', RENAMED);
      await mover.isWhole(at);
    } finally {
      for (const host of [1, 2] as const)
        await lab.exec(
          host,
          'sh',
          '-c',
          `for name in ${NAME} ${RENAMED}; do virsh -q destroy $name; virsh -q undefine $name; done; rm -f /srv/shared/*; virsh -q pool-destroy shared; virsh -q pool-undefine shared; :`,
        );
    }
  });
});
