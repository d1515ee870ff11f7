import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { CreateInput } from '../../main/contract/create.ts';
import { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { CliProcesses } from './cli-process.ts';
import { CreateBench, GUEST, NO_CLOUD_INIT } from './create-lab.ts';
import { saveTinyGuest } from './p2v-disks.ts';
import { MIB, SavedMachine } from './p2v-image.ts';

const CHILD = path.join(import.meta.dirname, 'create-killed-core.ts');
const NAME = 'killed';
const IMAGE_OF = (pool: string) => ({
  kind: 'cloudImage' as const,
  image: { kind: 'volume' as const, pool, name: 'tiny.qcow2' },
  copy: false,
});
const STEPS = ['volume-1-1', 'seed-1', 'define-1', `start-${NAME}`];
/** There the command line takes it back and goes on with it, elsewhere the window's methods. */
const BY_COMMAND = 'before done define-1';
const POINTS = STEPS.flatMap((step) => [`after begin ${step}`, `before done ${step}`]).filter(
  (when) => when !== BY_COMMAND,
);

suite('the app is killed while it makes a machine', { timeout: 900_000 }, () => {
  let lab: Lab;
  let first: CreateBench;
  let folder: string;
  let input: CreateInput;
  let empty: string[];
  let secrets: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    const core = await TestCore.open({ lab });
    ({ folder } = core);
    secrets = path.join(folder, 'secrets.json');
    first = await CreateBench.open(lab, core);
    await first.addImage('tiny.qcow2');
    empty = await first.everything();
    input = await first.input(NAME, { ...IMAGE_OF(first.pool), cloudInit: NO_CLOUD_INIT });
    await core.stop();
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await lab.clean(1);
    await lab.release();
  });

  /** Kills it at the point; the next start has a job that waits for the choice. Answers with how that ended, and what is there then. */
  async function killed(
    when: string,
    choice: 'goOn' | 'undo',
    {
      kept = true,
      onlyBack = false,
      asked = input,
      meanwhile = () => Promise.resolve(''),
      left = [] as string[],
    } = {},
  ) {
    const child = await startChild(CHILD, [folder, secrets, JSON.stringify(asked), when]);
    assert.equal(await endOf(child), 'SIGKILL');
    if (!kept) await rm(secrets);
    await meanwhile();
    const core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
    try {
      const bench = first.with(core);
      await core.inState(bench.host, 'connected');
      const [id = ''] = (await readdir(path.join(folder, 'data', 'jobs'))).map(
        (name) => path.parse(name).name,
      );
      const found = await bench.now(id);
      assert.equal(found?.state, 'interrupted');
      assert.equal(found.onlyBack === true, onlyBack);
      if (onlyBack)
        await assert.rejects(
          core.client.activity.resumeJob({ job: id, choice: 'goOn' }),
          /can only be taken back/,
        );
      await core.client.activity.resumeJob({ job: id, choice });
      const job = await bench.ended(id);
      assert.deepEqual(job.mayBeLeft, left);
      assert.deepEqual(await readdir(path.join(folder, 'data', 'jobs')), []);
      assert.deepEqual(await new FileSecrets(secrets).keys(), []);
      return { job, there: await bench.everything() };
    } finally {
      await core.stop();
    }
  }

  async function clear(): Promise<void> {
    const files = '/var/lib/libvirt/images/killed*';
    const undefine = `virsh -q destroy ${NAME}; virsh -q undefine --nvram ${NAME}; rm -f ${files}`;
    await lab.exec(1, 'sh', '-c', `{ ${undefine}; virsh -q pool-refresh default; } >/dev/null 2>&1; true`);
  }

  for (const when of POINTS) {
    test(`${when}, and taken back: nothing is left`, async () => {
      const { job, there } = await killed(when, 'undo');
      assert.equal(job.state, 'cancelled', JSON.stringify(job));
      assert.deepEqual(there, empty);
    });

    test(`${when}, and gone on with: a whole machine`, async () => {
      try {
        const { job, there } = await killed(when, 'goOn');
        assert.equal(job.state, 'done', JSON.stringify(job));
        const made = ['killed', 'killed-seed.iso', 'killed.qcow2'];
        assert.deepEqual(there, [...empty, ...made].toSorted());
        assert.equal((await lab.exec(1, 'virsh', 'domstate', NAME)).trim(), 'running');
        const seed = await lab.exec(1, 'sh', '-c', 'tr -d "\\000" </var/lib/libvirt/images/killed-seed.iso');
        assert.match(seed, /#cloud-config/);
      } finally {
        await clear();
      }
    });
  }

  test('while a disk is filled from an image of Clonezilla: gone on with, it is filled anew', async () => {
    const machine = new SavedMachine(path.join(folder, 'saved'));
    await saveTinyGuest(machine, GUEST);
    const asked = {
      ...input,
      source: { kind: 'clonezilla' as const, path: machine.image, disks: ['sda'] },
      spec: {
        ...input.spec,
        disks: input.spec.disks.flatMap((disk) =>
          disk.source.kind === 'new'
            ? [{ ...disk, source: { ...disk.source, format: 'raw' as const, sizeBytes: 64 * MIB } }]
            : [],
        ),
      },
      start: false,
    };
    try {
      const { job, there } = await killed('before whole volume-1-1', 'goOn', { asked });
      assert.equal(job.state, 'done', JSON.stringify(job));
      assert.deepEqual(there, [...empty, 'killed', 'killed.img'].toSorted());
      const [sum] = (await lab.exec(1, 'sha256sum', '/var/lib/libvirt/images/killed.img')).split(' ');
      assert.equal(sum, machine.sh('sha256sum sda').split(' ')[0]);
    } finally {
      await clear();
    }
  });

  test('the command line lists such a job with what it may have left, takes it back, and goes on with it', async () => {
    const cli = new CliProcesses(path.join(folder, 'home'), path.join(folder, 'data'));
    const die = async (): Promise<void> => {
      const child = await startChild(CHILD, [folder, secrets, JSON.stringify(input), BY_COMMAND]);
      assert.equal(await endOf(child), 'SIGKILL');
    };
    const run = async (code: number, ...args: string[]) => {
      const result = await cli.run(...args);
      assert.equal(result.code, code, `${args.join(' ')}: ${result.out.toString()}${result.err}`);
      return result;
    };
    const listed = async () =>
      JSON.parse((await run(0, 'jobs', '--json')).out.toString()) as {
        readonly id: string;
        readonly name: string;
        readonly state: string;
        readonly mayBeLeft: readonly string[];
      }[];
    try {
      await die();
      const [job] = await listed();
      assert.deepEqual([job?.name, job?.state], [NAME, 'interrupted']);
      assert.deepEqual(job?.mayBeLeft, [
        'machine killed',
        'volume killed-seed.iso in pool default',
        'volume killed.qcow2 in pool default',
      ]);
      const { err } = await run(2, 'jobs', 'undo', NAME);
      assert.match(err, /say --yes/);
      await run(0, 'jobs', 'undo', NAME, '--yes');
      assert.deepEqual(await first.everything(), empty);
      assert.deepEqual(await listed(), []);
      await die();
      const [again] = await listed();
      await run(2, 'jobs', 'resume', 'nobody');
      await run(0, 'jobs', 'resume', again?.id.slice(0, 8) ?? '');
      assert.equal((await lab.exec(1, 'virsh', 'domstate', NAME)).trim(), 'running');
      assert.deepEqual(await listed(), []);
    } finally {
      await clear();
      await rm(secrets, { force: true });
    }
  });

  test('somebody makes a disk of that name since, and a machine on it: both stay', async () => {
    const meanwhile = () => {
      const disk = 'qemu-img create -q -f qcow2 killed.qcow2 256M && virsh -q pool-refresh default';
      const xml = `<domain type="qemu"><name>precious</name><memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os><devices><disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="/var/lib/libvirt/images/killed.qcow2"/><target dev="vda" bus="virtio"/></disk></devices></domain>`;
      const define = `echo '${xml}' >/tmp/precious.xml; virsh -q define /tmp/precious.xml; virsh -q start precious`;
      return lab.exec(1, 'sh', '-c', `cd /var/lib/libvirt/images && ${disk} && ${define}`);
    };
    const forget = async () => {
      const machine = 'virsh -q destroy precious; virsh -q undefine precious; rm -f /tmp/precious.xml; :';
      await lab.exec(1, 'sh', '-c', machine);
      await clear();
    };
    try {
      const { there } = await killed('after begin volume-1-1', 'undo', { meanwhile });
      assert.deepEqual(there, [...empty, 'killed.qcow2', 'precious'].toSorted());
      const left = ['volume killed.qcow2 in pool default: precious needs it'];
      await forget();
      assert.deepEqual((await killed('after note volume-1-1', 'undo', { meanwhile, left })).there, there);
    } finally {
      await forget();
    }
  });

  test('made, and its answer was lost: taken back when it was made as the host was asked, and not an hour later', async () => {
    const { there } = await killed('before open volume-1-1', 'undo');
    assert.deepEqual(there, empty);
    // Its clock, when it is asked, tells an hour ago.
    const told = Math.floor(Date.now() / 1000) - 3600;
    const script = `printf '#!/bin/sh\\necho ${told}\\n' >/tmp/date; chmod 755 /tmp/date`;
    const fake = `${script}; mount --bind /tmp/date $(command -v date)`;
    await lab.exec(1, 'sh', '-c', fake);
    try {
      const left = [
        'volume killed.qcow2 in pool default: nobody saw who made it, and it was not made when this job asked for it',
      ];
      assert.deepEqual(
        (await killed('before open volume-1-1', 'undo', { left })).there,
        [...empty, 'killed.qcow2'].toSorted(),
      );
    } finally {
      await lab.exec(1, 'sh', '-c', 'umount $(command -v date); rm /tmp/date');
      await clear();
    }
  });

  test('somebody starts the machine since: it stays, with its disks', async () => {
    const meanwhile = () => lab.exec(1, 'virsh', '-q', 'start', NAME);
    const left = [
      'machine killed: it runs, and was not started by this job',
      'volume killed-seed.iso in pool default: killed needs it',
      'volume killed.qcow2 in pool default: killed needs it',
    ];
    try {
      const { there } = await killed(`after begin start-${NAME}`, 'undo', { meanwhile, left });
      assert.deepEqual(there, [...empty, 'killed', 'killed-seed.iso', 'killed.qcow2'].toSorted());
      const persistent = await lab.exec(1, 'virsh', 'dominfo', NAME);
      assert.match(persistent, /State: +running\n[^]*Persistent: +yes/);
    } finally {
      await clear();
    }
  });

  test('while it copied the image, and gone on with: it is copied anew', async () => {
    const asked = { ...input, source: { ...input.source, copy: true }, start: false };
    try {
      const { job } = await killed('before done volume-1-1', 'goOn', { asked });
      assert.equal(job.state, 'done', JSON.stringify(job));
      const disk = await lab.exec(
        1,
        'qemu-img',
        'info',
        '--output=json',
        '/var/lib/libvirt/images/killed.qcow2',
      );
      assert.ok(!disk.includes('backing-filename'), disk);
    } finally {
      await clear();
    }
  });

  test('without what only a person knows it cannot go on: it says so before, and is taken back', async () => {
    const ann = { name: 'ann', sshKeys: [], password: 'grün', sudo: false };
    const cloudInit = { ...NO_CLOUD_INIT, users: [ann] };
    const asked = { ...input, source: { ...IMAGE_OF(first.pool), cloudInit } };
    const { job, there } = await killed('before done volume-1-1', 'undo', {
      kept: false,
      onlyBack: true,
      asked,
    });
    assert.equal(job.state, 'cancelled');
    assert.deepEqual(there, empty);
  });

  test('what was made up for it is made up anew where it was not kept: the password of its screen', async () => {
    try {
      const { job } = await killed('before done volume-1-1', 'goOn', { kept: false });
      assert.equal(job.state, 'done', JSON.stringify(job));
      assert.match(
        await lab.exec(1, 'virsh', 'dumpxml', '--security-info', NAME),
        /<graphics[^>]* passwd='\w{8}'/,
      );
    } finally {
      await clear();
    }
  });
});
