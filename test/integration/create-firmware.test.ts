import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench } from './create-lab.ts';
import { LOADER_RUNS, makeEfiIso } from './create-media.ts';

/** UEFI under emulation takes its time, more so on a busy machine. */
const BOOT_LIMIT_MS = 180_000;

suite('a machine for Windows 11: TPM, UEFI and Secure Boot', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-firmware-'));
    for (const loader of ['unsigned', 'signed'] as const)
      await copyFile(await makeEfiIso(folder, loader), path.join(lab.state, '1', 'images', `${loader}.iso`));
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  /** What suits Windows 11 on this host, smaller. */
  async function input(
    name: string,
    loader: keyof typeof LOADER_RUNS,
    change: Partial<CreateInput['spec']> = {},
  ): Promise<CreateInput> {
    const medium = { kind: 'volume' as const, pool: bench.pool, name: `${loader}.iso` };
    const whole = await bench.input(name, { kind: 'iso', medium }, { os: 'win11' });
    return {
      ...whole,
      spec: {
        ...whole.spec,
        memory: { ...whole.spec.memory, sizeMiB: 256 },
        cpu: { ...whole.spec.cpu, vcpus: 1, topology: null },
        ...change,
      },
    };
  }

  async function made(wanted: CreateInput): Promise<{ uuid: string; host: string }> {
    const { job, machines } = await core.client.create.run(wanted);
    await bench.done(job);
    return { host: bench.host, uuid: machines[0]?.uuid ?? '' };
  }

  const says = async (uuid: string, words: string): Promise<string> =>
    (await bench.serial(uuid)).shows(new RegExp(words), BOOT_LIMIT_MS);

  async function remove(ref: { uuid: string; host: string }): Promise<void> {
    const shown = { managedSave: false, snapshots: 0, checkpoints: 0, nvram: true, tpm: true };
    const { job } = await core.client.domain.delete({ ...ref, volumes: [], force: true, shown });
    await bench.done(job);
  }

  /** The files that a machine of UEFI with a TPM has beside its disks. */
  const kept = async (name: string, uuid: string): Promise<string[]> =>
    (
      await sh(
        `ls -d /var/lib/libvirt/qemu/nvram/${name}_VARS.fd /var/lib/libvirt/swtpm/${uuid} 2>/dev/null; true`,
      )
    )
      .split('\n')
      .filter((line) => line !== '');

  test('what suits Windows 11 is offered on a host with swtpm and firmware with keys', async () => {
    const { spec, unavailable } = await core.client.create.defaults({
      host: bench.host,
      os: 'win11',
      source: 'iso',
    });
    const { firmware, secureBoot, tpm, nics, disks, clock } = spec;
    assert.deepEqual(
      { firmware, secureBoot, tpm, clock, nic: nics[0]?.model, disks: disks.map(({ bus }) => bus) },
      {
        firmware: 'efi',
        secureBoot: true,
        tpm: { model: 'tpm-crb', version: '2.0' },
        clock: 'localtime',
        nic: 'e1000e',
        disks: ['sata', 'sata'],
      },
    );
    assert.deepEqual(
      unavailable.map(({ field }) => field),
      ['spec.virtType'],
    );
  });

  test('Secure Boot refuses a loader that nobody signed; QEMU has the TPM and the flash; nothing is left when it goes', async () => {
    const { uuid, host } = await made(await input('locked', 'unsigned'));
    const console = await bench.serial(uuid);
    const either = new RegExp(`Access Denied|${LOADER_RUNS.unsigned}`);
    assert.equal(await console.shows(either, BOOT_LIMIT_MS), 'Access Denied');
    const { os } = readDomain(await lab.exec(1, 'virsh', 'dumpxml', 'locked'));
    assert.match(os.loader?.path ?? '', /OVMF_CODE.*\.(?:ms|secboot)\.fd$/);
    const tpm = JSON.parse(
      await lab.exec(1, 'virsh', 'qemu-monitor-command', 'locked', '{"execute":"query-tpm"}'),
    ) as { return: { model: string }[] };
    assert.deepEqual(
      tpm.return.map(({ model }) => model),
      ['tpm-crb'],
    );
    const flash = await lab.exec(1, 'virsh', 'qemu-monitor-command', '--hmp', 'locked', 'info block -n');
    assert.match(flash, /pflash1-(?:format|storage).*locked_VARS\.fd/s);
    assert.deepEqual(await kept('locked', uuid), [
      '/var/lib/libvirt/qemu/nvram/locked_VARS.fd',
      `/var/lib/libvirt/swtpm/${uuid}`,
    ]);
    await remove({ host, uuid });
    assert.deepEqual(await kept('locked', uuid), []);
  });

  test('a signed loader runs under Secure Boot, and the unsigned one under plain UEFI', async () => {
    const wanted = [
      await input('trusted', 'signed'),
      await input('plain', 'unsigned', { secureBoot: false, tpm: null }),
    ];
    const [trusted, plain] = await Promise.all(wanted.map(made));
    assert.ok(trusted !== undefined && plain !== undefined);
    // Nobody keeps what is said while nobody reads: both are read from the start.
    await Promise.all([says(trusted.uuid, LOADER_RUNS.signed), says(plain.uuid, LOADER_RUNS.unsigned)]);
    await remove(trusted);
    await remove(plain);
  });

  test('one that does not start leaves neither variables nor TPM', async () => {
    const wanted = await input('broken', 'unsigned');
    const shown = await core.client.create.plan(wanted);
    // QEMU refuses it, after libvirt has made all that the machine needs.
    const xml = shown.xml
      .replace('<domain ', "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ")
      .replace('</domain>', "<qemu:commandline><qemu:arg value='-nonsense'/></qemu:commandline></domain>");
    const { job, machines } = await core.client.create.run({ ...wanted, xml });
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'failed');
    assert.match(JSON.stringify(ended.failure), /nonsense/);
    assert.deepEqual(ended.mayBeLeft, []);
    assert.deepEqual(await kept('broken', machines[0]?.uuid ?? ''), []);
    assert.deepEqual(
      (await bench.everything()).filter((name) => name.includes('broken')),
      [],
    );
  });
});
