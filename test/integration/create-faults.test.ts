import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Job } from '../../main/contract/activity.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import { Journal, type JournalEntry } from '../../main/jobs/engine/journal.ts';
import { Lab } from '../lab/lab.ts';
import { CallWatch } from '../support/call-watch.ts';
import { TestCore } from '../support/core.ts';
import { JobGate } from '../support/job-gate.ts';
import { offer, sha256Of, sparsePattern } from '../support/storage.ts';
import { until } from '../support/wait.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

const MIB = 1 << 20;

suite('making a machine that goes wrong leaves nothing', { timeout: 900_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let empty: string[];
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await bench.addImage('tiny.qcow2');
    empty = await bench.everything();
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });
  beforeEach(async () => assert.deepEqual(await bench.everything(), empty));
  afterEach(async () => assert.deepEqual(await bench.everything(), empty));

  const input = async (name: string): Promise<CreateInput> =>
    bench.input(name, {
      kind: 'cloudImage',
      image: { kind: 'volume', pool: bench.pool, name: 'tiny.qcow2' },
      copy: false,
      cloudInit: NO_CLOUD_INIT,
    });
  const fails = async (job: string): Promise<Job> => {
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'failed', JSON.stringify(ended));
    assert.deepEqual(ended.mayBeLeft, []);
    return ended;
  };

  /** All machines are made, and run; then they are taken away. */
  const makes = async (job: string, { names, count }: { names: string; count: number }): Promise<void> => {
    const ended = await bench.done(job);
    assert.deepEqual(ended.mayBeLeft, []);
    const inShell = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
    assert.equal((await inShell(`virsh -q list --name | grep -c ^${names}-`)).trim(), String(count));
    const all = 'virsh -q destroy $m; virsh -q undefine --nvram $m';
    await inShell(
      `for m in $(virsh -q list --name | grep ^${names}-); do ${all}; done; rm /var/lib/libvirt/images/${names}-*; virsh -q pool-refresh default`,
    );
  };
  /** Held as a step is in the journal, and its host is not asked yet. */
  const heldAt = async (names: string, step: string): Promise<{ job: string; gate: JobGate }> => {
    const name = `${names}-##`;
    const gate = new JobGate(new Map([[name, { moment: 'begun', step }]]));
    const { job } = await core.client.create.run({ ...(await input(name)), count: 6 });
    await until(() => gate.holds(name), `it is at ${step}`);
    return { job, gate };
  };
  const signal = (name: string): Promise<string> =>
    lab.exec(1, 'sh', '-c', `kill -${name} $(cat /run/libvirtd.pid)`);

  test('a definition that libvirt refuses: the disk and the seed are taken back', async () => {
    const wanted = await input('refused');
    const xml = (await core.client.create.plan(wanted)).xml.replace("machine='q35'", "machine='nope'");
    const job = await fails((await core.client.create.run({ ...wanted, xml })).job);
    assert.deepEqual(
      job.steps.map(({ state }) => state),
      ['undone', 'undone', 'failed', 'waiting'],
    );
  });

  test('a start that fails: the definition goes too', async () => {
    const wanted = await input('nostart');
    const { xml } = await core.client.create.plan(wanted);
    const job = await fails((await core.client.create.run({ ...wanted, xml: withLostDisk(xml) })).job);
    assert.match(JSON.stringify(job.failure), /nowhere/);
  });

  test('a UEFI machine takes its variables along', async () => {
    const wanted = await input('uefi');
    const { xml } = await core.client.create.plan({
      ...wanted,
      spec: { ...wanted.spec, firmware: 'efi' },
    });
    await fails((await core.client.create.run({ ...wanted, xml: withLostDisk(xml) })).job);
  });

  test('a volume of its name that is not its own: the job refuses, and the file stays', async () => {
    const wanted = await input('taken');
    await lab.exec(1, 'sh', '-c', 'echo mine > /var/lib/libvirt/images/taken.qcow2');
    try {
      // The pool does not know it yet, so the plan cannot.
      const job = await fails((await core.client.create.run(wanted)).job);
      assert.match(job.failure?.message ?? '', /taken\.qcow2 already/);
      assert.equal(await lab.exec(1, 'cat', '/var/lib/libvirt/images/taken.qcow2'), 'mine\n');
    } finally {
      await lab.exec(1, 'sh', '-c', 'rm /var/lib/libvirt/images/taken.qcow2; virsh -q pool-refresh default');
    }
  });

  test('no room for the disk', async () => {
    const wanted = await input('full');
    const [disk] = wanted.spec.disks;
    assert.ok(disk?.source.kind === 'new');
    // The pool's figures are those of its last refresh: it has been filled since.
    await lab.exec(
      1,
      'sh',
      '-ec',
      `mkdir -p /srv/small; mount -t tmpfs -o size=16m tmpfs /srv/small
       virsh -q pool-define-as small dir --target /srv/small; virsh -q pool-start small
       head -c 12M /dev/zero > /srv/small/others`,
    );
    const small = (await lab.exec(1, 'virsh', 'pool-uuid', 'small')).trim();
    const full = { pool: small, format: 'raw' as const, preallocation: 'full' as const, sizeBytes: 8 * MIB };
    const spec = { ...wanted.spec, disks: [{ ...disk, source: { ...disk.source, ...full } }] };
    const source = { kind: 'network' as const };
    try {
      const job = await fails((await core.client.create.run({ ...wanted, source, spec })).job);
      assert.match(JSON.stringify(job.failure), /space|large|allocate|full/i);
      assert.deepEqual((await lab.exec(1, 'ls', '/srv/small')).trim(), 'others');
    } finally {
      await lab.exec(
        1,
        'sh',
        '-c',
        'virsh -q pool-destroy small; virsh -q pool-undefine small; umount /srv/small; rmdir /srv/small',
      );
    }
  });

  // A CD of a first boot is filled, and its host waited for; of the others nobody saw the answer, and all is taken back.
  for (const [step, end] of [
    ['volume-1-1', 'failed'],
    ['seed-1', 'done'],
    ['define-1', 'failed'],
    ['start-restart-01', 'failed'],
  ] as const)
    test(`libvirtd ends after ${step} has asked it, and comes back: ${end}`, async () => {
      const calls = new CallWatch();
      try {
        const { job, gate } = await heldAt('restart', step);
        await signal('STOP');
        gate.letGo();
        await until(() => calls.asked('restart-##'), 'libvirtd is asked');
        await signal('KILL');
        await until(() => calls.lost('restart-##'), 'the call is lost');
        await lab.startLibvirtd(1);
        await (end === 'done' ? makes(job, { names: 'restart', count: 6 }) : fails(job));
        await core.inState(bench.host, 'connected');
      } finally {
        calls.end();
      }
    });

  // What asks for nothing has done nothing: it waits, where something is done that would be taken back.
  for (const [step, end] of [
    ['volume-1-1', 'failed'],
    ['volume-2-1', 'done'],
    ['define-1', 'done'],
    ['start-begin-01', 'done'],
  ] as const)
    test(`libvirtd ends before ${step} has asked it, and comes back: ${end}`, async () => {
      const { job, gate } = await heldAt('begin', step);
      await lab.stopLibvirtd(1);
      gate.letGo();
      await until(async () => {
        const found = await bench.now(job);
        return found?.state === 'failed' || (found?.waitsFor ?? []).length > 0;
      }, 'it waits, or has failed');
      await lab.startLibvirtd(1);
      await (end === 'done' ? makes(job, { names: 'begin', count: 6 }) : fails(job));
      await core.inState(bench.host, 'connected');
    });

  test('a link that is cut in the middle of an upload: it goes on when the host is back', async () => {
    const sizeBytes = 300 * MIB;
    let cut = false;
    const offered = await offer(core, 'big.iso', sizeBytes, async function* (offset, length) {
      if (!cut && offset > 100 * MIB && offset < 200 * MIB) {
        cut = true;
        await lab.exec(1, 'sh', '-c', 'pkill -f "^sshd: root" || :');
      }
      yield* sparsePattern(offset, length);
    });
    const { file } = offered;
    const medium = { kind: 'file' as const, file, pool: bench.pool, name: 'big.iso' };
    const { job } = await core.client.create.run(
      await bench.input('uploaded', { kind: 'iso', medium }, { start: false }),
    );
    const { log } = await bench.done(job);
    await offered.close();
    assert.ok(cut);
    assert.ok(
      log.some(({ text }) => /link is back|lost for a moment/.test(text)),
      JSON.stringify(log),
    );
    const images = '/var/lib/libvirt/images';
    const sum = await lab.exec(1, 'sha256sum', `${images}/big.iso`);
    assert.ok(sum.startsWith(await sha256Of(sizeBytes)), sum);
    const files = `${images}/big.iso ${images}/uploaded.qcow2`;
    const clear = `virsh -q undefine --nvram uploaded; rm ${files}; virsh -q pool-refresh default`;
    await lab.exec(1, 'sh', '-c', clear);
    await core.inState(bench.host, 'connected');
  });

  test('the link to the host that a saved disk is read from is cut in the middle: it is read on from where it was', async () => {
    const image = '/srv/shared/noise.vhd';
    const made = '/var/lib/libvirt/images/noise.img';
    const clear = `rm -f /srv/shared/noise.* ${made}; virsh -q undefine noise || :; virsh -q pool-refresh default`;
    const inShell = (script: string): Promise<string> => lab.exec(1, 'sh', '-ec', script);
    const vhd = 'qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on noise.raw noise.vhd';
    try {
      const sum = await inShell(
        `cd /srv/shared; head -c 192M /dev/urandom >noise.raw; sha256sum noise.raw; ${vhd}; rm noise.raw`,
      );
      const asked = await core.client.create.defaults({
        host: bench.host,
        os: null,
        source: 'diskFile',
        diskFile: { paths: [image], on: bench.host, format: 'raw' },
      });
      const wanted = await bench.input('noise', { kind: 'disk' }, { start: false });
      // When 32 MiB are there.
      const blocks = `stat -c %b ${made} 2>/dev/null || echo 0`;
      const cut = inShell(
        `until [ "$(${blocks})" -gt 65536 ]; do sleep 0.02; done; pkill -f "^sshd: root" || :`,
      );
      const { job } = await core.client.create.run({
        ...wanted,
        source: { kind: 'diskFile', paths: [image], on: bench.host },
        spec: { ...wanted.spec, disks: asked.spec.disks },
      });
      await cut;
      const { log } = await bench.done(job);
      assert.ok(
        log.some(({ text }) => /link is back|lost for a moment/.test(text)),
        JSON.stringify(log),
      );
      assert.equal((await lab.exec(1, 'sha256sum', made)).split(' ')[0], sum.split(' ')[0]);
    } finally {
      await inShell(clear);
      await core.inState(bench.host, 'connected');
    }
  });

  test('a web server that goes away in the middle is not waited for: it is no host', async () => {
    const server = http.createServer((request, response) => {
      response.writeHead(200, { 'content-length': 4 * MIB });
      if (request.method === 'HEAD') response.end();
      else {
        response.write(Buffer.alloc(MIB));
        server.close();
        server.closeAllConnections();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gone.iso`;
    const medium = { kind: 'url' as const, url, pool: bench.pool, checksum: null };
    const { job } = await core.client.create.run(await bench.input('gone', { kind: 'iso', medium }));
    const { log } = await fails(job);
    assert.ok(!log.some(({ text }) => text.includes('link')), JSON.stringify(log));
  });

  test('three copies to one name: one is made and stays, the others leave it alone', async () => {
    const from = { host: bench.host, uuid: bench.pool, name: 'tiny.qcow2' };
    const clone = () => core.client.volume.clone({ ...from, to: bench.pool, newName: 'copy.qcow2' });
    const begun = await Promise.allSettled([clone(), clone(), clone()]);
    const jobs = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value.job] : []));
    const ended = await Promise.all(jobs.map((job) => bench.ended(job)));
    assert.equal(ended.filter(({ state }) => state === 'done').length, 1, JSON.stringify(ended));
    for (const { mayBeLeft } of ended) assert.deepEqual(mayBeLeft, []);
    const clear =
      'cd /var/lib/libvirt/images; cmp tiny.qcow2 copy.qcow2 2>&1; rm copy.qcow2; virsh -q pool-refresh default';
    await lab.exec(1, 'sh', '-c', clear);
  });

  test('cancelled while libvirtd has the definition in its queue: it is waited for, and taken back', async (context) => {
    const signal = (name: string) => lab.exec(1, 'sh', '-c', `kill -${name} $(cat /run/libvirtd.pid)`);
    // eslint-disable-next-line typescript/unbound-method -- it is called on its journal
    const append = Journal.prototype.append;
    context.mock.method(Journal.prototype, 'append', async function (this: Journal, entry: JournalEntry) {
      await append.call(this, entry);
      if (entry.type === 'begin' && entry.step === 'define-1') await signal('STOP');
    });
    const { job } = await core.client.create.run(await input('queued'));
    try {
      const begun = async () => (await bench.now(job))?.log.some(({ text }) => text === 'Define queued');
      await until(begun, 'libvirtd is asked');
      await core.client.activity.cancelJob({ job });
    } finally {
      await signal('CONT');
    }
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'cancelled', JSON.stringify(ended));
    assert.deepEqual(ended.mayBeLeft, []);
    assert.ok(ended.log.some(({ text }) => text.startsWith('Cancelling')));
  });

  test('cancelled while it starts', async () => {
    const { job } = await core.client.create.run({ ...(await input('cancelled-##')), count: 8 });
    await core.client.activity.cancelJob({ job });
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'cancelled', JSON.stringify(ended));
    assert.deepEqual(ended.mayBeLeft, []);
  });

  test('the host is frozen in between, and thawed: it is waited for and cleared', async () => {
    const { job, gate } = await heldAt('frozen', 'define-1');
    await lab.freeze(1);
    gate.letGo();
    await until(
      async () => {
        const found = await bench.now(job);
        return found?.state === 'waiting' && found.mayBeLeft.length > 0;
      },
      'the job waits and names what may be left',
      120_000,
    );
    await lab.thaw(1);
    await fails(job);
  });
});

/** It can be defined, and not started. */
function withLostDisk(xml: string): string {
  const disk =
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/nowhere.img'/><target dev='vdz' bus='virtio'/></disk>";
  return xml.replace('</devices>', `${disk}</devices>`);
}
