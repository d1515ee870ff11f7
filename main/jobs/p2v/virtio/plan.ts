import { posix } from 'node:path';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import { readPool } from '../../../../drivers/libvirt/model/index.ts';
import {
  probeDiskOf,
  toVirtioOf,
  type ProbeDisk,
  type ToVirtio,
} from '../../../../drivers/libvirt/model/virtio-change.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../../../drivers/rpc/errors.ts';
import { poolAbilities } from '../../../contract/pool-abilities.ts';
import type { VirtioInput } from '../../../contract/p2v.ts';
import type { HostSession } from '../../../hosts/session.ts';
import { volumeByPath } from '../../delete/volumes.ts';
import type { Plan, PlanHost, PlannedStep } from '../../engine/step.ts';
import { cdStep, readCd, type DriversCd } from './cd.ts';
import { definitionOf, type VirtioParams } from './step.ts';

/** Enough for a driver to be installed for it. */
const PROBE_BYTES = 64 << 20;

/** What is known of a machine that is to go to virtio. */
export interface VirtioFacts {
  readonly host: PlanHost;
  readonly machine: { readonly name: string; readonly uuid: string };
  readonly runs: boolean;
  /** The probe disk that it has, and its volume; null: it has none. */
  readonly probe: ProbeDisk | null;
  readonly probeVolume: VolumeAt | null;
  readonly devices: ToVirtio;
  /** The pool of its first disk, where volumes are files; null: that is in none. */
  readonly pool: { readonly uuid: string; readonly name: string; readonly path: string } | null;
  /** The CD of the drivers; null: none is asked for. */
  readonly cd: DriversCd | null;
}

interface VolumeAt {
  readonly pool: string;
  readonly poolName: string;
  readonly name: string;
}

export interface VirtioPlan {
  readonly plan: Plan;
  /** Why it cannot be run, in sentences; empty: it can. */
  readonly problems: readonly string[];
  /** What is not on virtio yet. */
  readonly devices: ToVirtio;
}

/** Asks the host. */
export async function readVirtioFacts(
  session: HostSession,
  of: Pick<VirtioFacts, 'machine'> & { readonly dom: DomainRef; readonly input: VirtioInput },
  options: CallOptions,
): Promise<VirtioFacts> {
  const { client, id, name, uri } = session;
  const { dom, input } = of;
  const [xml, { active }] = await Promise.all([
    definitionOf(client, dom),
    client.remote.domainIsActive({ dom }, options),
  ]);
  const probe = probeDiskOf(xml);
  const devices = toVirtioOf(xml);
  const drivers = input.act === 'prepare' ? input.drivers : undefined;
  return {
    host: { id, name, uri },
    machine: of.machine,
    runs: active !== 0,
    probe,
    probeVolume: probe === null ? null : await volumeAt(client, probe.path, options),
    devices,
    pool: await poolOf(client, devices.disks[0]?.path ?? null, options),
    cd: drivers === undefined ? null : await readCd(session, drivers, options),
  };
}

async function volumeAt(client: LibvirtClient, path: string, options: CallOptions): Promise<VolumeAt | null> {
  const vol = await volumeByPath(client, path, options);
  if (vol === null) return null;
  const { pool } = await client.remote.storagePoolLookupByName({ name: vol.pool }, options);
  const { xml } = await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 }, options);
  return { pool: readPool(xml).uuid, poolName: vol.pool, name: vol.name };
}

async function poolOf(
  client: LibvirtClient,
  path: string | null,
  options: CallOptions,
): Promise<VirtioFacts['pool']> {
  const vol = path === null ? null : await volumeByPath(client, path, options);
  if (vol === null) return null;
  const { pool } = await client.remote.storagePoolLookupByName({ name: vol.pool }, options);
  const {
    uuid,
    name,
    type,
    targetPath: folder,
  } = readPool((await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 }, options)).xml);
  return poolAbilities(type).files && folder !== null ? { uuid, name, path: folder } : null;
}

const STEPS: Readonly<Record<VirtioInput['act'], (facts: VirtioFacts) => PlannedStep[]>> = {
  prepare: prepareSteps,
  finish: finishSteps,
  drop: dropSteps,
};
const FAILED: Readonly<Record<VirtioInput['act'], (name: string) => string>> = {
  prepare: (name) => `${name} was not prepared for virtio`,
  finish: (name) => `${name} was not changed to virtio`,
  drop: (name) => `The small disk of ${name} was not taken out`,
};

