import type { CharacterModel } from '../../drivers/libvirt/model/character.ts';
import type { DiskModel } from '../../drivers/libvirt/model/disk.ts';
import type { DomainModel } from '../../drivers/libvirt/model/domain.ts';
import { virtioStateOf } from '../../drivers/libvirt/model/virtio-change.ts';
import { seedOf } from '../jobs/create/remove-seed.ts';
import type { AddressView, DiskView, DomainDetail, SerialView } from '../contract/domain.ts';

export interface DetailFacts {
  host: string;
  uuid: string;
  /** Of the running machine, or of its definition when it is off. */
  current: DomainModel;
  /** The definition for the next start; null when it is the same, or there is none. */
  next: DomainModel | null;
  addresses: readonly AddressView[];
  /** Bytes by target, where they were asked for. */
  diskSizes?: ReadonlyMap<string, number>;
}

/** What the machine's page shows. Pure. */
export function toDetail(facts: DetailFacts): DomainDetail {
  const { current: model } = facts;
  return {
    host: facts.host,
    uuid: facts.uuid,
    name: model.name,
    title: model.title,
    description: model.description,
    ...system(model),
    vcpus: model.vcpus,
    maxVcpus: model.maxVcpus,
    memoryKiB: model.currentMemoryKiB,
    maxMemoryKiB: model.memoryKiB,
    disks: model.disks.map((disk) => diskView(disk, facts.diskSizes?.get(disk.target) ?? null)),
    nics: model.nics.map(({ mac, type, source, model: card, target, linkUp }) => ({
      mac,
      type,
      source,
      model: card,
      target,
      linkUp,
    })),
    graphics: model.graphics.map(({ type, port, socket, listen }) => ({ type, port, socket, listen })),
    serials: model.textConsoles.map(serialView),
    video: model.video.map(({ model: card, heads }) => ({ model: card, heads })),
    tpm: model.tpm === null ? null : [model.tpm.model, model.tpm.version].filter(Boolean).join(' ') || 'tpm',
    balloonPeriodSec: model.balloon?.periodSec ?? null,
    agent: model.agent,
    osinfo: model.osinfo,
    ...(model.os.type === 'exe' ? { container: container(model) } : {}),
    addresses: [...facts.addresses],
    seed: seedOf(model),
    ...(model.isBalancer ? { balancer: true } : {}),
    ...toVirtio(facts.next ?? model),
    changesPending: facts.next !== null && differs(model, facts.next),
  };
}

function toVirtio(model: DomainModel): Pick<DomainDetail, 'toVirtio'> {
  const state = virtioStateOf(model);
  return state === null ? {} : { toVirtio: state };
}

function container({ os, filesystems }: DomainModel): DomainDetail['container'] {
  return { init: os.init, root: filesystems.find(({ target }) => target === '/')?.path ?? null };
}

function system(
  model: DomainModel,
): Pick<
  DomainDetail,
  | 'osType'
  | 'arch'
  | 'machine'
  | 'virtType'
  | 'firmware'
  | 'secureBoot'
  | 'bootOrder'
  | 'cpuMode'
  | 'cpuModel'
  | 'topology'
> {
  const { os, cpu } = model;
  const { topology } = cpu;
  return {
    osType: os.type,
    arch: os.arch,
    machine: os.machine,
    virtType: model.virtType,
    firmware: os.firmware,
    secureBoot: os.secureBoot,
    bootOrder: [...model.bootOrder],
    cpuMode: cpu.mode,
    cpuModel: cpu.model,
    topology: topology === null ? null : `${topology.sockets} × ${topology.cores} × ${topology.threads}`,
  };
}

function diskView(disk: DiskModel, capacityBytes: number | null): DiskView {
  return {
    target: disk.target,
    device: disk.device,
    bus: disk.bus,
    type: disk.type,
    source: disk.source?.display ?? null,
    format: disk.format,
    readonly: disk.readonly,
    shareable: disk.shareable,
    cache: disk.cache,
    serial: disk.serial,
    bootOrder: disk.bootOrder,
    backing: disk.backing.map(({ source }) => source.display),
    capacityBytes,
  };
}

function serialView({ alias, type, targetType, element, port }: CharacterModel): SerialView {
  return { alias, type, target: targetType ?? element, port };
}

/**
 * Whether the next start differs from what runs, in what a person can change. What libvirt fills in only while a machine runs (ports,
 * aliases, chains, the CPU that host-model came to, the firmware that was chosen) is left out, or every machine would differ.
 */
function differs(running: DomainModel, next: DomainModel): boolean {
  return JSON.stringify(settled(running)) !== JSON.stringify(settled(next));
}

function settled(model: DomainModel): unknown {
  return {
    name: model.name,
    title: model.title,
    description: model.description,
    memoryKiB: model.memoryKiB,
    vcpus: [model.vcpus, model.maxVcpus],
    topology: model.cpu.topology,
    bootOrder: model.bootOrder,
    firmware: model.os.firmware,
    disks: model.disks.map((disk) => {
      const { target, device, bus, format, cache, io, discard, readonly, shareable, serial } = disk;
      const source = disk.source?.display ?? null;
      return { target, device, bus, source, format, cache, io, discard, readonly, shareable, serial };
    }),
    nics: model.nics.map(({ mac, type, source, portgroup, model: card, linkUp, mtu, filter }) => {
      return { mac, type, source, portgroup, card, linkUp, mtu, filter };
    }),
    graphics: model.graphics.map(({ type }) => type),
    video: model.video.map(({ model: card, heads }) => ({ card, heads })),
    tpm: model.tpm,
    hostDevices: model.hostDevices.map(({ type, address }) => ({ type, address })),
    watchdogs: model.watchdogs,
    rngs: model.rngs.map(({ model: card }) => card),
  };
}
