import assert from 'node:assert/strict';
import { usualMigration } from '../../main/contract/migrate.ts';
import { cloneInput } from '../support/clone-input.ts';
import type { CliProcesses } from './cli-process.ts';
import type { CreateBench } from './create-lab.ts';

/** The machine `base` under the machine `linked`, which is off; its first disk is `base.qcow2` in the default pool. */
export interface Base {
  readonly bench: CreateBench;
  readonly uuid: string;
  /** Another host. */
  readonly other: string;
  /** What says which host, on the command line. */
  readonly line: readonly string[];
  readonly cli: CliProcesses;
}

const NOTHING_LOST = {
  managedSave: false,
  snapshots: 0,
  checkpoints: 0,
  tpm: false,
  nvram: true,
  unseen: [],
};

/** Tries all that would damage what lies on the machine's disk, by the contract. */
export async function tryDoors({ bench, uuid, other }: Base): Promise<void> {
  const { core, host, pool } = bench;
  const { client } = core;
  const ref = { host, uuid };
  const volume = { host, uuid: pool, name: 'base.qcow2' };
  await assert.rejects(client.domain.start(ref), /is a template and is not started/);
  await assert.rejects(client.domain.restore(ref), /is a template and is not started/);
  await assert.rejects(client.domain.setAutostart({ ...ref, autostart: true }), /is a template/);
  await assert.rejects(client.template.release(ref), /linked/);
  await assert.rejects(client.volume.delete(volume), /linked/);
  await assert.rejects(client.volume.wipe(volume), /linked/);
  await assert.rejects(client.volume.resize({ ...volume, capacityBytes: 1024 ** 3 }), /linked.*lies on/);
  await assert.rejects(client.volume.resize({ ...volume, capacityBytes: 1024 ** 2, shrink: true }), /linked/);
  await assert.rejects(client.pool.delete({ host, uuid: pool, volumes: true }), /linked/);
  const { volumes } = await client.domain.deletionPlan(ref);
  const [first] = volumes.filter(({ path }) => path.endsWith('/base.qcow2'));
  assert.deepEqual([first?.keep, first?.usedBy], ['usedByOther', ['linked']]);
  await assert.rejects(
    client.domain.delete({ ...ref, volumes: [first?.key ?? ''], force: false, shown: NOTHING_LOST }),
    /linked/,
  );
  const moved = usualMigration({ ...ref, to: other });
  await assert.rejects(
    client.migrate.run({ ...moved, deleteSource: true }),
    /is a template and is not moved/,
  );
  const { machines } = await client.migrate.evacuation({ host, to: [other] });
  const base = machines.find((machine) => machine.uuid === uuid);
  assert.deepEqual([base?.to, base?.targets.map(({ level }) => level)], [null, ['stop']]);
  const shared = [{ target: 'vda', way: 'share' as const, pool: null, format: null }];
  const { problems } = await client.clone.plan(
    cloneInput({ host, machine: uuid, to: host, name: 'twin' }, { disks: shared }),
  );
  assert.match(problems.map(({ message }) => message).join(), /The disk vda is base’s alone/);
  await tryToMakeOne(bench);
}

/** A machine with the disk as its own. */
export async function tryToMakeOne(bench: CreateBench): Promise<void> {
  const { core, pool } = bench;
  const asked = await bench.input('thief', { kind: 'network' });
  const disk = asked.spec.disks.find(({ device }) => device === 'disk');
  assert.ok(disk !== undefined);
  for (const source of [
    { kind: 'volume' as const, pool, name: 'base.qcow2' },
    {
      kind: 'path' as const,
      path: '/var/lib/libvirt/images/base.qcow2',
      type: 'file' as const,
      format: 'qcow2' as const,
    },
  ]) {
    const input = { ...asked, spec: { ...asked.spec, disks: [{ ...disk, source }] } };
    const { problems } = await core.client.create.plan(input);
    assert.match(
      problems.map(({ message }) => message).join(),
      /lies on .+base\.qcow2: a machine that writes/,
    );
    await assert.rejects(core.client.create.run(input), /thief is not created/);
  }
  for (const [type, source] of [
    ['file', "file='/var/lib/libvirt/images/base.qcow2'"],
    ['file', "file='/var/lib/libvirt//images/./base.qcow2'"],
    ['volume', "pool='default' volume='base.qcow2'"],
  ] as const) {
    const input = { ...asked, start: true, xml: thief(type, source) };
    const { problems } = await core.client.create.plan(input);
    assert.match(problems.map(({ message }) => message).join(), /lies? on .+ that writes/, source);
    await assert.rejects(core.client.create.run(input), /thief is not created/);
  }
}

/** A definition of one's own. */
function thief(type: string, source: string): string {
  return `<domain type='qemu'><name>thief</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><disk type='${type}' device='disk'><driver name='qemu' type='qcow2'/><source ${source}/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
}

/** The same on the command line, with every question answered. */
export async function tryCommands({ cli, line }: Base): Promise<void> {
  const file = '/var/lib/libvirt/images/base.qcow2';
  for (const [args, said] of [
    [['start', 'base'], /is a template/],
    [['delete', 'base', '--disk', file, '--yes'], /linked/],
    [['vol', 'delete', 'default', 'base.qcow2', '--yes', '--unseen'], /linked/],
    [['vol', 'resize', 'default', 'base.qcow2', '1G'], /linked/],
  ] as const) {
    const { code, err } = await cli.run(...line, ...args);
    assert.notEqual(code, 0, args.join(' '));
    assert.match(err, said);
  }
}