/** What it takes: pure. */
export function planVirtio(input: VirtioInput, facts: VirtioFacts): VirtioPlan {
  const { host, machine } = facts;
  const { name, uuid } = machine;
  const steps = STEPS[input.act](facts);
  return {
    problems: problemsOf(input, facts),
    devices: facts.devices,
    plan: {
      kind: 'p2v.virtio',
      name,
      uuid,
      hosts: [host],
      steps,
      secrets: [],
      failed: `${FAILED[input.act](name)} on ${host.name}.`,
    },
  };
}

function problemsOf(input: VirtioInput, facts: VirtioFacts): string[] {
  const { machine, runs, probe, devices, pool, cd } = facts;
  const { name } = machine;
  const nothing = devices.disks.length === 0;
  return [
    ...(runs ? [`${name} runs. Shut it down first.`] : []),
    ...(input.act === 'drop' && probe === null ? [`${name} has no small disk that was added for that.`] : []),
    ...(nothing && (input.act === 'prepare' || (input.act === 'finish' && devices.nics.length === 0))
      ? [`${name} has nothing that could go to virtio: no disk on SATA or IDE.`]
      : []),
    ...(input.act === 'prepare' && probe !== null ? [`${name} is prepared already.`] : []),
    ...(input.act === 'prepare' && !nothing && pool === null
      ? [`The first disk of ${name} is in no pool of files, where the small disk would be made.`]
      : []),
    ...(cd?.problem == null ? [] : [cd.problem]),
  ];
}

function prepareSteps(facts: VirtioFacts): PlannedStep[] {
  const { host, machine, pool } = facts;
  if (pool === null) return [];
  const cd = facts.cd?.path ?? null;
  const name = `${machine.name}-virtio.img`;
  const disk = { type: 'file', path: posix.join(pool.path, name), format: 'raw' } as const;
  const change = { kind: 'prepare', disk, cd } as const;
  return [
    ...cdStep(facts),
    {
      id: 'volume',
      kind: 'volume.create',
      host: host.id,
      title: `Create the small disk ${name} in ${pool.name}`,
      params: {
        host: host.id,
        pool: pool.uuid,
        poolName: pool.name,
        name,
        capacityBytes: PROBE_BYTES,
        format: 'raw',
        preallocation: 'none',
        backing: null,
        secretUuid: null,
        machine: null,
      },
    },
    changeStep(
      { host, machine },
      change,
      `Add it to ${machine.name} on virtio${cd === null ? '' : `, and ${posix.basename(cd)} as a CD`}`,
    ),
  ];
}

function finishSteps({ host, machine, probe, probeVolume, devices }: VirtioFacts): PlannedStep[] {
  const { disks, nics } = devices;
  const what = [
    ...(disks.length === 0 ? [] : [disks.length === 1 ? 'the disk' : `${disks.length} disks`]),
    ...(nics.length === 0 ? [] : [nics.length === 1 ? 'the card' : `${nics.length} cards`]),
  ].join(' and ');
  return [
    changeStep(
      { host, machine },
      { kind: 'finish', disk: probe, devices: { disks: [...disks], nics: [...nics] } },
      `Put ${what} of ${machine.name} on virtio${probe === null ? '' : ', and take the small disk out'}`,
    ),
    ...tidySteps({ host, probeVolume }),
  ];
}

function dropSteps({ host, machine, probe, probeVolume }: VirtioFacts): PlannedStep[] {
  if (probe === null) return [];
  return [
    changeStep(
      { host, machine },
      { kind: 'drop', disk: probe },
      `Take the small disk out of ${machine.name}`,
    ),
    ...tidySteps({ host, probeVolume }),
  ];
}

/** The small disk has nothing on it. */
function tidySteps({ host, probeVolume }: Pick<VirtioFacts, 'host' | 'probeVolume'>): PlannedStep[] {
  if (probeVolume === null) return [];
  return [
    {
      id: 'tidy',
      kind: 'volume.delete',
      host: host.id,
      title: `Delete ${probeVolume.name} in ${probeVolume.poolName}`,
      params: { host: host.id, ...probeVolume },
      final: true,
    },
  ];
}

function changeStep(
  { host, machine }: Pick<VirtioFacts, 'host' | 'machine'>,
  change: VirtioParams['change'],
  title: string,
): PlannedStep {
  const params: VirtioParams = { host: host.id, ...machine, change };
  return { id: 'devices', kind: 'p2v.virtio', host: host.id, title, params };
}
