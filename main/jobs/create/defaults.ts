import { readCapabilities } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { defaultsInput, CreateProblem } from '../../contract/create.ts';
import type { MachineSpec } from '../../contract/machine-spec.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { findSystem, UNKNOWN_SYSTEM } from '../../os/index.ts';
import { readPools } from '../../storage/read.ts';
import type { z } from 'zod';
import { hasFormats, makesVolumes } from './disks.ts';
import { readNetworks } from './facts.ts';

export interface Defaults {
  readonly spec: MachineSpec;
  readonly unavailable: CreateProblem[];
}

/** A machine that suits a system on a host. */
export async function readDefaults(
  session: HostSession,
  input: z.infer<typeof defaultsInput>,
  options: CallOptions,
): Promise<Defaults> {
  const { client } = session;
  const [capabilities, pools, networks] = await Promise.all([
    client.remote
      .connectGetCapabilities(undefined, options)
      .then((reply) => readCapabilities(reply.capabilities)),
    readPools(client, session.id, options),
    readNetworks(client, options),
  ]);
  const os = input.os === null ? UNKNOWN_SYSTEM : (findSystem(input.os) ?? UNKNOWN_SYSTEM);
  const pool = poolFor(pools, input.pool);
  const network = [...(networks ?? [])].find(([name]) => name === 'default') ?? [...(networks ?? [])][0];
  const { devices } = os;
  const spec: MachineSpec = {
    virtType: input.virtType ?? (capabilities.kvm ? 'kvm' : 'qemu'),
    arch: input.arch ?? capabilities.arch,
    machine: os.q35 ? 'q35' : 'pc',
    firmware: os.bios ? 'bios' : 'efi',
    secureBoot: false,
    cpu: {
      vcpus: os.recommended.vcpus,
      topology: null,
      mode: capabilities.kvm ? 'host-passthrough' : 'maximum',
      model: null,
    },
    memory: { sizeMiB: os.recommended.memoryMiB, hugepages: false, shared: false },
    disks:
      pool === null || input.source === 'disk'
        ? []
        : [
            {
              device: 'disk',
              source: {
                kind: 'new',
                pool: pool.uuid,
                name: null,
                format: hasFormats(pool) ? 'qcow2' : 'raw',
                sizeBytes: os.recommended.diskGiB * 1024 ** 3,
                preallocation: 'none',
              },
              bus: devices.virtioBlk ? 'virtio' : os.q35 ? 'sata' : 'ide',
              cache: null,
              io: null,
              discard: 'unmap',
              ioThread: false,
              readonly: false,
              shareable: false,
              serial: null,
            },
          ],
    nics: [
      {
        source:
          network === undefined
            ? { kind: 'user' }
            : { kind: 'network', network: network[0], portGroup: null },
        model: devices.virtioNet ? 'virtio' : (devices.nics[0] ?? 'e1000e'),
        mac: null,
        vlan: null,
        filter: null,
        linkUp: true,
      },
    ],
    graphics: { type: 'vnc', listen: 'loopback', password: true },
    video: devices.virtioGpu ? 'virtio' : 'vga',
    sound: null,
    tpm: null,
    watchdog: null,
    rng: devices.virtioRng,
    balloon: { model: 'virtio', statsPeriodSec: 5 },
    vsock: false,
    agent: devices.virtioSerial && os.agent,
    serial: true,
    usb: devices.xhci ? 'qemu-xhci' : 'ich9-ehci1',
    tablet: true,
    clock: os.clock,
    hyperv: [],
    boot: ['hd'],
    bootMenu: false,
    pm: false,
  };
  return { spec, unavailable: [] };
}

/** The one that is asked for; else `default`, which most hosts have; else the one with most room. */
function poolFor(pools: readonly Pool[], asked: string | undefined): Pool | null {
  const usable = pools.filter((pool) => pool.state === 'running' && makesVolumes(pool));
  return (
    usable.find(({ uuid }) => uuid === asked) ??
    usable.find(({ name }) => name === 'default') ??
    usable.toSorted((a, b) => (b.availableBytes ?? 0) - (a.availableBytes ?? 0))[0] ??
    null
  );
}
